"""Time as people live it: quiet hours, business hours and calendar days in a customer's own zone.

Instants are timezone-aware UTC; a "local" time is naive and belongs to the zone given beside it. A local time that a
clock change skips is taken as the first instant that exists, one that comes twice as the first of the two.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import assert_never
from zoneinfo import ZoneInfo

from care.domain.catalogue import DAY, Calendar, Week, Window
from care.domain.moments import Duration, For, Until, UntilBusiness, UntilDay, UntilMoment, UntilWeekday

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_DAY_MINUTES = 24 * 60


@lru_cache(maxsize=1024)
def zone_of(name: str, default: str) -> ZoneInfo:
    """The zone of an IANA name, or of ``default`` where there is no such zone."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return ZoneInfo(default)


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which clocks in ``zone`` first read ``local`` (naive), or jump past it."""
    if local.fold:
        local = local.replace(fold=0)
    aware = datetime.combine(local, local.time(), zone)
    instant = aware.astimezone(UTC)
    back = instant.astimezone(zone)
    if back == aware:  # one tzinfo on both sides: Python compares what the clocks read
        return instant
    return _jump(instant - (back - aware), instant, zone)


def _jump(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The clock change between two instants, to the second."""
    wanted = high.astimezone(zone).utcoffset()
    low = low.replace(microsecond=0)
    seconds = int((high - low).total_seconds())
    first = 0
    while first < seconds:
        middle = (first + seconds) // 2
        if (low + timedelta(seconds=middle)).astimezone(zone).utcoffset() == wanted:
            seconds = middle
        else:
            first = middle + 1
    return low + timedelta(seconds=first)


