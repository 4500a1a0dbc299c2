"""Quiet hours, as a table written by hand: local clock times with their offsets."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from care.domain.catalogue import Window
from care.domain.timing import quiet_until, zone_of

OPEN = ""


def minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def window(text: str) -> Window:
    start, end = text.split("-")
    return Window(minutes(start), minutes(end))


ORDINARY_NIGHTS = [
    ("22:00-06:00", "Asia/Ho_Chi_Minh", "2026-05-05T21:59:59+07:00", OPEN),
    ("22:00-06:00", "Asia/Ho_Chi_Minh", "2026-05-05T22:00:00+07:00", "2026-05-06T06:00:00+07:00"),
    ("22:00-06:00", "Asia/Ho_Chi_Minh", "2026-05-06T00:00:00+07:00", "2026-05-06T06:00:00+07:00"),
    ("22:00-06:00", "Asia/Ho_Chi_Minh", "2026-05-06T05:59:59+07:00", "2026-05-06T06:00:00+07:00"),
    ("22:00-06:00", "Asia/Ho_Chi_Minh", "2026-05-06T06:00:00+07:00", OPEN),
    ("22:00-06:00", "Asia/Ho_Chi_Minh", "2026-12-31T23:30:00+07:00", "2027-01-01T06:00:00+07:00"),
    ("22:00-06:00", "Asia/Ho_Chi_Minh", "2028-02-28T23:00:00+07:00", "2028-02-29T06:00:00+07:00"),
    ("22:00-06:00", "Asia/Kathmandu", "2026-05-05T22:15:00+05:45", "2026-05-06T06:00:00+05:45"),
    ("22:00-06:00", "Asia/Kathmandu", "2026-05-05T21:45:00+05:45", OPEN),
    ("22:00-06:00", "Asia/Kolkata", "2026-05-05T02:00:00+05:30", "2026-05-05T06:00:00+05:30"),
    ("22:00-06:00", "Pacific/Honolulu", "2026-05-05T23:00:00-10:00", "2026-05-06T06:00:00-10:00"),
    ("22:00-06:00", "Pacific/Kiritimati", "2026-05-05T00:00:00+14:00", "2026-05-05T06:00:00+14:00"),
    ("22:00-06:00", "America/St_Johns", "2026-07-01T22:00:00-02:30", "2026-07-02T06:00:00-02:30"),
    ("22:00-06:00", "Europe/London", "2026-01-15T22:00:00+00:00", "2026-01-16T06:00:00+00:00"),
    ("21:00-08:00", "Asia/Tokyo", "2026-03-02T07:59:00+09:00", "2026-03-02T08:00:00+09:00"),
    ("21:00-08:00", "Asia/Tokyo", "2026-03-02T08:00:00+09:00", OPEN),
    ("21:00-08:00", "America/New_York", "2026-07-06T20:59:00-04:00", OPEN),
    ("21:00-08:00", "America/New_York", "2026-07-06T21:00:00-04:00", "2026-07-07T08:00:00-04:00"),
    ("21:00-08:00", "America/Los_Angeles", "2026-07-06T23:59:59-07:00", "2026-07-07T08:00:00-07:00"),
    ("21:00-08:00", "Asia/Kathmandu", "2026-07-06T21:00:00+05:45", "2026-07-07T08:00:00+05:45"),
    ("12:00-14:00", "Asia/Ho_Chi_Minh", "2026-05-05T11:59:59+07:00", OPEN),
    ("12:00-14:00", "Asia/Ho_Chi_Minh", "2026-05-05T13:00:00+07:00", "2026-05-05T14:00:00+07:00"),
    ("12:00-14:00", "Asia/Ho_Chi_Minh", "2026-05-05T14:00:00+07:00", OPEN),
    ("20:00-24:00", "Asia/Ho_Chi_Minh", "2026-05-05T23:59:59+07:00", "2026-05-06T00:00:00+07:00"),
    ("00:00-06:00", "Asia/Ho_Chi_Minh", "2026-05-05T00:00:00+07:00", "2026-05-05T06:00:00+07:00"),
    ("09:00-09:00", "Asia/Ho_Chi_Minh", "2026-05-05T09:00:00+07:00", OPEN),
]

NIGHTS_WITH_A_CLOCK_CHANGE = [
    ("22:00-06:00", "America/New_York", "2026-03-07T22:00:00-05:00", "2026-03-08T06:00:00-04:00"),
    ("22:00-06:00", "America/New_York", "2026-10-31T23:00:00-04:00", "2026-11-01T06:00:00-05:00"),
    ("22:00-06:00", "America/New_York", "2026-11-01T01:30:00-05:00", "2026-11-01T06:00:00-05:00"),
    ("21:00-08:00", "America/New_York", "2026-03-07T21:00:00-05:00", "2026-03-08T08:00:00-04:00"),
    ("22:00-06:00", "Europe/Berlin", "2026-03-28T23:00:00+01:00", "2026-03-29T06:00:00+02:00"),
    ("22:00-06:00", "Europe/Berlin", "2026-10-24T23:00:00+02:00", "2026-10-25T06:00:00+01:00"),
    ("21:00-08:00", "Europe/Berlin", "2026-10-25T02:30:00+02:00", "2026-10-25T08:00:00+01:00"),
    ("21:00-08:00", "Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25T08:00:00+01:00"),
    ("22:00-06:00", "Australia/Sydney", "2026-04-04T22:00:00+11:00", "2026-04-05T06:00:00+10:00"),
    ("22:00-06:00", "Australia/Sydney", "2026-10-03T22:30:00+10:00", "2026-10-04T06:00:00+11:00"),
    ("22:00-06:00", "Australia/Lord_Howe", "2026-04-04T22:00:00+11:00", "2026-04-05T06:00:00+10:30"),
    ("21:00-08:00", "Australia/Lord_Howe", "2026-10-03T22:00:00+10:30", "2026-10-04T08:00:00+11:00"),
    ("22:00-06:00", "Pacific/Apia", "2012-03-31T22:00:00+14:00", "2012-04-01T06:00:00+13:00"),
]

APIA_SKIPS_A_DAY = [
    ("22:00-06:00", "Pacific/Apia", "2011-12-29T21:59:00-10:00", OPEN),
    ("22:00-06:00", "Pacific/Apia", "2011-12-29T22:30:00-10:00", "2011-12-31T06:00:00+14:00"),
    ("22:00-06:00", "Pacific/Apia", "2011-12-31T00:00:00+14:00", "2011-12-31T06:00:00+14:00"),
    ("12:00-24:00", "Pacific/Apia", "2011-12-29T13:00:00-10:00", "2011-12-31T00:00:00+14:00"),
]

THE_END_IS_IN_A_GAP = [
    ("22:00-02:30", "America/New_York", "2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00"),
    ("22:00-02:30", "Europe/Berlin", "2026-03-29T01:59:00+01:00", "2026-03-29T03:00:00+02:00"),
    ("22:00-02:15", "Australia/Lord_Howe", "2026-10-04T01:00:00+10:30", "2026-10-04T02:30:00+11:00"),
    ("21:00-02:15", "Australia/Sydney", "2026-10-04T00:00:00+10:00", "2026-10-04T03:00:00+11:00"),
    ("22:00-00:30", "Africa/Cairo", "2026-04-23T23:00:00+02:00", "2026-04-24T01:00:00+03:00"),
    ("22:00-00:30", "America/Santiago", "2026-09-05T23:00:00-04:00", "2026-09-06T01:00:00-03:00"),
]

THE_START_IS_IN_A_GAP = [
    ("02:30-05:00", "America/New_York", "2026-03-08T01:59:59-05:00", OPEN),
    ("02:30-05:00", "America/New_York", "2026-03-08T03:00:00-04:00", "2026-03-08T05:00:00-04:00"),
    ("02:15-02:45", "America/New_York", "2026-03-08T03:00:00-04:00", OPEN),
]

AN_HOUR_COMES_TWICE = [
    ("22:00-01:30", "America/New_York", "2026-11-01T00:30:00-04:00", "2026-11-01T01:30:00-04:00"),
    ("22:00-01:30", "America/New_York", "2026-11-01T01:15:00-04:00", "2026-11-01T01:30:00-04:00"),
    ("22:00-01:30", "America/New_York", "2026-11-01T01:30:00-04:00", OPEN),
    ("22:00-01:30", "America/New_York", "2026-11-01T01:15:00-05:00", "2026-11-01T01:30:00-05:00"),
    ("22:00-01:30", "America/New_York", "2026-11-01T01:45:00-05:00", OPEN),
    ("22:00-01:45", "Australia/Lord_Howe", "2026-04-05T01:40:00+11:00", "2026-04-05T01:45:00+11:00"),
    ("22:00-01:45", "Australia/Lord_Howe", "2026-04-05T01:35:00+10:30", "2026-04-05T01:45:00+10:30"),
    ("23:30-07:00", "America/Santiago", "2026-04-04T23:45:00-03:00", "2026-04-05T07:00:00-04:00"),
    ("23:30-07:00", "America/Santiago", "2026-04-04T23:10:00-04:00", OPEN),
]


@pytest.mark.parametrize(
    ("hours", "zone", "now", "until"),
    ORDINARY_NIGHTS
    + NIGHTS_WITH_A_CLOCK_CHANGE
    + APIA_SKIPS_A_DAY
    + THE_END_IS_IN_A_GAP
    + THE_START_IS_IN_A_GAP
    + AN_HOUR_COMES_TWICE,
)
def test_a_message_waits_until_the_quiet_hours_end(hours: str, zone: str, now: str, until: str) -> None:
    expected = datetime.fromisoformat(until) if until else None
    assert quiet_until(datetime.fromisoformat(now), window(hours), ZoneInfo(zone)) == expected


def test_without_quiet_hours_sending_is_always_allowed() -> None:
    assert quiet_until(datetime.fromisoformat("2026-05-05T03:00:00+07:00"), None, ZoneInfo("Asia/Tokyo")) is None


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "America", "/etc/passwd"])
def test_a_zone_nobody_knows_falls_back_to_the_companys(name: str) -> None:
    assert zone_of(name, "Asia/Ho_Chi_Minh").key == "Asia/Ho_Chi_Minh"


def test_a_known_zone_is_taken() -> None:
    assert zone_of("Pacific/Chatham", "Asia/Ho_Chi_Minh").key == "Pacific/Chatham"
