"""Values typed by the published catalogue: checked where they enter, never coerced."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import JsonValue

from care.domain.catalogue import Catalogue, Field
from care.domain.conditions import Value, said
from care.domain.errors import CareError

LONGEST_TEXT = 4_000
MOST_ITEMS = 100
LARGEST = 10**15
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$")
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class MisfitError(CareError):
    """A value that is refused where it enters; ``hint`` says what to write instead."""

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.hint = hint


def fields_of(catalogue: Catalogue, owner: str) -> Mapping[str, Field]:
    """The catalogue's fields of one owner by bare name: ``order.total`` of ``order`` is ``total``."""
    start = f"{owner}."
    return {
        name.removeprefix(start): _resolved(catalogue, field)
        for name, field in catalogue.fields.items()
        if name.startswith(start)
    }


def _resolved(catalogue: Catalogue, field: Field) -> Field:
    mirrored = catalogue.fields.get(field.same_as) if field.same_as else None
    return replace(mirrored, name=field.name) if mirrored else field


def moment(value: JsonValue) -> datetime:
    """An instant written as RFC 3339 with its offset, in UTC.

    Raises:
        MisfitError: When it is not one.
    """
    hint = "write it like 2026-03-02T10:00:00+07:00"
    if not isinstance(value, str) or not _MOMENT.match(value):
        raise MisfitError(f"{_shown(value)} is not a date and time with an offset", hint)
    try:
        instant = datetime.fromisoformat(value.upper().replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise MisfitError(f"{_shown(value)} is not in the calendar", hint) from None
    if not _EARLIEST <= instant <= _LATEST:
        raise MisfitError(f"{_shown(value)} is too far away to be meant", hint)
    return instant


def typed(field: Field, value: JsonValue) -> Value:
    """The value as it is stored, checked against the field's type and range.

    Raises:
        MisfitError: When it does not fit.
    """
    match field.type:
        case "choice":
            return _choice(field, value)
        case "number":
            return _number(field, value)
        case "percent":
            return _share(field, value)
        case "date":
            return moment(value)
        case "list":
            return _words(value)
        case "yes/no":
            return _truth(value)
        case "text":
            return _text(value)


def _choice(field: Field, value: JsonValue) -> str:
    if isinstance(value, str) and value in field.choices:
        return value
    raise MisfitError(
        f"{_shown(value)} is not one of the choices of {field.name}", f"write one of {', '.join(field.choices)}"
    )


def _number(field: Field, value: JsonValue) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        hint = "write it without quotes" if isinstance(value, str) else "write a plain number"
        raise MisfitError(f"{_shown(value)} is not a number", hint)
    low, high = _bounds(field)
    if not low <= value <= high:
        raise MisfitError(f"{said(value)} is out of range", f"{field.name} goes from {said(low)} to {said(high)}")
    if field.whole and value != int(value):
        raise MisfitError(f"{said(value)} is not a whole number", "round it before sending")
    return int(value) if field.whole else value


def _bounds(field: Field) -> tuple[float, float]:
    low = -LARGEST if field.low is None else field.low
    high = LARGEST if field.high is None else field.high
    return low, high


def _share(field: Field, value: JsonValue) -> float:
    hint = "write a share from 0 to 1: 0.2 for 20%"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MisfitError(f"{_shown(value)} is not a share", hint)
    low, high = field.low or 0, 1 if field.high is None else field.high
    if not low <= value <= high:
        raise MisfitError(f"{said(value)} is out of range", hint)
    return float(value)


def _words(value: JsonValue) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and 0 < len(item) <= 100 for item in value):
        raise MisfitError(f"{_shown(value)} is not a list of words", 'write it like ["loyal", "newsletter"]')
    if len(value) > MOST_ITEMS:
        raise MisfitError(f"{len(value)} words are too many", f"send at most {MOST_ITEMS}")
    return tuple(dict.fromkeys(str(item) for item in value))


def _truth(value: JsonValue) -> bool:
    if isinstance(value, bool):
        return value
    raise MisfitError(f"{_shown(value)} is neither yes nor no", "write true or false, without quotes")


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise MisfitError(f"{_shown(value)} is not text", "put it in quotes")
    if len(value) > LONGEST_TEXT:
        raise MisfitError(f"{len(value):,} characters are too many", f"send at most {LONGEST_TEXT:,}")
    return value


def _shown(value: JsonValue) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
