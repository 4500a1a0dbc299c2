"""Rewording: what a customer has done already, in the words of the plan they are moved to."""

from collections.abc import Mapping
from dataclasses import dataclass

from care.domain.journey import MAIN
from care.domain.rulebook import WalkedPlan
from care.domain.turn import Running, Turn

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Rewording:
    """One move: ``standing`` is the index in each path the customer is in now, ``inside`` are those paths afterwards.

    Attributes:
        highest: The highest visit of any path so far. No key was ever used with a higher one, so that from the move on
            every path counts its visits from here.
    """

    run: Running
    new: WalkedPlan
    standing: Mapping[str, int]
    inside: frozenset[str]
    highest: int

    def done_at(self, step: str, name: str) -> int:
        """The visit in which a step that was begun, called ``name`` from now on, is not to be done again; or 0."""
        path, before = self.new.places[name][0], self.run.walked.places.get(step)
        if path == MAIN:
            return self.highest
        if path in self.inside:
            return self.highest if self._walked_by(before) else 0
        stays = before is not None and before[0] == path
        return 0 if stays and not self._is_to_skip(step, path) else self.highest + 1

    def _walked_by(self, before: Place | None) -> bool:
        """Whether the step lies behind the customer; else it was begun in earlier passes only."""
        return before is None or before[0] not in self.standing or before[1] < self.standing[before[0]]

    def _is_to_skip(self, step: str, path: str) -> bool:
        """Whether an earlier move said that the path's next walk leaves the step out, and that walk is yet to come."""
        return f"{step}/{self.run.visits.get(path, 0) + 1}" in self.run.passed


def reword(turn: Turn, run: Running, new: WalkedPlan, at: tuple[str, ...], steps: Mapping[str, str]) -> None:
    """Say in the words of another plan what was done, so that nothing is done twice and no message key used again.

    Args:
        at: Where the customer will stand.
        steps: Old step id to new step id, where they differ.
    """
    places = run.walked.places
    standing = {places[each][0]: places[each][1] for each in run.at}
    inside = frozenset(new.places[each][0] for each in at)
    rewording = _Rewording(run, new, standing, inside, max(run.visits.values(), default=1))
    done = dict.fromkeys(_renamed(each, steps) for each in run.passed)
    for step in _begun(turn, run):
        name = steps.get(step, step)
        visit = rewording.done_at(step, name) if name in new.places and name not in at else 0
        if visit:
            done[f"{name}/{visit}"] = None
    run.passed = tuple(done)
    run.visits = dict.fromkeys(new.plan.paths, rewording.highest)
    run.passes = {steps.get(name, name): each for name, each in run.passes.items() if steps.get(name, name) in at}


def _begun(turn: Turn, run: Running) -> dict[str, None]:
    """Every step the enrolment ever began, those of this decision included."""
    lately = [entry.step for entry in turn.entries if entry.enrolment == run.id and entry.step]
    return dict.fromkeys((*turn.facts.begun.get(run.id, ()), *lately))


def _renamed(passed: str, steps: Mapping[str, str]) -> str:
    name, _, visit = passed.rpartition("/")
    return f"{steps.get(name, name)}/{visit}"
