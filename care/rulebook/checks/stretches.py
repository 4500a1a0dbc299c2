"""Stretches: how close together the messages of a journey can come, without a customer in it.

Time 0 is the local midnight before entry. A stretch begins with a message at its latest possible moment, because then
the calendar days behind it are nearest; from there on every wait is taken at its shortest. What only holds a message
up by chance (the cap itself, an operator's pause, a delivery that fails for now) is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from care.domain.catalogue import DAY
from care.rulebook.checks.spans import WEEK


@dataclass(frozen=True, eq=False, slots=True)
class Trail:
    """The messages of a stretch, the last one first; compared by identity, since only their number matters."""

    name: str
    before: "Trail | None" = None

    def names(self) -> tuple[str, ...]:
        """What they are, in order."""
        names, trail = [], self
        while trail.before is not None:
            names.append(trail.name)
            trail = trail.before
        return (trail.name, *reversed(names))


class Stretch(NamedTuple):
    """Messages that can fall into one span of time.

    Attributes:
        clock: When it begins at the latest, in seconds since the midnight before entry.
        elapsed: The same in seconds since entry.
        gap: Seconds from its beginning to here, at the least.
        messages: How many there are in it.
        trail: What they are.
        since: Seconds from the beginning of the pass to that of the stretch, at the most; below 0 when it began before.
        fixed: Whether a calendar day ended the gap, so that the time of day is known here.
        phase: Where in the week (seconds since Monday 00:00) the gap ends, if that is known.
        held: Seconds for which quiet hours may have held its first message up. They are not in ``elapsed``: what comes
            whole days after entry is held up as long. What comes some hours after that is not (``loosened``).
    """

    clock: float
    elapsed: float
    gap: float
    messages: int
    trail: Trail
    since: float
    fixed: bool = False
    phase: float | None = None
    held: float = 0

    def loosened(self) -> "Stretch":
        """The same where what follows need not be held up as its first message was."""
        if not self.held:
            return self
        return self._replace(elapsed=self.elapsed + self.held, gap=max(self.gap - self.held, 0), held=0)

    def later(self, seconds: float) -> "Stretch":
        """This much further on."""
        phase = self.phase if self.phase is None else (self.phase + seconds) % WEEK
        return self._replace(gap=self.gap + seconds, phase=phase)

    def covers(self, other: "Stretch") -> bool:
        """Whether whatever may follow the other can follow this one at least as closely."""
        return (
            self.messages >= other.messages
            and self.gap <= other.gap
            and self.clock >= other.clock
            and self.elapsed >= other.elapsed
            and self.elapsed + self.held >= other.elapsed + other.held
            and self.gap - self.held <= other.gap - other.held
            and self.since >= other.since
            and (self.phase == other.phase or self.phase is None)
            and not (self.fixed and (not other.fixed or self.clock + self.gap > other.clock + other.gap))
        )


class Moment(NamedTuple):
    """What is known of the time at one place of a journey.

    Attributes:
        latest: The clock at the latest, in seconds since the midnight before entry.
        longest: Seconds since entry at the most.
        earliest: The clock at the earliest.
        shortest: Seconds since entry at the least.
        since: Seconds since the pass of the innermost ``repeat`` began, at the most.
        whole: Whether exactly whole days have passed since entry.
        phase: Where in the week it is, if that is known.
        awake: Whether the time that quiet hours may take is counted already, since nothing was waited for behind it.
        due: For date fields whose value is known to come soon, the clock at the latest.
        stretches: The stretches that are still open.
    """

    latest: float = DAY
    longest: float = 0
    earliest: float = 0
    shortest: float = 0
    since: float = 0
    whole: bool = True
    phase: float | None = None
    awake: bool = False
    due: tuple[tuple[str, float], ...] = ()
    stretches: tuple[Stretch, ...] = ()


def reach(stretch: Stretch, gap: float, *, fixed: bool = False) -> Stretch:
    """A stretch whose gap is no smaller than this; ``fixed`` when a time of day made it so."""
    return stretch._replace(gap=gap, fixed=fixed, phase=None) if gap > stretch.gap else stretch


def joined(moments: Iterable[Moment | None], span: float) -> Moment | None:
    """Where several ways meet; ``None`` when none of them arrives."""
    found = list(dict.fromkeys(moment for moment in moments if moment is not None))
    if len(found) < 2:
        return found[0] if found else None
    first, whole = found[0], all(each.whole for each in found)
    return Moment(
        latest=max(each.latest for each in found),
        longest=max(each.longest for each in found),
        earliest=min(each.earliest for each in found),
        shortest=min(each.shortest for each in found),
        since=max(each.since for each in found),
        whole=whole,
        phase=first.phase if all(each.phase == first.phase for each in found) else None,
        awake=all(each.awake for each in found),
        due=_due([dict(each.due) for each in found]),
        stretches=opened((each for moment in found for each in behind(moment, whole=whole)), span),
    )


def behind(moment: Moment, *, whole: bool) -> Iterable[Stretch]:
    """The open stretches as they are behind a moment.

    Args:
        whole: Whether exactly whole days have passed since entry behind it, too.
    """
    return (each.loosened() for each in moment.stretches) if moment.whole and not whole else moment.stretches


def _due(found: Sequence[Mapping[str, float]]) -> tuple[tuple[str, float], ...]:
    first, *others = found
    common = [name for name in first if all(name in other for other in others)]
    return tuple((name, max(each[name] for each in found)) for name in common)


def opened(stretches: Iterable[Stretch], span: float) -> tuple[Stretch, ...]:
    """The stretches that are shorter than the span, without those that another one covers."""
    kept: list[Stretch] = []
    for stretch in sorted((each for each in stretches if each.gap < span), key=lambda each: (-each.messages, each.gap)):
        if not any(other.covers(stretch) for other in kept):
            kept.append(stretch)
    return tuple(kept)