def quiet_until(now: datetime, quiet: Window | None, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours ``now`` falls into end; ``None`` when sending is allowed now.

    The start belongs to the quiet hours, the end does not; a window that ends where it starts is never quiet. In an
    hour that comes twice, both passes are quiet.
    """
    if quiet is None:
        return None
    local = now.astimezone(zone)
    gone = (local.hour * 60 + local.minute - quiet.start) % _DAY_MINUTES
    lasts = (quiet.end - quiet.start) % _DAY_MINUTES
    if gone >= lasts:
        return None
    ends = _midnight(local) + timedelta(0, (local.hour * 60 + local.minute + lasts - gone) * 60)
    instant = instant_of(ends, zone)
    if instant <= now:
        instant = ends.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return quiet_until(instant, quiet, zone) or instant


def business_open(now: datetime, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """``now`` when the business is open, else its next opening; a business without hours is always open."""
    if not any(calendar.week):
        return now
    openings = _openings(now, calendar, zone)
    while True:
        opens, closes = next(openings)
        if now < closes:
            return max(now, opens)


def closed_until(now: datetime, week: Week, zone: ZoneInfo) -> datetime | None:
    """When the weekly hours next open; ``None`` while they are open, or when there are none at all.

    What the clock reads decides: an hour that comes twice is open or closed both times.
    """
    local = now.astimezone(zone)
    if _reads_open(local, week):
        return None
    today = _midnight(local)
    for day in (today + ahead * _DAY for ahead in range(9)):
        window = week[day.weekday()]
        if window is None:
            continue
        opens = instant_of(day + timedelta(0, window.start * 60), zone)
        if opens <= now:
            opens = (day + timedelta(0, window.start * 60)).replace(tzinfo=zone, fold=1).astimezone(UTC)
        if opens <= now or not _reads_open(opens.astimezone(zone), week):
            continue
        if opens.astimezone(zone).utcoffset() != local.utcoffset():
            # Clocks that go back may read an open hour again before the next opening.
            change = _jump(now, opens, zone)
            return change if _reads_open(change.astimezone(zone), week) else opens
        return opens
    return None


def _reads_open(local: datetime, week: Week) -> bool:
    """Whether weekly hours are open when clocks read so; a window that runs over midnight belongs to its first day."""
    minute = local.hour * 60 + local.minute
    window, night = week[local.weekday()], week[local.weekday() - 1]
    if window is not None and window.start <= minute and (minute < window.end or window.end <= window.start):
        return True
    return night is not None and night.end <= night.start and minute < night.end


def after(duration: Duration, start: datetime, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """The instant ``duration`` after ``start``; a business duration counts only the seconds the business is open."""
    left = timedelta(0, duration.seconds)
    if not duration.business or not any(calendar.week):
        return start + left
    openings = _openings(start, calendar, zone)
    at = start
    while True:
        opens, closes = next(openings)
        at = max(at, opens)
        if closes - at >= left:
            return at + left
        if closes > at:
            left, at = left - (closes - at), closes


def _openings(now: datetime, calendar: Calendar, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Every opening from ``now``'s day on as (opens, closes), without end; yesterday's first if it ran past midnight.

    A window that ends where it starts is open round the clock.
    """
    week, holidays = calendar.week, calendar.holidays
    local = now.astimezone(zone)
    midnight, weekday = _midnight(local), local.weekday()
    last_night = week[weekday - 1]
    if last_night is not None and last_night.start >= last_night.end:
        midnight, weekday = midnight - _DAY, weekday - 1
    while True:
        window = week[weekday % 7]
        if window is not None and midnight.date() not in holidays:
            opens = midnight + timedelta(0, window.start * 60)
            closes = opens + timedelta(0, ((window.end - window.start) % _DAY_MINUTES or _DAY_MINUTES) * 60)
            if holidays and closes.date() in holidays:
                closes = midnight + _DAY
            yield instant_of(opens, zone), instant_of(closes, zone)
        midnight, weekday = midnight + _DAY, weekday + 1


def wait_end(
    until: Until,
    *,
    entered_at: datetime,
    now: datetime,
    zone: ZoneInfo,
    calendar: Calendar,
    anchor: datetime | None,
) -> datetime | None:
    """When a wait that begins ``now`` ends; at or before ``now`` means that the moment is already past.

    Args:
        until: What the step waits for.
        entered_at: When the customer entered the journey; calendar days count from that local day.
        now: When the wait begins.
        zone: The customer's zone.
        calendar: When the company's business is open.
        anchor: The value of the date field an ``UntilMoment`` names, if it is known.

    Returns:
        The instant, or ``None`` when it hangs on a date that is not known.
    """
    match until:
        case For():
            return after(until.duration, now, calendar, zone)
        case UntilDay():
            return _calendar_day(until, entered_at.astimezone(zone), zone)
        case UntilWeekday():
            return _weekday(until, now, zone)
        case UntilBusiness():
            return business_open(now, calendar, zone)
        case UntilMoment():
            return None if anchor is None else _moment(until, anchor, zone)
        case _:
            assert_never(until)


def _calendar_day(until: UntilDay, entry: datetime, zone: ZoneInfo) -> datetime:
    if until.at is None:
        return instant_of(datetime.combine(entry, entry.time()) + timedelta(until.day), zone)
    return instant_of(_midnight(entry) + timedelta(until.day, until.at * 60), zone)


def _weekday(until: UntilWeekday, now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    wanted = _midnight(local) + timedelta((until.weekday - local.weekday()) % 7, until.at * 60)
    instant = instant_of(wanted, zone)
    return instant if instant >= now else instant_of(wanted + _WEEK, zone)


def _moment(until: UntilMoment, anchor: datetime, zone: ZoneInfo) -> datetime:
    """Whole days are counted on the local calendar when a local time is asked for, so a clock change moves nothing."""
    if until.at is None:
        return anchor + timedelta(0, until.offset)
    days, rest = divmod(until.offset, DAY)
    if rest:
        days, anchor = 0, anchor + timedelta(0, until.offset)
    return instant_of(_midnight(anchor.astimezone(zone)) + timedelta(days, until.at * 60), zone)


def _midnight(local: datetime) -> datetime:
    """The naive start of a local day."""
    return datetime.combine(local, time.min)


def counts_within(instants: Sequence[datetime], span: timedelta) -> Iterator[tuple[datetime, int]]:
    """For each instant (oldest first), how many there are in the window of that length that ends with it."""
    start = 0
    for end, at in enumerate(instants):
        while instants[start] <= at - span:
            start += 1
        yield at, end - start + 1
