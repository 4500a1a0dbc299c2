"""Times of day, days of the week, dates and zones as people write them."""

import re
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from care.domain.catalogue import DAY, Cap, Window
from care.rulebook.durations import fixed
from care.rulebook.findings import PhraseError, quoted
from care.rulebook.spelling import nearest

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_HALF_DAY = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(am|pm|h)(\d{2})?", re.IGNORECASE)
_STRETCH = re.compile(r"(\S+)\s*(?:to|-|–)\s*(\S+)")
_HOURS = re.compile(r"([^\W\d_]+)(?:\s+to\s+([^\W\d_]+))?\s+(\d\S*)\s+to\s+(\d\S*)", re.IGNORECASE)
_CAP = re.compile(r"(\d{1,4})\s+messages?\s+in\s+(.+)", re.IGNORECASE)
_SURVEY_CAP = re.compile(r"(\d{1,4})\s+surveys?\s+in\s+(.+)", re.IGNORECASE)
_UNITS = (("day", DAY), ("hour", 3_600), ("minute", 60))
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_OTHER_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


def minute_of_day(text: str) -> int:
    """A time of day in minutes since midnight.

    Raises:
        PhraseError: J012 when it is none.
    """
    match = _TIME.fullmatch(text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise PhraseError("J012", f"{quoted(text)} is not a time of day", _time_hint(text))
    return int(match[1]) * 60 + int(match[2])


def weekday(text: str) -> int:
    """A day of the week, Monday being 0; three letters are enough.

    Raises:
        PhraseError: J012 when it is none.
    """
    for number, name in enumerate(WEEKDAYS):
        if text.lower() in (name.lower(), name[:3].lower()):
            return number
    near = nearest(text, WEEKDAYS)
    hint = f"did you mean '{near}'?" if near else "write Monday, Tuesday, … or Mon, Tue, …"
    raise PhraseError("J012", f"{quoted(text)} is not a day of the week", hint)


def stretch(text: str) -> Window:
    """A stretch of the day, for example ``21:00 to 08:00``.

    Raises:
        PhraseError: J012 when it is none.
    """
    match = _STRETCH.fullmatch(text)
    if match is None:
        raise PhraseError("J012", f"{quoted(text)} is not a stretch of the day", "write for example 21:00 to 08:00")
    window = Window(minute_of_day(match[1]), minute_of_day(match[2]))
    if window.start == window.end:
        raise PhraseError("J012", f"{quoted(text)} ends when it begins", "leave it out, or write two different times")
    return window


def week(text: str) -> tuple[Window | None, ...]:
    """Business hours, Monday first: ``Mon to Fri 08:00 to 17:30, Sat 08:00 to 12:00``.

    Raises:
        PhraseError: J012 when they cannot be read, or name a day twice.
    """
    days: list[Window | None] = [None] * 7
    for part in text.split(","):
        match = _HOURS.fullmatch(part.strip())
        if match is None:
            hint = "write for example Mon to Sat 08:00 to 17:30"
            raise PhraseError("J012", f"{quoted(part)} are not business hours", hint)
        first = weekday(match[1])
        last = weekday(match[2]) if match[2] else first
        window = stretch(f"{match[3]} to {match[4]}")
        for day in range(first, first + (last - first) % 7 + 1):
            if days[day % 7] is not None:
                raise PhraseError("J012", f"{WEEKDAYS[day % 7]} has two stretches of business hours", "keep one")
            days[day % 7] = window
    return tuple(days)


def cap(text: str) -> Cap:
    """A limit on messages: ``3 messages in 7 days``.

    Raises:
        PhraseError: J012 when it is none.
    """
    return _limit(text, _CAP.fullmatch(text), "messages", "3 messages in 7 days")


def survey_cap(text: str) -> Cap:
    """A limit on surveys: ``1 survey in 30 days``.

    Raises:
        PhraseError: J012 when it is none.
    """
    return _limit(text, _SURVEY_CAP.fullmatch(text), "surveys", "1 survey in 30 days")


def _limit(text: str, match: re.Match[str] | None, what: str, example: str) -> Cap:
    if match is None or int(match[1]) == 0:
        raise PhraseError("J012", f"{quoted(text)} is not a limit on {what}", f"write for example {example}")
    return Cap(int(match[1]), fixed(match[2]).seconds)


def stretch_words(window: Window) -> str:
    """A stretch of the day as people write it."""
    return f"{_clock(window.start)} to {_clock(window.end)}"


def cap_words(limit: Cap) -> str:
    """A limit on messages as people write it."""
    unit, seconds = next((unit, size) for unit, size in _UNITS if limit.seconds % size == 0)
    count = limit.seconds // seconds
    messages, units = "" if limit.count == 1 else "s", "" if count == 1 else "s"
    return f"{limit.count} message{messages} in {count} {unit}{units}"


def calendar_day(text: str) -> date:
    """A date, year first.

    Raises:
        PhraseError: J012 when there is no such day, or it could be read in two ways.
    """
    match = _DATE.fullmatch(text)
    other = _OTHER_DATE.fullmatch(text)
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError as error:
        raise PhraseError("J012", f"there is no day {quoted(text)}", "the calendar has no such date") from error
    hint = "write the year first: 2026-11-22"
    if other is not None and int(other[1]) < 32 and int(other[2]) < 13:
        hint = f"write the year first: {other[3]}-{int(other[2]):02}-{int(other[1]):02}"
    raise PhraseError("J012", f"{quoted(text)} is not a date", hint)


def timezone(text: str) -> str:
    """An IANA time zone's name.

    Raises:
        PhraseError: J011 when there is none of that name.
    """
    try:
        ZoneInfo(text)
    except (LookupError, ValueError, OSError) as error:
        zones = available_timezones()
        near = nearest(text, zones) or ("" if "/" in text else nearest(f"Asia/{text}", zones))
        hint = f"did you mean '{near}'?" if near else "write for example Asia/Ho_Chi_Minh"
        raise PhraseError("J011", f"{quoted(text)} is not a time zone", hint) from error
    return text


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _time_hint(text: str) -> str:
    match = _HALF_DAY.fullmatch(text)
    if match is None or int(match[1]) > 23:
        return "write hours and minutes on the 24-hour clock, for example 09:00"
    hour = int(match[1])
    if match[3].lower() != "h":
        hour = hour % 12 + (12 if match[3].lower() == "pm" else 0)
    return f"write {hour:02}:{match[2] or match[4] or '00'}"
