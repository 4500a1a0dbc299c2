"""Reads what a ``set`` step notes, and what a ``webhook`` step may fill."""

import re
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from care.domain.catalogue import Field
from care.domain.conditions import Argument
from care.domain.steps import Assignment, SetStep
from care.rulebook.clocktimes import calendar_day
from care.rulebook.draft import Draft
from care.rulebook.findings import PhraseError, Placed, quoted
from care.rulebook.forms import Entries, line_of
from care.rulebook.messages import Head
from care.rulebook.names import Known
from care.rulebook.phrases import read_value
from care.rulebook.reader import Listing, Pair, Section, Text
from care.rulebook.spelling import did_you_mean

JOURNEY_SPACE = "journey."
_CUSTOMER = "customer."
_CHANGE = re.compile(r"(add|remove)\s+(.+)")


def read_set(head: Head, entries: Entries, draft: Draft) -> SetStep:
    """A ``set`` step."""
    pairs = entries.sections("set")
    if not pairs and isinstance(entries.pairs["set"].value, Section):
        draft.findings.add("J012", entries.key("set"), "this step sets nothing", "write {field: value}")
    found = [each for pair in pairs for each in _assigned(pair, draft)]
    return SetStep(head.id, head.line, tuple(found), head.only_if)


def journey_field(name: str, at: Placed, draft: Draft) -> Field | None:
    """A ``journey.*`` field by name, or ``None`` when there is none (which is told) or it could not be read."""
    known = draft.known
    if not known.has("fields", name):
        hint = (
            did_you_mean(name, _names(known, JOURNEY_SPACE)) or f"add '{name}: {{type: …}}' to the catalogue's fields"
        )
        draft.findings.add("J010", at, f"unknown field {quoted(name)}", hint)
        return None
    if not name.startswith(JOURNEY_SPACE):
        draft.findings.add("J012", at, f"{quoted(name)} cannot be set by a journey", "only journey.* fields can")
        return None
    return known.field(name)


def _assigned(pair: Pair, draft: Draft) -> list[Assignment]:
    """What one line sets; a list of the customer's may be changed several times."""
    name = pair.key.value
    field = draft.known.field(name)
    if field is not None and field.type == "list" and name.startswith(_CUSTOMER):
        return _changes(pair, draft)
    if field is not None and not name.startswith(JOURNEY_SPACE):
        hint = f"a journey sets {JOURNEY_SPACE}* fields, and adds to or removes from lists of the customer's"
        draft.findings.add("J012", pair.key, f"{quoted(name)} cannot be set by a journey", hint)
        return []
    field = _settable(pair.key, draft)
    text = line_of(pair.value, name, draft.findings) if field is not None else None
    if field is None or text is None:
        return []
    value = draft.findings.take(text, _value, text.value, field, draft.known)
    return [] if value is None else [Assignment(name, "is", value, pair.key.line)]


def _settable(key: Text, draft: Draft) -> Field | None:
    known = draft.known
    if not known.has("fields", key.value):
        lists = [field.name for field in known.catalogue.fields.values() if field.type == "list"]
        names = [*_names(known, JOURNEY_SPACE), *(name for name in lists if name.startswith(_CUSTOMER))]
        hint = did_you_mean(key.value, names) or f"add '{key.value}: {{type: …}}' to the catalogue's fields"
        draft.findings.add("J010", key, f"unknown field {quoted(key.value)}", hint)
    return known.field(key.value)


def _names(known: Known, space: str) -> list[str]:
    return [name for name in known.names("fields") if name.startswith(space)]


def _value(text: str, field: Field, known: Known) -> Argument:
    """A value of a journey field; a date is its first moment on the company's clock, as ISO 8601 in UTC."""
    if field.type != "date":
        return read_value(text, field)
    zone = ZoneInfo(known.catalogue.company.timezone)
    return datetime.combine(calendar_day(text), time(), zone).astimezone(UTC).isoformat()


def _changes(pair: Pair, draft: Draft) -> list[Assignment]:
    items = pair.value.items if isinstance(pair.value, Listing) else (pair.value,)
    found = []
    for item in items:
        text = line_of(item, pair.key.value, draft.findings)
        change = draft.findings.take(text, _change, text.value, pair.key.value) if text is not None else None
        if change is not None:
            found.append(Assignment(pair.key.value, "add" if change[0] == "add" else "remove", change[1], item.line))
    return found


def _change(text: str, name: str) -> tuple[str, str]:
    match = _CHANGE.fullmatch(text)
    if match is None:
        message = f"{quoted(text)} does not say what to do with the list {name}"
        word = text if " " not in text else "reviewer"
        raise PhraseError("J012", message, f"write 'add {word}' or 'remove {word}'")
    if "," in match[2]:
        first, _, second = match[2].partition(",")
        hint = f"write [{match[1]} {first.strip()}, {match[1]} {second.strip()}]"
        raise PhraseError("J012", f"{quoted(match[2])} is more than one word of a list", hint)
    return match[1], match[2]
