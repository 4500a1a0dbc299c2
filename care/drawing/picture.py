"""Turns a compiled journey into a chart: its steps in words, and every way between them."""

import re
from collections.abc import Iterable

from care.domain.catalogue import Catalogue
from care.domain.conditions import FieldTest, Test
from care.domain.journey import MAIN, Plan, Row, Table
from care.domain.moments import UntilMoment
from care.domain.steps import CONTINUE, EXIT, Branch, Exit, Repeat, Split, Step, Wait, WaitFor
from care.domain.tables import NOBODY
from care.drawing.meanings import definitions
from care.drawing.shapes import Arm, Box, Chart, Flow, Fork, Item, Kind, Loop
from care.drawing.steps import again, words_of
from care.drawing.wording import end_rule, listed, re_entry, said, sending, share

OTHERWISE = "otherwise"


def chart(plan: Plan, catalogue: Catalogue | None = None) -> Chart:
    """Lay a journey out as boxes and the ways between them.

    Every step stands in the picture once: a path that several steps lead to is drawn where the first of them stands,
    and only named at the others.
    """
    drafting = _Drafting(plan, catalogue)
    entry = drafting.entry()
    early = drafting.early()
    flow = drafting.main()
    return Chart(plan.journey, plan.title or plan.journey, _origin(plan), entry, early, flow, drafting.words())


def _origin(plan: Plan) -> str:
    version = f"revision {plan.revision}" if plan.revision else "draft"
    return " · ".join(part for part in (plan.file, version, plan.owner) if part)


