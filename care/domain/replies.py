"""Replies: the journey values that an endpoint's JSON answer gives, typed by the catalogue."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from pydantic import JsonValue

from care.domain.catalogue import Catalogue, Field, FieldType
from care.domain.conditions import Fact
from care.domain.errors import CareError
from care.domain.values import MisfitError, typed

SPACE = "journey."

_NOWHERE = object()
# What a person reads of a value that does not fit; the value itself is the endpoint's and is never told.
_MISFITS: Mapping[FieldType, str] = {
    "choice": "is not one of its choices",
    "number": "is not a number it may be",
    "percent": "is not a share from 0 to 1 it may be",
    "yes/no": "is neither true nor false",
    "date": "is not a date and time with an offset",
}


class UnreadableReply(CareError):
    """The answer is not JSON."""


class Reply(NamedTuple):
    """What an answer gives.

    Attributes:
        values: By journey field; dates as ISO 8601 in UTC.
        left_out: Of every value that was not taken, which field it was for and why, in words without the value.
    """

    values: Mapping[str, Fact]
    left_out: tuple[str, ...]


def read_reply(body: bytes, save: Mapping[str, str], catalogue: Catalogue) -> Reply:
    """The values of an answer; an unknown one (``null``) stays unknown.

    Args:
        save: Journey field to the dotted place of its value in the answer.

    Raises:
        UnreadableReply: When the body is not JSON.
    """
    answer = _parsed(body)
    values, left_out = dict[str, Fact](), list[str]()
    for field, place in save.items():
        found = _at(answer, place)
        known = catalogue.fields.get(field)
        if found is None:
            continue
        if found is _NOWHERE:
            left_out.append(f"{field}: the answer has no {place!r}")
        elif known is None or known.type not in _MISFITS or not field.startswith(SPACE):
            left_out.append(f"{field} cannot keep a value of an answer")
        else:
            _take(values, left_out, known, found, place)
    return Reply(values, tuple(left_out))


def _take(values: dict[str, Fact], left_out: list[str], field: Field, found: Any, place: str) -> None:
    try:
        value = typed(field, found)
    except MisfitError:
        left_out.append(f"{field.name}: what the answer has at {place!r} {_MISFITS[field.type]}")
        return
    assert not isinstance(value, tuple)
    values[field.name] = value.isoformat() if isinstance(value, datetime) else value


def _parsed(body: bytes) -> JsonValue:
    try:
        answer: JsonValue = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UnreadableReply("the answer is not JSON") from error
    return answer


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _at(answer: JsonValue, place: str) -> Any:
    """What stands at a place: names of objects and numbers of list items (from 0), with dots between."""
    found: Any = answer
    for name in place.split("."):
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isascii() and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None if found is None else _NOWHERE
    return found
