"""Waits, as tables written by hand: local clock times with their offsets."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from care.domain.catalogue import DAY, Calendar, Window
from care.domain.moments import Duration, For, Until, UntilBusiness, UntilDay, UntilMoment, UntilWeekday
from care.domain.timing import after, business_open, instant_of, wait_end

MONDAY, FRIDAY, SUNDAY = 0, 4, 6
HOUR = 3600
NINE = 9 * 60

OFFICE = Calendar((*(Window(8 * 60, 17 * 60),) * 5, Window(8 * 60, 12 * 60), None))
BAR = Calendar((None, *(Window(18 * 60, 2 * 60),) * 5, None))
ROUND_THE_CLOCK = Calendar((Window(0, 24 * 60),) * 7)
NO_HOURS = Calendar((None,) * 7)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def waited(until: Until, zone: str, entered: str, now: str = "", anchor: str = "") -> datetime | None:
    return wait_end(
        until,
        entered_at=moment(entered),
        now=moment(now or entered),
        zone=ZoneInfo(zone),
        calendar=OFFICE,
        anchor=moment(anchor) if anchor else None,
    )


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("Asia/Ho_Chi_Minh", "2026-05-05T09:00", "2026-05-05T09:00+07:00"),
        ("Asia/Kathmandu", "2026-05-05T09:00", "2026-05-05T09:00+05:45"),
        ("America/New_York", "2026-03-08T02:00", "2026-03-08T03:00-04:00"),
        ("America/New_York", "2026-03-08T02:59:59.5", "2026-03-08T03:00-04:00"),
        ("America/New_York", "2026-03-08T03:00", "2026-03-08T03:00-04:00"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T01:30-04:00"),
        ("America/New_York", "2026-11-01T02:00", "2026-11-01T02:00-05:00"),
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T03:00+02:00"),
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T02:30+02:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-04T02:30+11:00"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-05T01:45+11:00"),
        ("Australia/Sydney", "2026-10-04T02:01", "2026-10-04T03:00+11:00"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-31T00:00+14:00"),
        ("Pacific/Chatham", "2026-09-27T03:00", "2026-09-27T03:45+13:45"),
    ],
)
def test_a_local_time_that_is_skipped_or_comes_twice_has_one_instant(zone: str, local: str, instant: str) -> None:
    assert instant_of(datetime.fromisoformat(local), ZoneInfo(zone)) == moment(instant)


def test_the_second_pass_of_a_local_time_is_never_meant() -> None:
    local = datetime.fromisoformat("2026-11-01T01:30").replace(fold=1)
    assert instant_of(local, ZoneInfo("America/New_York")) == moment("2026-11-01T01:30-04:00")


@pytest.mark.parametrize(
    ("day", "at", "zone", "entered", "ends"),
    [
        (7, NINE, "Asia/Ho_Chi_Minh", "2026-05-05T14:20+07:00", "2026-05-12T09:00+07:00"),
        (0, NINE, "Asia/Ho_Chi_Minh", "2026-05-05T14:20+07:00", "2026-05-05T09:00+07:00"),
        (7, None, "Asia/Ho_Chi_Minh", "2026-05-05T14:20:31+07:00", "2026-05-12T14:20:31+07:00"),
        (1, NINE, "Asia/Tokyo", "2026-05-05T00:30+09:00", "2026-05-06T09:00+09:00"),
        (1, NINE, "Pacific/Kiritimati", "2026-05-05T23:59+14:00", "2026-05-06T09:00+14:00"),
        (30, NINE, "Asia/Kathmandu", "2026-01-31T12:00+05:45", "2026-03-02T09:00+05:45"),
        (7, NINE, "America/New_York", "2026-03-05T20:00-05:00", "2026-03-12T09:00-04:00"),
        (7, None, "America/New_York", "2026-03-05T20:00-05:00", "2026-03-12T20:00-04:00"),
        (7, None, "America/New_York", "2026-10-29T20:00-04:00", "2026-11-05T20:00-05:00"),
        (1, 2 * 60 + 30, "America/New_York", "2026-03-07T12:00-05:00", "2026-03-08T03:00-04:00"),
        (1, 60 + 30, "America/New_York", "2026-10-31T12:00-04:00", "2026-11-01T01:30-04:00"),
        (1, None, "Europe/Berlin", "2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00"),
        (90, NINE, "Europe/Berlin", "2026-01-15T10:00+01:00", "2026-04-15T09:00+02:00"),
        (1, NINE, "Pacific/Apia", "2011-12-29T12:00-10:00", "2011-12-31T00:00+14:00"),
        (2, NINE, "Pacific/Apia", "2011-12-29T12:00-10:00", "2011-12-31T09:00+14:00"),
    ],
)
def test_until_day_counts_local_calendar_days_from_entry(
    day: int, at: int | None, zone: str, entered: str, ends: str
) -> None:
    assert waited(UntilDay(day, at), zone, entered) == moment(ends)


@pytest.mark.parametrize(
    ("weekday", "at", "zone", "now", "ends"),
    [
        (MONDAY, 8 * 60, "Asia/Tokyo", "2026-03-04T12:00+09:00", "2026-03-09T08:00+09:00"),
        (MONDAY, 8 * 60, "Asia/Tokyo", "2026-03-09T07:59+09:00", "2026-03-09T08:00+09:00"),
        (MONDAY, 8 * 60, "Asia/Tokyo", "2026-03-09T08:00+09:00", "2026-03-09T08:00+09:00"),
        (MONDAY, 8 * 60, "Asia/Tokyo", "2026-03-09T08:01+09:00", "2026-03-16T08:00+09:00"),
        (MONDAY, 8 * 60, "Asia/Tokyo", "2026-03-08T23:30+00:00", "2026-03-16T08:00+09:00"),
        (MONDAY, 21 * 60, "America/New_York", "2026-03-06T12:00-05:00", "2026-03-09T21:00-04:00"),
        (MONDAY, 21 * 60, "America/New_York", "2026-10-30T12:00-04:00", "2026-11-02T21:00-05:00"),
        (MONDAY, 21 * 60, "America/New_York", "2026-03-02T21:30-05:00", "2026-03-09T21:00-04:00"),
        (SUNDAY, 2 * 60 + 30, "America/New_York", "2026-03-07T12:00-05:00", "2026-03-08T03:00-04:00"),
        (SUNDAY, 60 + 30, "America/New_York", "2026-11-01T00:00-04:00", "2026-11-01T01:30-04:00"),
        (FRIDAY, NINE, "Asia/Kathmandu", "2026-05-05T12:00+05:45", "2026-05-08T09:00+05:45"),
        (FRIDAY, NINE, "Pacific/Apia", "2011-12-29T12:00-10:00", "2011-12-31T00:00+14:00"),
    ],
)
def test_until_weekday_is_the_next_such_local_time(weekday: int, at: int, zone: str, now: str, ends: str) -> None:
    assert waited(UntilWeekday(weekday, at), zone, "2026-01-01T00:00+00:00", now) == moment(ends)


@pytest.mark.parametrize(
    ("offset", "at", "zone", "anchor", "ends"),
    [
        (-DAY, NINE, "Asia/Ho_Chi_Minh", "2026-05-08T14:00+07:00", "2026-05-07T09:00+07:00"),
        (-DAY, NINE, "Asia/Ho_Chi_Minh", "2026-05-08T00:10+07:00", "2026-05-07T09:00+07:00"),
        (-DAY, NINE, "America/New_York", "2026-03-09T00:30-04:00", "2026-03-08T09:00-04:00"),
        (-DAY, NINE, "America/New_York", "2026-11-02T23:30-05:00", "2026-11-01T09:00-05:00"),
        (-DAY, None, "America/New_York", "2026-03-08T12:00-04:00", "2026-03-07T11:00-05:00"),
        (-2 * HOUR, None, "Asia/Kathmandu", "2026-05-08T14:00+05:45", "2026-05-08T12:00+05:45"),
        (3 * DAY, NINE, "Europe/Berlin", "2026-03-27T23:30+01:00", "2026-03-30T09:00+02:00"),
        (-3 * HOUR, NINE, "Asia/Ho_Chi_Minh", "2026-05-08T02:00+07:00", "2026-05-07T09:00+07:00"),
        (0, NINE, "Asia/Tokyo", "2026-05-07T20:00+00:00", "2026-05-08T09:00+09:00"),
        (DAY, 0, "Pacific/Apia", "2011-12-29T12:00-10:00", "2011-12-31T00:00+14:00"),
    ],
)
def test_a_date_is_the_anchor_of_a_wait(offset: int, at: int | None, zone: str, anchor: str, ends: str) -> None:
    until = UntilMoment("appointment.at", offset, at)
    assert waited(until, zone, "2026-01-01T00:00+00:00", anchor=anchor) == moment(ends)


def test_a_wait_for_a_date_that_is_not_known_has_no_end() -> None:
    assert waited(UntilMoment("appointment.at", -DAY, NINE), "Asia/Tokyo", "2026-01-01T00:00+00:00") is None


@pytest.mark.parametrize(
    ("seconds", "business", "zone", "now", "ends"),
    [
        (3 * DAY, False, "America/New_York", "2026-03-06T20:00-05:00", "2026-03-09T21:00-04:00"),
        (90, False, "Asia/Ho_Chi_Minh", "2026-05-05T23:59+07:00", "2026-05-06T00:00:30+07:00"),
        (8 * HOUR, True, "Asia/Ho_Chi_Minh", "2026-05-05T09:00+07:00", "2026-05-05T17:00+07:00"),
        (9 * HOUR, True, "Asia/Ho_Chi_Minh", "2026-05-05T09:00+07:00", "2026-05-06T09:00+07:00"),
        (HOUR, True, "Asia/Ho_Chi_Minh", "2026-05-05T19:00+07:00", "2026-05-06T09:00+07:00"),
        (2 * HOUR, True, "Asia/Ho_Chi_Minh", "2026-05-08T16:30+07:00", "2026-05-09T09:30+07:00"),
        (2 * HOUR, True, "Asia/Ho_Chi_Minh", "2026-05-09T11:00+07:00", "2026-05-11T09:00+07:00"),
        (24 * HOUR, True, "Asia/Ho_Chi_Minh", "2026-05-09T13:00+07:00", "2026-05-13T14:00+07:00"),
        (24 * HOUR, True, "America/New_York", "2026-03-06T16:00-05:00", "2026-03-11T09:00-04:00"),
    ],
)
def test_a_length_of_time_is_exact_or_counts_business_hours(
    seconds: int, business: bool, zone: str, now: str, ends: str
) -> None:
    assert waited(For(Duration(seconds, business)), zone, "2026-01-01T00:00+00:00", now) == moment(ends)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-05-05T08:00+07:00", "2026-05-05T08:00+07:00"),
        ("2026-05-05T16:59:59+07:00", "2026-05-05T16:59:59+07:00"),
        ("2026-05-05T17:00+07:00", "2026-05-06T08:00+07:00"),
        ("2026-05-05T07:00+07:00", "2026-05-05T08:00+07:00"),
        ("2026-05-08T18:00+07:00", "2026-05-09T08:00+07:00"),
        ("2026-05-09T12:00+07:00", "2026-05-11T08:00+07:00"),
        ("2026-05-10T09:00+07:00", "2026-05-11T08:00+07:00"),
    ],
)
def test_until_business_hours_waits_for_the_next_opening(now: str, opens: str) -> None:
    assert waited(UntilBusiness(), "Asia/Ho_Chi_Minh", "2026-01-01T00:00+00:00", now) == moment(opens)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-05-06T01:59+07:00", "2026-05-06T01:59+07:00"),
        ("2026-05-06T02:00+07:00", "2026-05-06T18:00+07:00"),
        ("2026-05-09T01:00+07:00", "2026-05-09T01:00+07:00"),
        ("2026-05-10T03:00+07:00", "2026-05-12T18:00+07:00"),
        ("2026-05-05T01:00+07:00", "2026-05-05T18:00+07:00"),
    ],
)
def test_business_hours_may_run_over_midnight(now: str, opens: str) -> None:
    assert business_open(moment(now), BAR, ZoneInfo("Asia/Ho_Chi_Minh")) == moment(opens)


def test_business_hours_lose_the_hour_a_clock_change_skips() -> None:
    starts = moment("2026-03-08T00:00-05:00")
    done = after(Duration(23 * HOUR, business=True), starts, ROUND_THE_CLOCK, ZoneInfo("America/New_York"))
    assert done == moment("2026-03-09T00:00-04:00")


def test_a_business_without_hours_is_always_open() -> None:
    now = moment("2026-05-05T03:00+07:00")
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    assert business_open(now, NO_HOURS, zone) == now
    assert after(Duration(HOUR, business=True), now, NO_HOURS, zone) == moment("2026-05-05T04:00+07:00")


def test_openings_that_overlap_count_once() -> None:
    calendar = Calendar((Window(20 * 60, 9 * 60), Window(8 * 60, 17 * 60), None, None, None, None, None))
    monday_evening = moment("2026-05-04T20:00+07:00")
    done = after(Duration(14 * HOUR, business=True), monday_evening, calendar, ZoneInfo("Asia/Ho_Chi_Minh"))
    assert done == moment("2026-05-05T10:00+07:00")
