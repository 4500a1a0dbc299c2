"""Coverage: which rules, sides, rows and steps of a journey were reached by what was played."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from care.domain.audit import Entry
from care.domain.journey import Plan
from care.domain.steps import Branch, Split

Kind = Literal["step", "rule", "side", "row"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Something that can be reached.

    Attributes:
        line: In the file.
        name: As people know it, for example ``branch_answer rule 2`` or ``accessory row 3``.
        file: The journey's, or the spreadsheet that a table's rows stand in.
    """

    line: int
    kind: Kind
    name: str
    file: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was reached of one journey, and what was not, in the order of the file, a spreadsheet's rows last."""

    journey: str
    file: str
    reached: int
    unreached: tuple[Place, ...]

    @property
    def total(self) -> int:
        """How many places there are."""
        return self.reached + len(self.unreached)

    @property
    def share(self) -> float:
        """Reached by all, from 0 to 1."""
        return self.reached / self.total if self.total else 1.0


@dataclass(slots=True)
class Reached:
    """Collects what was reached, played entry by played entry; entries need their reasons."""

    seen: set[tuple[str, Kind, str]] = field(default_factory=set)

    def add(self, entries: Iterable[Entry]) -> None:
        """Take in a timeline."""
        for entry in entries:
            if not entry.step:
                continue
            self.seen.add((entry.journey, "step", entry.step))
            if entry.kind == "branched":
                self._branched(entry)
            for rule in entry.why.rules:
                if rule.verdict is True and " row " in rule.label:
                    self.seen.add((entry.journey, "row", rule.label))

    def _branched(self, entry: Entry) -> None:
        if entry.verb == "split":
            self.seen.add((entry.journey, "side", f"{entry.step} {entry.template or entry.code}"))
        for rule in entry.why.rules:
            if rule.verdict is True and " row " not in rule.label:
                self.seen.add((entry.journey, "rule", f"{entry.step} {rule.label}"))

    def of(self, plan: Plan) -> Coverage:
        """What was reached of a plan."""
        every = sorted(places(plan), key=lambda place: (place.file != plan.file, place))
        missing = tuple(place for place in every if (plan.journey, place.kind, place.name) not in self.seen)
        return Coverage(plan.journey, plan.file, len(every) - len(missing), missing)


def places(plan: Plan) -> Iterator[Place]:
    """Everything of a plan that can be reached."""
    for steps in plan.paths.values():
        for step in steps:
            yield Place(step.line, "step", step.id, plan.file)
            if isinstance(step, Branch):
                for number, rule in enumerate(step.rules, 1):
                    label = "otherwise" if rule.when is None else f"rule {number}"
                    yield Place(rule.line, "rule", f"{step.id} {label}", plan.file)
            elif isinstance(step, Split):
                yield from (Place(share.line, "side", f"{step.id} {share.then}", plan.file) for share in step.shares)
                if step.holdout:
                    yield Place(step.line, "side", f"{step.id} holdout", plan.file)
    for table in plan.tables.values():
        for number, row in enumerate(table.rows, 1):
            yield Place(row.line, "row", f"{table.name} row {number}", table.file or plan.file)


def coverage_of(plans: Sequence[Plan], timelines: Iterable[Iterable[Entry]]) -> list[Coverage]:
    """What these timelines reached of these plans."""
    reached = Reached()
    for entries in timelines:
        reached.add(entries)
    return [reached.of(plan) for plan in plans]
