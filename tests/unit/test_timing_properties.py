"""What holds of time in every zone and at every instant."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from care.domain.catalogue import Calendar, Week, Window
from care.domain.moments import Duration, UntilDay
from care.domain.timing import after, business_open, closed_until, instant_of, quiet_until, wait_end

FIRST = datetime.fromisoformat("1995-01-01T00:00:00")
LAST = datetime.fromisoformat("2040-01-01T00:00:00")
NO_HOURS = Calendar((None,) * 7)
ZONES = [name for name in sorted(available_timezones()) if "/" in name]

zones = st.sampled_from(ZONES).map(ZoneInfo)
locals_ = st.datetimes(FIRST, LAST)
instants = locals_.map(lambda naive: naive.replace(tzinfo=UTC))
minutes = st.integers(0, 24 * 60 - 1)
windows = st.builds(Window, minutes, minutes)
weeks = st.lists(st.none() | windows, min_size=6, max_size=6).map(lambda days: (Window(480, 1020), *days))
calendars = weeks.map(Calendar)


@st.composite
def near_clock_changes(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    """A zone and an instant within two days of one of its clock changes."""
    zone = draw(zones)
    at = draw(instants)
    end = at + timedelta(days=400)
    while at < end and at.astimezone(zone).utcoffset() == (at + timedelta(days=1)).astimezone(zone).utcoffset():
        at += timedelta(days=1)
    return at + draw(st.timedeltas(timedelta(days=-1), timedelta(days=2))), zone


somewhere = st.tuples(instants, zones) | near_clock_changes()


def clock(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def is_quiet(instant: datetime, quiet: Window, zone: ZoneInfo) -> bool:
    reads = clock(instant, zone).strftime("%H:%M")
    start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (quiet.start, quiet.end))
    return start <= reads < end if start <= end else reads >= start or reads < end


@settings(deadline=None)
@given(somewhere, windows)
def test_sending_is_held_exactly_in_quiet_hours_and_until_a_later_instant_that_is_not_quiet(
    where: tuple[datetime, ZoneInfo], quiet: Window
) -> None:
    now, zone = where
    until = quiet_until(now, quiet, zone)
    assert (until is not None) == is_quiet(now, quiet, zone)
    if until is not None:
        assert until > now
        assert not is_quiet(until, quiet, zone)
        assert quiet_until(until, quiet, zone) is None


@settings(deadline=None)
@given(somewhere)
def test_a_local_times_instant_is_the_first_at_which_clocks_have_reached_it(
    where: tuple[datetime, ZoneInfo],
) -> None:
    around, zone = where
    local = around.replace(tzinfo=None)
    instant = instant_of(local, zone)
    assert clock(instant, zone) >= local
    assert clock(instant - timedelta(microseconds=1), zone) < local


@settings(deadline=None)
@given(somewhere, st.integers(0, 365), st.none() | minutes)
def test_until_day_falls_on_that_local_day_at_that_time_unless_the_clocks_skip_it(
    where: tuple[datetime, ZoneInfo], day: int, at: int | None
) -> None:
    entered, zone = where
    ends = wait_end(UntilDay(day, at), entered_at=entered, now=entered, zone=zone, calendar=NO_HOURS, anchor=None)
    assert ends is not None
    entry = clock(entered, zone)
    wanted = entry + timedelta(days=day)
    if at is not None:
        wanted = wanted.replace(hour=at // 60, minute=at % 60, second=0, microsecond=0)
    reads = clock(ends, zone)
    exists = clock(wanted.replace(tzinfo=zone).astimezone(UTC), zone) == wanted
    assert reads == wanted if exists else reads > wanted


@settings(deadline=None)
@given(somewhere, calendars)
def test_the_next_opening_is_never_earlier_and_opens_at_once(
    where: tuple[datetime, ZoneInfo], calendar: Calendar
) -> None:
    now, zone = where
    opens = business_open(now, calendar, zone)
    assert now <= opens <= now + timedelta(days=9)
    assert business_open(opens, calendar, zone) == opens


@settings(deadline=None)
@given(somewhere, calendars, st.integers(1, 200_000), st.integers(1, 200_000))
def test_business_time_adds_up(where: tuple[datetime, ZoneInfo], calendar: Calendar, first: int, then: int) -> None:
    start, zone = where
    at_once = after(Duration(first + then, business=True), start, calendar, zone)
    halfway = after(Duration(first, business=True), start, calendar, zone)
    assert after(Duration(then, business=True), halfway, calendar, zone) == at_once
    assert at_once - start >= timedelta(seconds=first + then)


@settings(deadline=None)
@given(somewhere, weeks)
def test_weekly_hours_are_open_exactly_when_the_clock_reads_so_and_next_at_the_first_such_minute(
    where: tuple[datetime, ZoneInfo], week: Week
) -> None:
    now, zone = where
    now = now.replace(second=0, microsecond=0)
    until = closed_until(now, week, zone)
    at, minute = now, timedelta(minutes=1)
    while not reads_open(clock(at, zone), week):
        at += minute
    assert (until or now) == at if clock(at, zone).second == 0 else abs((until or now) - at) < minute


def reads_open(reads: datetime, week: Week) -> bool:
    """Whether any day's window, laid out on the calendar, holds what a clock reads."""
    for ago in (0, 1):
        day = (reads - timedelta(days=ago)).replace(hour=0, minute=0, second=0, microsecond=0)
        window = week[day.weekday()]
        if window is not None:
            lasts = timedelta(minutes=(window.end - window.start) % (24 * 60) or 24 * 60)
            opens = day + timedelta(minutes=window.start)
            if opens <= reads < opens + lasts:
                return True
    return False
