"""Holidays in business time: a table written by hand, and what holds of every calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from care.domain.catalogue import Calendar, Company, Window
from care.domain.moments import Duration, UntilBusiness
from care.domain.timing import after, business_open, wait_end
from tests.unit.test_timing_properties import ZONES, clock, minutes, weeks

HOUR = 3600
MICROSECOND = timedelta(microseconds=1)


def dates(first: str, count: int = 1) -> frozenset[date]:
    """So many days from a date on."""
    return frozenset(date.fromisoformat(first) + timedelta(number) for number in range(count))


WEEKDAYS = (*(Window(8 * 60, 17 * 60),) * 5, Window(8 * 60, 12 * 60), None)
# Friday 5 February 2027 to Thursday the 11th: the days around the lunar new year.
TET = Calendar(WEEKDAYS, dates("2027-02-05", 7))
NATIONAL_DAY = Calendar(WEEKDAYS, dates("2030-09-02"))
LONG_REPAIR = Calendar(WEEKDAYS, dates("2027-01-04", 365))
BAR = Calendar((None, *(Window(18 * 60, 2 * 60),) * 5, None), dates("2026-05-07"))
ROUND_THE_CLOCK = Calendar((Window(9 * 60, 9 * 60),) * 7, dates("2026-05-07", 2))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("calendar", "zone", "now", "opens"),
    [
        (TET, "Asia/Ho_Chi_Minh", "2027-02-04T16:59+07:00", "2027-02-04T16:59+07:00"),
        (TET, "Asia/Ho_Chi_Minh", "2027-02-04T17:00+07:00", "2027-02-12T08:00+07:00"),
        (TET, "Asia/Ho_Chi_Minh", "2027-02-05T10:00+07:00", "2027-02-12T08:00+07:00"),
        (TET, "Asia/Ho_Chi_Minh", "2027-02-11T23:59+07:00", "2027-02-12T08:00+07:00"),
        (TET, "Asia/Ho_Chi_Minh", "2027-02-12T09:30+07:00", "2027-02-12T09:30+07:00"),
        (TET, "America/New_York", "2027-02-05T03:00+07:00", "2027-02-04T15:00-05:00"),
        (TET, "America/New_York", "2027-02-05T08:00+07:00", "2027-02-12T08:00-05:00"),
        (TET, "Pacific/Kiritimati", "2027-02-04T11:00+07:00", "2027-02-12T08:00+14:00"),
        (NATIONAL_DAY, "Asia/Ho_Chi_Minh", "2030-08-31T12:00+07:00", "2030-09-03T08:00+07:00"),
        (NATIONAL_DAY, "Asia/Ho_Chi_Minh", "2030-09-02T09:00+07:00", "2030-09-03T08:00+07:00"),
        (LONG_REPAIR, "Asia/Ho_Chi_Minh", "2027-01-03T12:00+07:00", "2028-01-04T08:00+07:00"),
        (BAR, "Asia/Ho_Chi_Minh", "2026-05-06T23:59+07:00", "2026-05-06T23:59+07:00"),
        (BAR, "Asia/Ho_Chi_Minh", "2026-05-07T00:00+07:00", "2026-05-08T18:00+07:00"),
        (BAR, "Asia/Ho_Chi_Minh", "2026-05-08T01:00+07:00", "2026-05-08T18:00+07:00"),
        (ROUND_THE_CLOCK, "Asia/Ho_Chi_Minh", "2026-05-06T23:59+07:00", "2026-05-06T23:59+07:00"),
        (ROUND_THE_CLOCK, "Asia/Ho_Chi_Minh", "2026-05-07T00:00+07:00", "2026-05-09T09:00+07:00"),
    ],
)
def test_on_a_holiday_of_the_local_calendar_nobody_is_there(
    calendar: Calendar, zone: str, now: str, opens: str
) -> None:
    assert business_open(moment(now), calendar, ZoneInfo(zone)) == moment(opens)


@pytest.mark.parametrize(
    ("hours", "calendar", "now", "ends"),
    [
        (2, TET, "2027-02-04T16:00+07:00", "2027-02-12T09:00+07:00"),
        (1, TET, "2027-02-04T16:00+07:00", "2027-02-04T17:00+07:00"),
        (9 + 4 + 1, TET, "2027-02-05T00:00+07:00", "2027-02-15T09:00+07:00"),
        (24, NATIONAL_DAY, "2030-08-30T08:00+07:00", "2030-09-04T10:00+07:00"),
        (9, LONG_REPAIR, "2027-01-02T12:00+07:00", "2028-01-04T17:00+07:00"),
        (7, BAR, "2026-05-06T18:00+07:00", "2026-05-08T19:00+07:00"),
        (24, ROUND_THE_CLOCK, "2026-05-06T09:00+07:00", "2026-05-09T18:00+07:00"),
    ],
)
def test_business_time_stands_still_on_holidays(hours: int, calendar: Calendar, now: str, ends: str) -> None:
    done = after(Duration(hours * HOUR, business=True), moment(now), calendar, ZoneInfo("Asia/Ho_Chi_Minh"))
    assert done == moment(ends)


def test_time_that_is_not_business_time_takes_no_notice_of_holidays() -> None:
    now = moment("2027-02-05T10:00+07:00")
    assert after(Duration(24 * HOUR), now, TET, ZoneInfo("Asia/Ho_Chi_Minh")) == moment("2027-02-06T10:00+07:00")


def test_a_business_without_hours_is_open_on_holidays_too() -> None:
    now = moment("2027-02-05T10:00+07:00")
    always = Calendar((None,) * 7, TET.holidays)
    assert business_open(now, always, ZoneInfo("Asia/Ho_Chi_Minh")) == now


def test_the_companys_calendar_is_its_business_hours_with_its_holidays() -> None:
    company = Company(business_hours=WEEKDAYS, holidays=tuple(sorted(TET.holidays)))
    zone, now = ZoneInfo("Asia/Ho_Chi_Minh"), moment("2027-02-05T10:00+07:00")
    ends = wait_end(UntilBusiness(), entered_at=now, now=now, zone=zone, calendar=company.calendar, anchor=None)
    assert ends == moment("2027-02-12T08:00+07:00")
    assert company.calendar is company.calendar


@st.composite
def lives(draw: st.DrawFn) -> tuple[datetime, Calendar, ZoneInfo]:
    """An instant, a week with holidays in the days around it, and a zone.

    No zone has changed its clocks at one minute past midnight since 2012: until then a day could begin twice.
    """
    now = draw(st.datetimes(datetime.fromisoformat("2012-01-01"), datetime.fromisoformat("2040-01-01")))
    days = draw(st.lists(st.tuples(st.integers(-3, 12), st.integers(1, 9)), max_size=3))
    holidays = frozenset(now.date() + timedelta(first + number) for first, count in days for number in range(count))
    return now.replace(tzinfo=UTC), Calendar(draw(weeks), holidays), ZoneInfo(draw(st.sampled_from(ZONES)))


def is_open(instant: datetime, calendar: Calendar, zone: ZoneInfo) -> bool:
    """Whether clocks in the zone read business hours."""
    reads = clock(instant, zone)
    if reads.date() in calendar.holidays:
        return False
    today, yesterday = reads.date(), reads.date() - timedelta(1)
    return _covers(calendar, today, reads) or _covers(calendar, yesterday, reads)


def _covers(calendar: Calendar, day: date, reads: datetime) -> bool:
    window = calendar.week[day.weekday()]
    if window is None or day in calendar.holidays:
        return False
    midnight = datetime.combine(day, datetime.min.time())
    closes = midnight + timedelta(minutes=window.end, days=0 if window.end > window.start else 1)
    return midnight + timedelta(minutes=window.start) <= reads < closes


def is_ordinary(instant: datetime, zone: ZoneInfo) -> bool:
    """Whether no clock change is near."""
    return len({(instant + timedelta(days)).astimezone(zone).utcoffset() for days in (-1, 0, 1)}) == 1


@settings(deadline=None, max_examples=300)
@given(lives())
def test_the_next_opening_is_open_and_never_on_a_holiday(life: tuple[datetime, Calendar, ZoneInfo]) -> None:
    now, calendar, zone = life
    opens = business_open(now, calendar, zone)
    assert now <= opens <= now + timedelta(9 + 7 * len(calendar.holidays))
    assert clock(opens, zone).date() not in calendar.holidays
    assert business_open(opens, calendar, zone) == opens
    assume(is_ordinary(opens, zone))
    assert is_open(opens, calendar, zone)
    if opens > now:
        assert not is_open(opens - MICROSECOND, calendar, zone)


@settings(deadline=None, max_examples=300)
@given(lives(), st.integers(1, 200_000))
def test_business_time_ends_inside_business_hours_or_as_they_close(
    life: tuple[datetime, Calendar, ZoneInfo], seconds: int
) -> None:
    start, calendar, zone = life
    last = after(Duration(seconds, business=True), start, calendar, zone) - MICROSECOND
    assert clock(last, zone).date() not in calendar.holidays
    assume(is_ordinary(last, zone))
    assert is_open(last, calendar, zone)


@settings(deadline=None, max_examples=300)
@given(lives(), st.integers(1, 200_000), st.integers(0, 100_000), minutes)
def test_starting_later_or_taking_longer_never_ends_earlier(
    life: tuple[datetime, Calendar, ZoneInfo], seconds: int, more: int, minute: int
) -> None:
    start, calendar, zone = life
    ends = after(Duration(seconds, business=True), start, calendar, zone)
    longer = after(Duration(seconds + more, business=True), start, calendar, zone)
    later = after(Duration(seconds, business=True), start + timedelta(minutes=minute), calendar, zone)
    assert start + timedelta(seconds=seconds) <= ends <= min(longer, later)
    without = after(Duration(seconds, business=True), start, Calendar(calendar.week), zone)
    assert without <= ends
