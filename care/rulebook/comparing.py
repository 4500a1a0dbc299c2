"""Comparing two versions of the rules: what a customer could feel in words, and what was written line by line."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from care.domain.journey import Plan
from care.rulebook.changes import Change, changes
from care.rulebook.counterparts import counterparts

Touch = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared; ``sources`` are its files."""

    name: str
    plans: Mapping[str, Plan]
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one to the other.

    Attributes:
        changes: What a customer could feel, in words.
        files: The files that differ at all.
    """

    old: Side
    new: Side
    changes: tuple[Change, ...]
    files: tuple[str, ...]

    def as_plain(self) -> dict[str, Any]:
        """The difference as plain values, with a unified diff of each file."""
        return {
            "old": self.old.name,
            "new": self.new.name,
            "changes": [change._asdict() for change in self.changes],
            "files": {name: "\n".join(self.lines(name)) for name in self.files},
        }

    def lines(self, name: str) -> Iterator[str]:
        """The changed lines of a file as a unified diff."""
        before, after = (side.sources.get(name, "").splitlines() for side in (self.old, self.new))
        yield from difflib.unified_diff(
            before, after, f"{name} ({self.old.name})", f"{name} ({self.new.name})", lineterm=""
        )


def difference(old: Side, new: Side) -> Difference:
    """Compare two versions."""
    files = sorted({*old.sources, *new.sources})
    return Difference(
        old,
        new,
        tuple(changes(old.plans, new.plans)),
        tuple(name for name in files if old.sources.get(name) != new.sources.get(name)),
    )


def touched(old: Plan, new: Plan) -> tuple[dict[str, Touch], dict[str, Touch]]:
    """What became of each step that is not as it was, by step id: in the old plan, and in the new one."""
    before = {step.id for steps in old.paths.values() for step in steps}
    after = {step.id for steps in new.paths.values() for step in steps}
    renamed = counterparts(old, new)
    felt = {each.step for each in changes({new.journey: old}, {new.journey: new})}
    was: dict[str, Touch] = {
        each: "changed" if each in after or each in renamed else "removed" for each in felt & before
    }
    now: dict[str, Touch] = {each: "changed" if each in before else "added" for each in felt & after}
    now.update((each, "changed") for each in renamed.values())
    return was, now
