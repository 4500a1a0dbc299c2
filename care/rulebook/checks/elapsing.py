"""Elapsing: what waits and messages do to the stretches of a journey."""

from dataclasses import dataclass

from care.domain.catalogue import DAY
from care.domain.moments import UntilDay
from care.rulebook.checks.spans import FOR_EVER, WEEK, Hush
from care.rulebook.checks.stretches import Moment, Stretch, Trail, behind, opened, reach


def after(moment: Moment, least: float, most: float, span: float) -> Moment:
    """A while later; stretches that have become longer than the span are closed."""
    exact = least == most
    whole = moment.whole and exact and most % DAY == 0
    return moment._replace(
        latest=moment.latest + most,
        longest=moment.longest + most,
        earliest=moment.earliest + least,
        shortest=moment.shortest + least,
        since=moment.since + most,
        whole=whole,
        phase=(moment.phase + most) % WEEK if exact and moment.phase is not None else None,
        awake=moment.awake and not most,
        stretches=opened((each.later(least) for each in behind(moment, whole=whole)), span)
        if most
        else moment.stretches,
    )


def is_past(moment: Moment, until: UntilDay) -> tuple[bool, bool]:
    """Whether a calendar day may be gone here, and whether it is for certain."""
    if until.at is None:
        return moment.longest > until.day * DAY, moment.shortest > until.day * DAY
    start = until.day * DAY + until.at * 60
    return moment.latest > start, moment.earliest > start


def on_day(moment: Moment, until: UntilDay, span: float, *, past: bool) -> Moment:
    """Where a wait until a calendar day leads.

    Args:
        past: Whether those for whom the day was gone already are here as well.
    """
    whole = until.at is None and not past
    before = behind(moment, whole=whole)
    if until.at is None:
        start, since_entry = until.day * DAY, float(until.day * DAY)
        latest: float = start + DAY
        shortest = since_entry
        stretches = (reach(each, since_entry - each.elapsed - (0 if whole else each.held)) for each in before)
    else:
        start = until.day * DAY + until.at * 60
        since_entry, latest, shortest = start, start, max(start - DAY, 0)
        stretches = (reach(each, start - each.clock, fixed=True) for each in before)
    return Moment(
        latest=max(moment.latest, latest) if past else latest,
        longest=max(moment.longest, since_entry) if past else since_entry,
        earliest=max(moment.earliest, start),
        shortest=max(moment.shortest, shortest),
        since=max(moment.since, latest - moment.earliest + moment.since),
        whole=whole,
        due=moment.due,
        stretches=opened(stretches, span),
    )


def on_weekday(moment: Moment, weekday: int, minute: int, span: float) -> Moment:
    """Where a wait until a day of the week leads."""
    target, of_day = weekday * DAY + minute * 60, minute * 60
    if moment.phase is not None:
        wait = (target - moment.phase) % WEEK
        return after(moment, wait, wait, span)._replace(phase=target)
    soonest = (of_day - moment.earliest) % DAY
    latest = moment.latest + WEEK - 1
    last = latest - (latest - of_day) % DAY if latest < FOR_EVER else latest
    longest = last - moment.latest if latest < FOR_EVER else FOR_EVER
    stretches = (_to_weekday(each, target, of_day) for each in behind(moment, whole=False))
    return moment._replace(
        latest=last,
        longest=moment.longest + WEEK,
        earliest=moment.earliest + soonest,
        since=moment.since + longest,
        whole=False,
        phase=target,
        awake=False,
        stretches=opened(stretches, span),
    )


def _to_weekday(stretch: Stretch, target: float, of_day: float) -> Stretch:
    if stretch.phase is not None:
        return stretch.later((target - stretch.phase) % WEEK)
    wait = (of_day - stretch.clock - stretch.gap) % DAY if stretch.fixed else 0
    return stretch.later(wait)._replace(phase=target)


@dataclass(frozen=True)
class Pace:
    """How messages are counted.

    Attributes:
        span: In how many seconds.
        opening: From which clock on, in seconds since the midnight before entry; from each message on when ``None``.
    """

    hush: Hush
    span: float
    opening: float | None = None


def sent(moment: Moment, name: str, pace: Pace, *, counts: bool) -> Moment:
    """Behind a message: every open stretch has one more, and one begins.

    It may have waited for quiet hours to end, or it may not have been sent at all, which takes no time.
    """
    hush, stretches = pace.hush, moment.stretches
    held, by_day = _held_up(moment, hush)
    begun = Stretch(
        clock=moment.latest + held,
        elapsed=moment.longest if moment.whole else moment.longest + by_day,
        held=by_day if moment.whole else 0,
        gap=0,
        messages=1,
        trail=Trail(name),
        since=moment.since + by_day,
        phase=None if moment.phase is None else (moment.phase + hush.over(moment.phase)) % WEEK,
    )
    if counts:
        held_back = [_held(each, hush) for each in stretches]
        longer = [each._replace(messages=each.messages + 1, trail=Trail(name, each.trail)) for each in held_back]
        stretches = opened((*longer, *stretches, *_begun(begun, moment, pace)), pace.span)
    return moment._replace(
        latest=begun.clock,
        longest=moment.longest + by_day,
        since=begun.since,
        whole=moment.whole and not hush.longest,
        phase=moment.phase if moment.phase == begun.phase else None,
        awake=True,
        stretches=stretches,
    )


def _held_up(moment: Moment, hush: Hush) -> tuple[float, float]:
    """How long quiet hours hold a message up, at its latest moment and at the most."""
    held = hush.over(moment.latest)
    return held, held if moment.awake or moment.latest == moment.earliest else hush.longest


def _begun(begun: Stretch, moment: Moment, pace: Pace) -> tuple[Stretch, ...]:
    """The stretch that begins here: with a fixed opening the one from that clock on, unless this is sent before it."""
    if pace.opening is None:
        return (begun,)
    if begun.clock < pace.opening:
        return ()
    gap = max(moment.earliest + pace.hush.over(moment.earliest) - pace.opening, 0)
    return (begun._replace(clock=pace.opening, elapsed=pace.opening, gap=gap, phase=None),)


def _held(stretch: Stretch, hush: Hush) -> Stretch:
    if stretch.fixed:
        return stretch.later(hush.over(stretch.clock + stretch.gap))
    return stretch.later(hush.over(stretch.phase)) if stretch.phase is not None else stretch
