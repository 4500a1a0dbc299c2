"""Lengths of time with a fixed length: ``3 days``, ``4 business hours``."""

import re

from care.domain.catalogue import DAY, Window
from care.domain.moments import Duration
from care.rulebook.findings import PhraseError, quoted
from care.rulebook.spelling import nearest

_SECONDS = {"minute": 60, "hour": 3_600, "day": DAY, "week": 7 * DAY}
_UNFIXED = {"month": 30, "quarter": 90, "year": 365}
_FOREIGN = {
    "phút": "minutes",
    "giờ": "hours",
    "tiếng": "hours",
    "ngày": "days",
    "tuần": "weeks",
    "tháng": "months",
    "năm": "years",
    "min": "minutes",
    "mins": "minutes",
    "h": "hours",
    "hr": "hours",
    "hrs": "hours",
    "d": "days",
    "w": "weeks",
}
_WORDY = re.compile(r"(?:(\d+)\s*)?(business\s+|working\s+|work)?([^\W\d_]+)", re.IGNORECASE)
_LONGEST = 3_650 * DAY
_EXAMPLE = "write a number and a unit: 30 minutes, 2 hours, 3 days, 1 week, 4 business hours"

Hours = tuple[Window | None, ...]


def fixed(text: str) -> Duration:
    """A length that passes at every hour of every day.

    Raises:
        PhraseError: J012 when it is none, J013 when it has no fixed length.
    """
    count, unit, business = _parts(text)
    if business:
        raise PhraseError("J012", f"business time cannot be counted here: {quoted(text)}", "write plain hours or days")
    return _counted(text, count, unit, _SECONDS[unit], "")


def length(text: str, hours: Hours) -> Duration:
    """A length, in business time where it says so; a business day is as long as the longest day of ``hours``.

    Raises:
        PhraseError: As ``fixed``; J010 for business time where the company has no business hours.
    """
    count, unit, business = _parts(text)
    if not business:
        return _counted(text, count, unit, _SECONDS[unit], "")
    if not any(hours):
        raise no_business_hours()
    if unit == "week":
        raise PhraseError("J012", "business weeks cannot be counted", "write business days")
    longest = max(((window.end - window.start) % 1440 or 1440) * 60 for window in hours if window is not None)
    return _counted(text, count, unit, longest if unit == "day" else _SECONDS[unit], "business ")


def no_business_hours() -> PhraseError:
    """The refusal of business time where the company has none."""
    hint = "add business_hours to 'company:' in catalog.yaml"
    return PhraseError("J010", "the catalogue has no business hours", hint)


def _parts(text: str) -> tuple[int, str, bool]:
    """Count, unit and whether it is business time."""
    match = _WORDY.fullmatch(text)
    if match is None:
        raise PhraseError("J012", f"{quoted(text)} is not a length of time", _EXAMPLE)
    digits, kind, word = match[1], (match[2] or "").strip().lower(), match[3].lower()
    count, unit = int((digits or "1")[:9]), word.removesuffix("s")
    if unit in _UNFIXED:
        raise _unfixed(text, count, unit)
    if unit not in _SECONDS:
        raise _no_unit(text, count, word)
    if digits is None or kind not in ("", "business"):
        hint = f"write {count} {'business ' if kind else ''}{word}"
        raise PhraseError("J012", f"{quoted(text)} is not a length of time", hint)
    return count, unit, bool(kind)


def _counted(text: str, count: int, unit: str, each: int, kind: str) -> Duration:
    if count == 0:
        raise PhraseError("J012", f"{quoted(text)} is no time at all", "write at least 1 minute, or leave it out")
    if count * each > _LONGEST:
        raise PhraseError("J012", f"{quoted(text)} is longer than 10 years", "write a shorter time")
    return Duration(count * each, bool(kind), f"{count} {kind}{unit}{'' if count == 1 else 's'}")


def _unfixed(text: str, count: int, unit: str) -> PhraseError:
    days = _UNFIXED[unit] * count
    return PhraseError("J013", f"{quoted(text)} has no fixed length", f"write {days} days")


def _no_unit(text: str, count: int, word: str) -> PhraseError:
    known = _FOREIGN.get(word) or nearest(word, [f"{unit}s" for unit in (*_SECONDS, *_UNFIXED)])
    if known.removesuffix("s") in _UNFIXED:
        return _unfixed(text, count, known.removesuffix("s"))
    if word in ("second", "seconds"):
        hint = "the shortest time is 1 minute"
    else:
        hint = f"did you mean '{count} {known}'?" if known else _EXAMPLE
    return PhraseError("J012", f"{quoted(text)} is not a length of time", hint)
