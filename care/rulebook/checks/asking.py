"""Asking: answers and journey values that are tested where nothing on any way there can have given them."""

from collections.abc import Iterator

from care.domain.conditions import Condition, FieldTest, Group, Named
from care.domain.journey import MAIN, Plan
from care.domain.moments import UntilMoment
from care.domain.steps import (
    Branch,
    Exit,
    OfferStep,
    Repeat,
    Send,
    SetStep,
    Step,
    Survey,
    Ticket,
    Wait,
    WaitFor,
    Webhook,
)
from care.rulebook.assignments import JOURNEY_SPACE
from care.rulebook.checks.flow import led_to
from care.rulebook.checks.places import Places, first_key
from care.rulebook.conditions import fields_of
from care.rulebook.draft import Draft
from care.rulebook.findings import Placed

_NOTHING: frozenset[str] = frozenset()


def check_asking(plan: Plan, draft: Draft, places: Places) -> None:
    """Note J050: every test of an answer or a journey value that is never known where it is asked."""
    fields = draft.known.catalogue.fields.values()
    given = frozenset(each.name for each in fields if each.set_by or each.name.startswith(JOURNEY_SPACE))
    if given & _looked_at(plan, draft):
        _Asking(plan, draft, places, given).all()


def _looked_at(plan: Plan, draft: Draft) -> set[str]:
    names = {name for _, condition in draft.conditions.whole for name in fields_of(condition)}
    names.update(name for table in plan.tables.values() for name in table.given)
    untils = (step.until for steps in plan.paths.values() for step in steps if isinstance(step, Wait))
    return names | {until.field for until in untils if isinstance(until, UntilMoment)}


