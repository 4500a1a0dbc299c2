"""Passes: what is known of the time while a path is walked again and again."""

from care.domain.catalogue import DAY
from care.rulebook.checks.spans import WEEK
from care.rulebook.checks.stretches import Moment, Stretch, opened, reach


def begun(moment: Moment) -> Moment:
    """The moment a pass begins: what is counted since then begins anew."""
    stretches = tuple([each._replace(since=-each.gap) for each in moment.stretches])
    return moment._replace(since=0, stretches=stretches)


def followed(begin: Moment, end: Moment, every: tuple[float, float] | None, span: float) -> Moment:
    """The moment the next pass may begin.

    Args:
        begin: When this one began.
        end: When it was over.
        every: From the beginning of one pass to that of the next, at the least and at the most; at once if ``None``.
    """
    if every is None:
        return end
    least, most = every
    steady = least == most and end.since <= least
    return end._replace(
        latest=max(end.latest, begin.latest + most),
        longest=max(end.longest, begin.longest + most),
        earliest=max(end.earliest, begin.earliest + least),
        shortest=max(end.shortest, begin.shortest + least),
        since=max(end.since, most),
        whole=steady and begin.whole and least % DAY == 0,
        phase=(begin.phase + least) % WEEK if steady and begin.phase is not None else None,
        awake=False,
        stretches=opened((reach(each, least - each.since) for each in end.stretches), span),
    )


def skipped(moment: Moment, least: float, most: float) -> Moment:
    """The same a number of passes later, which took so long together."""
    stretches = [each._replace(clock=each.clock + most, elapsed=each.elapsed + most) for each in moment.stretches]
    return moment._replace(
        latest=moment.latest + most,
        longest=moment.longest + most,
        earliest=moment.earliest + least,
        shortest=moment.shortest + least,
        since=moment.since + most,
        whole=False,
        phase=None,
        awake=False,
        stretches=tuple([each._replace(fixed=False, phase=None) for each in stretches]),
    )


def behind(moment: Moment, since: float) -> Moment:
    """The moment behind the last pass, counted again from the pass the ``repeat`` itself stands in.

    Args:
        since: From the beginning of that pass to the beginning of the last one, at the most.
    """
    stretches = tuple([each._replace(since=each.since + since) for each in moment.stretches])
    return moment._replace(since=moment.since + since, stretches=stretches)


def shape(moment: Moment) -> tuple[tuple[float, ...], ...]:
    """What must be the same for two passes to have the same sequel, calendar days aside."""
    return tuple([_shape(each) for each in moment.stretches])


def _shape(stretch: Stretch) -> tuple[float, ...]:
    return stretch.messages, stretch.gap, stretch.since
