"""Reads waits: a fixed length, or a moment on the customer's own clock."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from care.domain.moments import For, Until, UntilBusiness, UntilDay, UntilMoment, UntilWeekday
from care.rulebook.clocktimes import minute_of_day, weekday
from care.rulebook.durations import fixed, length, no_business_hours
from care.rulebook.findings import PhraseError, quoted
from care.rulebook.names import Known
from care.rulebook.spelling import did_you_mean

_LAST_DAY = 3_650


@dataclass(frozen=True, slots=True)
class WaitForm:
    """One way to say how long to wait; every group of ``pattern`` is handed to ``read``."""

    words: str
    pattern: re.Pattern[str]
    read: Callable[["Match", Known], Until]
    meaning: str
    example: str


Match = tuple[str | None, ...]
_TURNED = re.compile(r"^(\d+)\s+days?(?=\s+(?:at\b|\d))", re.IGNORECASE)
_AT = r"(?:\s+at\s+(\S+)|\s+(\d{1,2}:\d{2}))?"


def read_wait(text: str, known: Known) -> Until:
    """What a wait waits for.

    Raises:
        PhraseError: J010, J012 or J013, when that cannot be said so.
    """
    for form in WAITS:
        match = form.pattern.fullmatch(text)
        if match is not None:
            return form.read(match.groups(), known)
    if not text.lower().startswith("until"):
        return _length(text, known)
    hint = "write for example: " + " · ".join(form.example for form in WAITS)
    raise PhraseError("J012", f"{quoted(text)} is not a moment to wait for", hint)


def _length(text: str, known: Known) -> For:
    """A fixed length; a moment that lacks the word ``until`` is recognised."""
    try:
        return For(length(text, known.hours))
    except PhraseError as error:
        meant = "until " + _TURNED.sub(r"day \1", text)
        try:
            read_wait(meant, known)
        except PhraseError:
            raise error from None
        raise PhraseError(error.code, error.message, f"did you mean '{meant}'?") from error


def _time(spoken: str | None, bare: str | None) -> int | None:
    text = spoken if spoken is not None else bare
    return None if text is None else minute_of_day(text)


def _day(match: Match, known: Known) -> UntilDay:
    number, spoken, bare = match
    day = int((number or "0")[:9])
    if day > _LAST_DAY:
        raise PhraseError("J012", f"day {day} is more than 10 years away", "write an earlier day")
    return UntilDay(day, _time(spoken, bare))


def _weekday(match: Match, known: Known) -> UntilWeekday:
    name, spoken, bare = match
    day = weekday(name or "")
    at = _time(spoken, bare)
    if at is None:
        raise PhraseError("J012", f"until {name} needs a time of day", f"write until {name} at 09:00")
    return UntilWeekday(day, at)


def _business(match: Match, known: Known) -> UntilBusiness:
    if not any(known.hours):
        raise no_business_hours()
    return UntilBusiness()


def _moment(match: Match, known: Known) -> UntilMoment:
    span, side, name, spoken, bare = match
    offset = fixed(span).seconds if span is not None else 0
    _refuse_unless_date(name or "", known)
    return UntilMoment(name or "", -offset if side == "before" else offset, _time(spoken, bare))


def _refuse_unless_date(name: str, known: Known) -> None:
    field = known.field(name)
    dates = [field.name for field in known.catalogue.fields.values() if field.type == "date"]
    if field is None and not known.has("fields", name):
        raise PhraseError("J010", f"unknown field {quoted(name)}", did_you_mean(name, dates))
    if field is not None and field.type != "date":
        hint = f"the date fields are: {', '.join(dates)}" if dates else "the catalogue has no date fields"
        raise PhraseError("J012", f"{quoted(name)} is a {field.type} field, not a moment", hint)
    if name.startswith("event."):
        message = f"{quoted(name)} is known only while its event is at hand"
        raise PhraseError("J010", message, "wait until a field of the order, the customer or the appointment")


def _form(words: str, pattern: str, read: Callable[[Match, Known], Until], meaning: str, example: str) -> WaitForm:
    return WaitForm(words, re.compile(pattern + _AT, re.IGNORECASE), read, meaning, example)


WAITS: tuple[WaitForm, ...] = (
    _form(
        "until day <number> at <time>",
        r"until\s+day\s+(\d+)",
        _day,
        "The calendar day after entry (the day of entry is day 0); without a time, the clock time of entry.",
        "until day 7 at 09:00",
    ),
    WaitForm(
        "until business hours",
        re.compile(r"until\s+business\s+hours", re.IGNORECASE),
        _business,
        "Until the company is open; at once when it is.",
        "until business hours",
    ),
    _form(
        "until <time> before <date field> at <time>",
        r"until\s+(?:(.+?)\s+(before|after)\s+)?([^\W\d]\w*\.\w+)",
        _moment,
        "Before or after a date the shop knows; with a time of day, on that calendar day.",
        "until 1 day before appointment.at at 09:00",
    ),
    _form(
        "until <weekday> at <time>",
        r"until\s+([^\W\d_]+)",
        _weekday,
        "The next such day at that time.",
        "until Monday at 09:00",
    ),
)