class _Asking:
    """One pass over a journey with the fields that may have a value at each place, by whichever way it is reached."""

    def __init__(self, plan: Plan, draft: Draft, places: Places, given: frozenset[str]) -> None:
        self._plan = plan
        self._draft = draft
        self._places = places
        self._given = given
        self._nodes = {id(condition): node for node, condition in draft.conditions.whole}
        self._filled: dict[str, frozenset[str]] = {}
        self._known: dict[str, frozenset[str]] = {}

    def all(self) -> None:
        """Walk from the start, then tell what is asked too early."""
        self._walk(MAIN, _NOTHING)
        for path in [name for name in self._plan.paths if name in self._known]:
            for step, known in self._steps(path):
                self._check_step(step, known, path)
        self._check_around()

    def _walk(self, path: str, known: frozenset[str]) -> None:
        before = self._known.get(path)
        self._known[path] = known if before is None else before | known
        if self._known[path] != before:
            for step, there in self._steps(path):
                for name in led_to(step, self._plan):
                    self._walk(name, there)

    def _steps(self, path: str) -> Iterator[tuple[Step, frozenset[str]]]:
        """The steps of a path that are reached, each with what may be known; a ``repeat`` knows what its path gave."""
        known = self._known[path]
        for step in self._plan.paths[path]:
            behind = known.union(_fills(step), *(self._fills_in(name) for name in led_to(step, self._plan)))
            yield step, behind if isinstance(step, Repeat) else known
            known = behind
            if isinstance(step, Exit) and step.only_if is None:
                return

    def _fills_in(self, path: str) -> frozenset[str]:
        """What a path and all it leads to may fill."""
        if path not in self._filled:
            steps = self._plan.paths[path]
            inner = (self._fills_in(name) for step in steps for name in led_to(step, self._plan))
            self._filled[path] = _NOTHING.union(*(_fills(step) for step in steps), *inner)
        return self._filled[path]

    def _check_step(self, step: Step, known: frozenset[str], path: str) -> None:
        where = f"path '{path}' and the ways into it never {{ask}}" if path != MAIN else "the steps before never {ask}"
        for condition in _conditions_of(step):
            self._check(condition, known, where)
        for name in dict.fromkeys(_names_of(step)):
            for asked in self._needs(name):
                self._tell(asked, known, self._places.step(step), f"table '{name}' looks at {asked} here", where)
        if isinstance(step, Wait) and isinstance(step.until, UntilMoment):
            at = self._places.setting(step, step.verb)
            self._tell(step.until.field, known, at, f"this waits until {step.until.field}", where)

    def _needs(self, table: str) -> list[str]:
        """The fields a table cannot do without; one that says what to do while a value is missing can."""
        found = self._plan.tables.get(table)
        if found is None:
            return []
        columns = [(name, [row.tests[at] for row in found.rows]) for at, name in enumerate(found.given)]
        return [name for name, tests in columns if not any(test and test.op == "missing" for test in tests)]

    def _check_around(self) -> None:
        """Trigger and audience are asked before anything is known, goal and exits at any time."""
        for condition in (self._plan.trigger.when, self._plan.audience):
            self._check(condition, _NOTHING, "nothing can {ask} before a customer enters")
        known = _NOTHING.union(*(_fills(step) for path in self._known for step in self._plan.paths[path]))
        goal = (self._plan.goal,) if self._plan.goal is not None else ()
        for rule in (*self._plan.exit_when, *goal):
            self._check(rule.when, known, "the steps of this journey never {ask}")

    def _check(self, condition: Condition | None, known: frozenset[str], where: str) -> None:
        if condition is None:
            return
        tests = dict(_tests(condition))
        expected = {test.field for test in tests if test.test.op in ("missing", "known")}
        for test, definition in tests.items():
            if test.field not in expected:
                node = self._nodes[id(condition)]
                at = first_key(node, (definition or test.field,)) or node
                what = f"'{definition}' tests {test.field} here" if definition else f"{test.field} is tested here"
                self._tell(test.field, known, at, what, where)

    def _tell(self, name: str, known: frozenset[str], at: Placed, what: str, where: str) -> None:
        if name not in self._given or name in known:
            return
        set_by = self._draft.known.catalogue.fields[name].set_by
        survey = set_by.removeprefix("survey ")
        latest = f"{name.partition('.')[0]}.last"
        if survey:
            other = f", or test {latest}, the latest answer in any journey" if self._has(latest) else ""
            hint = f"ask first, with 'survey: {survey}'{other}"
        else:
            hint = f"give it a value first, for example 'set: {{{name}: …}}'"
        problem = ("J050", at.line, at.column)
        if problem not in {(each.code, each.line, each.column) for each in self._draft.findings.problems}:
            message = f"{what}, but {where.format(ask=f'ask {survey}' if survey else 'set it')}"
            self._draft.findings.add("J050", at, message, hint)

    def _has(self, name: str) -> bool:
        return self._draft.known.has("fields", name)


def _tests(condition: Condition, definition: str = "") -> Iterator[tuple[FieldTest, str]]:
    """Every test of a condition, each with the name of the definition it stands behind."""
    if isinstance(condition, FieldTest):
        yield condition, definition
    elif isinstance(condition, Named):
        yield from _tests(condition.condition, definition or condition.name)
    elif isinstance(condition, Group):
        for part in condition.parts:
            yield from _tests(part, definition)


def _fills(step: Step) -> frozenset[str]:
    """The fields a step may give a value."""
    match step:
        case Survey():
            return frozenset({f"{step.survey}.score"})
        case SetStep():
            return frozenset(each.field for each in step.assignments if each.how == "is")
        case Webhook():
            return frozenset(step.save)
        case _:
            return _NOTHING


def _conditions_of(step: Step) -> Iterator[Condition]:
    if step.only_if is not None:
        yield step.only_if
    match step:
        case Branch():
            yield from (rule.when for rule in step.rules if rule.when is not None)
        case WaitFor(when=asked) | Repeat(until=asked) if asked is not None:
            yield asked
        case _:
            pass


def _names_of(step: Step) -> tuple[str, ...]:
    """Every word of a step that may be a table's name."""
    match step:
        case Send():
            return step.template, *step.by
        case Survey():
            return step.ask, *step.by
        case OfferStep():
            return step.offer, *step.by
        case Ticket():
            return (step.queue,)
        case Branch():
            return tuple(rule.then for rule in step.rules)
        case WaitFor():
            return (step.otherwise,)
        case _:
            return ()
