"""Moments of a story as people say them: ``Fri 22:40``, ``2026-11-27 22:40``, ``next day 10:00``, ``3 hours``."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from care.domain.timing import instant_of
from care.rulebook.clocktimes import calendar_day, minute_of_day, weekday
from care.rulebook.durations import fixed
from care.rulebook.findings import PhraseError, quoted

MORNING = 10 * 60
BUYS_EXAMPLE = "write for example Fri 22:40, 2026-11-27 22:40 or tomorrow 09:00"
LATER_EXAMPLE = "write for example 3 hours, next day 10:00 or same day 20:00"

_T = TypeVar("_T")
Later = Callable[[datetime, ZoneInfo], datetime]

_DAYS = {"today": 0, "tomorrow": 1}
_LATER_DAYS = {"same day": 0, "next day": 1}
_DIGITS = re.compile(r"\d")
_LATER = re.compile(r"(same day|next day)(?:\s+(?:at\s+)?(\S+))?", re.IGNORECASE)


def local_moment(text: str, now: datetime) -> datetime:
    """A moment on the customer's clock, naive; without a time of day it is ten in the morning.

    Args:
        text: A day of the week (the next one), a date, ``today`` or ``tomorrow``, a time of day, or both.
        now: What the customer's clock shows now, naive.

    Raises:
        PhraseError: J012 when it is none.
    """
    words = [word for word in text.replace(",", " ").split() if word.lower() != "at"]
    if not words or len(words) > 2:
        raise PhraseError("J012", f"{quoted(text)} is not a moment", BUYS_EXAMPLE)
    if len(words) == 1 and ":" in words[0]:
        words = ["today", *words]
    minute = _minute(words[1]) if len(words) == 2 else MORNING
    return datetime.combine(_day(words[0], now, minute), time(minute // 60, minute % 60))


def _day(word: str, now: datetime, minute: int) -> date:
    if word.lower() in _DAYS:
        return now.date() + timedelta(_DAYS[word.lower()])
    if _DIGITS.search(word):
        return _said(calendar_day, word)
    ahead = (_said(weekday, word) - now.weekday()) % 7
    gone = ahead == 0 and now.hour * 60 + now.minute > minute
    return now.date() + timedelta(7 if gone else ahead)


def _minute(word: str) -> int:
    return _said(minute_of_day, word)


def _said(parse: Callable[[str], _T], word: str) -> _T:
    """What a part of a moment says; a refusal without a hint shows how a whole one is written."""
    try:
        return parse(word)
    except PhraseError as error:
        raise PhraseError(error.code, error.message, error.hint or BUYS_EXAMPLE) from error


def later(text: str) -> Later:
    """When somebody answers: so long after being asked, or at a time of the same or the next day.

    Returns:
        A function from the instant of asking and the customer's zone to the instant of the answer (UTC), which is
        never before the asking.

    Raises:
        PhraseError: J012 when it is none.
    """
    day = _LATER.fullmatch(" ".join(text.split()))
    if day is None:
        return _after(text)
    days, minute = _LATER_DAYS[day[1].lower()], minute_of_day(day[2]) if day[2] else MORNING

    def at(asked: datetime, zone: ZoneInfo) -> datetime:
        local = asked.astimezone(zone).date() + timedelta(days)
        return max(asked, instant_of(datetime.combine(local, time(minute // 60, minute % 60)), zone))

    return at


def _after(text: str) -> Later:
    try:
        length = timedelta(seconds=fixed(text).seconds)
    except PhraseError as error:
        hint = error.hint if error.code == "J013" else LATER_EXAMPLE
        raise PhraseError(error.code, error.message, hint) from error
    return lambda asked, _: asked + length