class _Drafting:
    """Draws each path once, and remembers which it has drawn."""

    def __init__(self, plan: Plan, catalogue: Catalogue | None) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._drawn: set[str] = set()
        self._anchors: set[str] = set()

    def entry(self) -> Box:
        """How a customer comes in."""
        plan, trigger = self._plan, self._plan.trigger
        details = [
            f"when {said(trigger.when)}" if trigger.when is not None else "",
            f"only if {said(plan.audience)}" if plan.audience is not None else "",
            re_entry(plan.re_entry),
            f"{plan.priority} priority" if plan.priority != "normal" else "",
            *sending(plan.sending),
        ]
        return self._box("entry", f"Enters on {trigger.event}", details)

    def early(self) -> tuple[Box, ...]:
        """What ends the journey whatever its step."""
        plan, found = self._plan, []
        if plan.goal is not None:
            found.append(self._box("goal", "Goal: ends as a success", [end_rule(plan.goal)]))
        if plan.exit_when:
            found.append(self._box("leave", "Ends at once", [end_rule(rule) for rule in plan.exit_when]))
        return tuple(found)

    def main(self) -> Flow:
        """The main list; what no step leads to stands nowhere, as no customer comes there."""
        self._drawn.add(MAIN)
        flow = self._path(MAIN)
        return flow if flow.ends else Flow((*flow.items, self._box("end", "End of the journey")))

    def words(self) -> Box | None:
        """What the names mean that its conditions use."""
        meanings = [f"{name}: {said(condition)}" for name, condition in definitions(self._plan).items()]
        return self._box("words", "What the words mean", meanings) if meanings else None

    def _path(self, path: str) -> Flow:
        return Flow(tuple(self._item(step, path) for step in self._plan.paths.get(path, ())))

    def _item(self, step: Step, path: str) -> Item:
        box = self._step_box(step, path)
        match step:
            case Branch():
                return Fork(box, _ways(self._branch(step), step))
            case Split():
                return Fork(box, _ways(self._split(step), step))
            case WaitFor() if step.otherwise != CONTINUE:
                label = f"did not come in {step.up_to.text}"
                return Fork(box, _ways([Arm("it came", Flow()), self._arm(label, step.otherwise)], step))
            case Wait() if step.if_past != CONTINUE:
                unknown = " or not known" if isinstance(step.until, UntilMoment) else ""
                return Fork(box, _ways([Arm("then", Flow()), self._arm(f"already past{unknown}", step.if_past)], step))
            case Exit():
                return self._exit(step, box)
            case Repeat():
                return self._repeat(step, box)
            case _:
                return box

    def _exit(self, step: Exit, box: Box) -> Item:
        if step.only_if is None:
            return box
        leaves = self._box("end", "Leaves the journey", [step.reason])
        return Fork(box, (Arm("yes", Flow((leaves,))), Arm(OTHERWISE, Flow())))

    def _branch(self, step: Branch) -> list[Arm]:
        arms = [self._arm(OTHERWISE if rule.when is None else said(rule.when), rule.then) for rule in step.rules]
        return arms if any(rule.when is None for rule in step.rules) else [*arms, Arm("none of these", Flow())]

    def _split(self, step: Split) -> list[Arm]:
        rest = " of the others" if step.holdout else ""
        arms = [self._arm(f"{share(each.part)}{rest}", each.then) for each in step.shares]
        return [*arms, Arm(f"held out {share(step.holdout)}", Flow())] if step.holdout else arms

    def _repeat(self, step: Repeat, box: Box) -> Item:
        flow = self._target(step.path)
        ways_past = (said(step.until) if step.until is not None else "", "skipped" if step.only_if is not None else "")
        past = "; or ".join(way for way in ways_past if way)
        if not flow.ends:
            return Loop(box, flow, again(step), past)
        return Fork(box, (Arm(again(step), flow, step.path), *([Arm(past, Flow())] if past else [])))

    def _arm(self, label: str, target: str) -> Arm:
        return Arm(label, self._target(target), target if target in self._plan.paths else "")

    def _target(self, target: str) -> Flow:
        """Where a word of the rules leads."""
        table = self._plan.tables.get(target)
        if target in (CONTINUE, NOBODY):
            return Flow()
        if target == EXIT:
            return Flow((self._box("end", "Leaves the journey"),))
        if table is not None and "path" in table.choose:
            return Flow((self._table(table),))
        if target in self._drawn or target not in self._plan.paths:
            return Flow((self._box("again", f"Path {target}", ["its steps are drawn elsewhere in this picture"]),))
        self._drawn.add(target)
        return self._path(target)

    def _table(self, table: Table) -> Fork:
        at = table.choose.index("path")
        rows: dict[str, list[str]] = {}
        for row in table.rows:
            rows.setdefault(row.values[at], []).append(_row_words(table, row))
        box = self._box("table", f"Table {table.name} chooses", [f"by {listed(table.given, 'and')}"])
        return Fork(box, _ways([self._arm("; or ".join(words), path) for path, words in rows.items()]))

    def _step_box(self, step: Step, path: str) -> Box:
        title, details = words_of(step, self._plan, self._catalogue)
        kind: Kind = step.verb
        if isinstance(step, Exit) and step.only_if is None:
            kind, details = "end", (step.reason,)
        return Box(self._anchor(step.id), kind, title, details, step.id, path, step.line)

    def _box(self, kind: Kind, title: str, details: Iterable[str] = ()) -> Box:
        return Box(self._anchor(kind), kind, title, tuple(detail for detail in details if detail))

    def _anchor(self, name: str) -> str:
        """A name for a box that no other box of this picture has, and that depends on nothing but the journey."""
        base = re.sub(r"[^A-Za-z0-9]+", "-", f"{self._plan.journey} {name}").strip("-").lower()
        anchor = next(each for each in _numbered(base) if each not in self._anchors)
        self._anchors.add(anchor)
        return anchor


def _numbered(base: str) -> Iterable[str]:
    yield base
    number = 1
    while True:
        number += 1
        yield f"{base}-{number}"


def _ways(arms: list[Arm], step: Step | None = None) -> tuple[Arm, ...]:
    """The arms with all that lead straight on as one, and a way past a step that may be skipped."""
    straight = [arm.label for arm in arms if not arm.flow.items]
    if not straight and step is not None and step.only_if is not None:
        straight = ["skipped"]
    rest = [arm for arm in arms if arm.flow.items]
    return (*rest, Arm("; or ".join(straight), Flow())) if straight else tuple(rest)


def _row_words(table: Table, row: Row) -> str:
    tests = [(field, test) for field, test in zip(table.given, row.tests, strict=True) if test is not None]
    return " and ".join(_cell(field, test) for field, test in tests) or OTHERWISE


def _cell(field: str, test: Test) -> str:
    return said(FieldTest(field, test))
