"""Suiting: facts for a made-up customer, so that given conditions hold and given customer types come out.

The search runs over the values at which a test changes its mind (its bounds and their neighbours, every choice, not
known), so it finds facts wherever there are any, but for its limit on tries.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from care.domain.catalogue import DAY, Catalogue, Field
from care.domain.conditions import Condition, FieldTest, Named, Sight, Test, Value, Verdict, verdict_of_test
from care.domain.rulebook import Rulebook
from care.trying.usual import Usual

TOO_MANY_TRIES = 20_000

_TRUE: frozenset[Verdict] = frozenset({True})
_FALSE: frozenset[Verdict] = frozenset({False})
_NOT_TRUE: frozenset[Verdict] = frozenset({False, None})
_NOT_FALSE: frozenset[Verdict] = frozenset({True, None})
_OPPOSITE = {_TRUE: _FALSE, _FALSE: _TRUE, _NOT_TRUE: _NOT_FALSE, _NOT_FALSE: _NOT_TRUE}

Facts = dict[str, "Chosen"]


class Chosen(NamedTuple):
    """A value the search chose, ``None`` for not known, and for whose sake."""

    value: Value | None
    why: str


class Goal(NamedTuple):
    """A condition to bring about.

    Attributes:
        why: Who asks for it, for the explanation: ``the trigger``.
        wanted: The verdicts that will do.
    """

    condition: Condition
    why: str
    wanted: frozenset[Verdict] = _TRUE


class TypeGoal(NamedTuple):
    """A worked-out field that is to come out with a value."""

    field: str
    value: str


class _EnoughError(Exception):
    """The search was given up."""


class Suiting:
    """Looks for facts.

    Args:
        given: What stands already, by full field name; ``None`` for what is known to be missing.
        usual: What is tried first.
        sight: The instant and the zone at which the conditions are asked.
    """

    def __init__(self, rulebook: Rulebook, given: Mapping[str, Value | None], usual: Usual, sight: Sight) -> None:
        self._rulebook = rulebook
        self._usual = usual
        self._fields = rulebook.catalogue.fields
        self._given: Facts = {name: Chosen(value, "") for name, value in given.items()}
        self._sight = sight
        self._tests: dict[str, list[Test]] = {}
        self._tries = 0

    def facts(self, goals: Iterable[Goal | TypeGoal]) -> Facts | None:
        """Facts with which every goal is reached, what was given left out; ``None`` when none were found."""
        todo = tuple(goals)
        self._tests = tests_by_field(self._rulebook, [goal.condition for goal in todo if isinstance(goal, Goal)])
        self._tries = 0
        try:
            found = next(self._reach(todo, self._given), None)
        except _EnoughError:
            return None
        return None if found is None else {name: fact for name, fact in found.items() if name not in self._given}

    def _reach(self, todo: tuple[Goal | TypeGoal, ...], facts: Facts) -> Iterator[Facts]:
        if not todo:
            yield facts
            return
        first, rest = todo[0], todo[1:]
        if isinstance(first, TypeGoal):
            for ways in self._ways_to_type(first):
                yield from self._reach((*ways, *rest), facts)
            return
        condition, why, wanted = first
        if isinstance(condition, FieldTest):
            yield from self._reach_test(condition, first, rest, facts)
        elif isinstance(condition, Named):
            inner = Goal(condition.condition, why, wanted if condition.wanted else _OPPOSITE[wanted])
            yield from self._reach((inner, *rest), facts)
        else:
            if condition.join == "none":
                wanted = _OPPOSITE[wanted]
            parts = tuple(Goal(part, why, wanted) for part in condition.parts)
            every = wanted in (_TRUE, _NOT_FALSE) if condition.join == "all" else wanted in (_FALSE, _NOT_TRUE)
            for ways in (parts,) if every else ((part,) for part in parts):
                yield from self._reach((*ways, *rest), facts)

    def _ways_to_type(self, goal: TypeGoal) -> Iterator[tuple[Goal, ...]]:
        """The rules that name the value: each is to hold, and none above it."""
        why = f"so that {goal.field} is {goal.value}"
        rules = self._rulebook.worked_out[goal.field].rules
        for number, rule in enumerate(rules):
            if rule.then == goal.value:
                held = () if rule.when is None else (Goal(rule.when, why),)
                above = (Goal(other.when, why, _NOT_TRUE) for other in rules[:number] if other.when is not None)
                yield (*held, *above)

    def _reach_test(
        self, asked: FieldTest, goal: Goal, rest: tuple[Goal | TypeGoal, ...], facts: Facts
    ) -> Iterator[Facts]:
        known = self._fields.get(asked.field)
        name = known.same_as if known is not None and known.same_as else asked.field
        if name not in facts and name in self._rulebook.worked_out:
            for choice in known.choices if known is not None else ():
                if verdict_of_test(asked.test, choice, self._sight) in goal.wanted:
                    yield from self._reach((TypeGoal(name, choice), *rest), facts)
            return
        fits = [facts[name].value] if name in facts else self._candidates(name)
        for value in fits:
            self._tries += 1
            if self._tries > TOO_MANY_TRIES:
                raise _EnoughError
            if verdict_of_test(asked.test, value, self._sight) in goal.wanted:
                more = facts if name in facts else {**facts, name: Chosen(value, goal.why)}
                yield from self._reach(rest, more)

    def _candidates(self, name: str) -> Iterator[Value | None]:
        """Values worth trying, the likeliest first, each once."""
        field = self._fields.get(name)
        seen: list[Value | None] = []
        for value in self._likely(field) if field is not None else ():
            if value not in seen:
                seen.append(value)
                yield value

    def _likely(self, field: Field) -> Iterator[Value | None]:
        if field.set_by or field.name.startswith("journey."):
            yield None
            return
        usual = self._usual.value(field)
        if usual is not None or not field.always:
            yield usual
        for test in self._tests.get(field.name, ()):
            yield from (value for value in _turning_points(test, field, self._sight) if _in_range(value, field))
        yield from _others(field)
        if not field.always:
            yield None


def tests_by_field(rulebook: Rulebook, conditions: Iterable[Condition]) -> dict[str, list[Test]]:
    """Every test that is asked of each field: by these conditions, and by the customer types."""
    found: dict[str, list[Test]] = {}
    rules = [rule.when for kind in rulebook.types for rule in kind.rules if rule.when is not None]
    for condition in (*conditions, *rules):
        for asked in field_tests(condition):
            found.setdefault(_base(asked.field, rulebook.catalogue), []).append(asked.test)
    return found


def field_tests(condition: Condition) -> Iterator[FieldTest]:
    """Every test of a condition, inside definitions too."""
    if isinstance(condition, FieldTest):
        yield condition
    elif isinstance(condition, Named):
        yield from field_tests(condition.condition)
    else:
        for part in condition.parts:
            yield from field_tests(part)


def _base(name: str, catalogue: Catalogue) -> str:
    field = catalogue.fields.get(name)
    return field.same_as if field is not None and field.same_as else name


def _turning_points(test: Test, field: Field, sight: Sight) -> Iterator[Value]:
    """Values on both sides of where the test changes its mind."""
    for arg in test.args:
        if field.type == "date":
            yield from _dates(test, arg, sight)
        elif field.type == "list":
            yield (str(arg),)
        else:
            yield arg
            if isinstance(arg, int | float) and not isinstance(arg, bool):
                step = 0.01 if field.type == "percent" else 1
                yield from (arg + step, arg - step)
    if field.type == "list" and len(test.args) > 1:
        yield tuple(str(arg) for arg in test.args)


def _dates(test: Test, arg: object, sight: Sight) -> Iterator[datetime]:
    if isinstance(arg, str):
        noon = datetime.fromisoformat(f"{date.fromisoformat(arg)}T12:00").replace(tzinfo=sight.zone)
        yield from (noon + timedelta(days=days) for days in (-1, 0, 1))
    elif isinstance(arg, int | float):
        ahead = 1 if test.op == "in the next" else -1
        yield from (sight.now + ahead * timedelta(seconds=seconds) for seconds in (arg / 2, arg + DAY))


def _others(field: Field) -> Iterator[Value]:
    match field.type:
        case "choice":
            yield from field.choices
        case "yes/no":
            yield from (False, True)
        case "number" | "percent":
            yield from (bound for bound in (field.low, field.high) if bound is not None)
        case "text":
            yield "…"
        case "list":
            yield ()
        case "date":
            return


def _in_range(value: Value, field: Field) -> bool:
    if field.type not in ("number", "percent") or not isinstance(value, int | float):
        return True
    whole = not field.whole or float(value).is_integer()
    return whole and (field.low is None or value >= field.low) and (field.high is None or value <= field.high)
