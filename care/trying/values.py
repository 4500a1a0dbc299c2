"""Values worth choosing: one for each way the tests of a rulebook can fall on a field, the plainest first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from care.domain.catalogue import Field
from care.domain.conditions import Condition, FieldTest, Test, Value, verdict_of_test
from care.domain.guardrails import UNHAPPY_CSAT, UNHAPPY_NPS
from care.domain.journey import Plan
from care.domain.metrics import SCALES
from care.domain.places import PLACES
from care.domain.rulebook import Rulebook
from care.domain.steps import Branch, Repeat, Step, WaitFor
from care.trying.suiting import field_tests, tests_by_field

_UNHAPPY = {
    "csat.last": Test("at most", (UNHAPPY_CSAT,), f"at most {UNHAPPY_CSAT}"),
    "nps.last": Test("at most", (UNHAPPY_NPS,), f"at most {UNHAPPY_NPS}"),
}
_DATES = (-400, -40, -2, 1, 5, 20, 100)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant for tests of time."""

    now: datetime
    zone: tzinfo

    def value(self, field: str) -> Value | None:
        """Nothing: a test here is asked of a value at hand."""
        return None


class Values:
    """The values of each field that some rule tells apart.

    Args:
        more: Conditions that matter besides the rulebook's, for example of promises.
    """

    def __init__(self, rulebook: Rulebook, now: datetime, zone: tzinfo, more: Sequence[FieldTest] = ()) -> None:
        self._rulebook = rulebook
        self._moment = Moment(now, zone)
        self._tests = _tests(rulebook, more)
        self._known: dict[str, tuple[Value | None, ...]] = {}

    def of(self, name: str) -> tuple[Value | None, ...]:
        """What a field may be; ``None`` stands for not known."""
        if name not in self._known:
            self._known[name] = tuple(self._found(name))
        return self._known[name]

    @property
    def now(self) -> datetime:
        """The instant that dates are counted from."""
        return self._moment.now

    def known(self, field: Field) -> tuple[Value, ...]:
        """What a field may be where a value is known."""
        return tuple(self._apart(field, self._tests.get(field.name, [])))

    def answers(self, name: str) -> tuple[Value | None, ...]:
        """What an endpoint may answer for a ``journey.*`` field; ``None`` for nothing."""
        field, tests = self._rulebook.catalogue.fields.get(name), self._tests.get(name, [])
        return (None, *(self._apart(field, tests) if field is not None else ()))

    def scores(self, survey: str) -> tuple[int, ...]:
        """A score for each way it can matter."""
        tests = (*self._tests.get(f"{survey}.score", ()), *self._tests.get(f"{survey}.last", ()))
        found: dict[tuple[bool | None, ...], int] = {}
        for score in SCALES[survey]:
            found.setdefault(tuple(verdict_of_test(test, score, self._moment) for test in tests), score)
        return tuple(found.values())

    def _found(self, name: str) -> Iterator[Value | None]:
        field = self._rulebook.catalogue.fields.get(name)
        if (
            field is None
            or field.set_by
            or name in self._rulebook.worked_out
            or field.same_as
            or name.startswith("journey.")
            or (name in PLACES and name not in self._tests)
        ):
            yield None
            return
        tests = self._tests.get(name, [])
        if not field.always or (name.endswith(".last") and name in _UNHAPPY):
            yield None
        yield from self._apart(field, tests)

    def _apart(self, field: Field, tests: Sequence[Test]) -> Iterator[Value]:
        """One value for each way these tests can fall; every date, as its tests fall otherwise tomorrow."""
        seen = set()
        for value in self._candidates(field, tests):
            falls = tuple(verdict_of_test(test, value, self._moment) for test in tests)
            if field.type == "date" or falls not in seen:
                seen.add(falls)
                yield value

    def _candidates(self, field: Field, tests: Sequence[Test]) -> Iterator[Value]:
        match field.type:
            case "choice":
                yield from field.choices
            case "yes/no":
                yield from (False, True)
            case "number" | "percent":
                yield from _numbers(field, tests)
            case "date":
                yield from (self._moment.now + timedelta(days=days) for days in _DATES if tests)
            case "list":
                yield from _lists(tests)
            case "text":
                yield from (*(str(arg) for test in tests for arg in test.args), "…")


def _numbers(field: Field, tests: Sequence[Test]) -> Iterator[Value]:
    step = 1 if field.whole else 0.01 if field.type == "percent" else 0.5
    bounds = sorted({arg for test in tests for arg in test.args if isinstance(arg, int | float)})
    low = field.low if field.low is not None else min([0, *bounds])
    high = field.high if field.high is not None else max([100, *bounds]) * 2
    for value in (low, *(bound + side for bound in bounds for side in (-step, 0, step)), high):
        if low <= value <= high:
            yield int(value) if field.whole else value


def _lists(tests: Sequence[Test]) -> Iterator[Value]:
    words = list(dict.fromkeys(str(arg) for test in tests for arg in test.args))
    yield ()
    yield from ((word,) for word in words)
    if len(words) > 1:
        yield tuple(words)


def _tests(rulebook: Rulebook, more: Sequence[FieldTest]) -> Mapping[str, list[Test]]:
    conditions = [*more, *(each for walked in rulebook.entering.values() for each in conditions_of(walked.plan))]
    found = tests_by_field(rulebook, conditions)
    for walked in rulebook.entering.values():
        for asked in _of_tables(walked.plan):
            found.setdefault(asked.field, []).append(asked.test)
    for name, test in _UNHAPPY.items():
        found.setdefault(name, []).append(test)
    return found


def _of_tables(plan: Plan) -> Iterator[FieldTest]:
    for table in plan.tables.values():
        for row in table.rows:
            for name, test in zip(table.given, row.tests, strict=True):
                if test is not None:
                    yield from field_tests(FieldTest(name, test))


def conditions_of(plan: Plan) -> Iterator[Condition]:
    """Every condition of a plan, outside its tables."""
    ends = (*plan.exit_when, *((plan.goal,) if plan.goal is not None else ()))
    outer: Iterable[Condition | None] = (plan.trigger.when, plan.audience, *(end.when for end in ends))
    steps = [each for steps in plan.paths.values() for step in steps for each in _asked(step)]
    yield from (each for each in (*outer, *steps) if each is not None)


def _asked(step: Step) -> Iterator[Condition | None]:
    yield step.only_if
    match step:
        case Branch():
            yield from (rule.when for rule in step.rules)
        case WaitFor():
            yield step.when
        case Repeat():
            yield step.until
