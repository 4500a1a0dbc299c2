"""Reads the steps that reach a customer: send, survey and offer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from care.domain.conditions import Condition
from care.domain.moments import Duration
from care.domain.steps import OfferStep, Send, Survey, SurveyKind
from care.rulebook.draft import Draft
from care.rulebook.durations import fixed, length
from care.rulebook.findings import PhraseError, quoted
from care.rulebook.forms import Entries
from care.rulebook.inventory import BY_VERB, OFFER_ENDS, check_values
from care.rulebook.names import simple_name
from care.rulebook.reader import Text
from care.rulebook.spelling import did_you_mean, meant
from care.rulebook.tables import NOBODY
from care.rulebook.vocabulary import CHANNELS, SURVEYS

_THEN = re.compile(r"\s+then\s+", re.IGNORECASE)
_AFTER = re.compile(r"after\s+(.+)", re.IGNORECASE)
_NO_LENGTH = Duration(0)


@dataclass(frozen=True)
class Head:
    """What every step has: its verb, the word after it, its id and when it is skipped."""

    verb: str
    name: Text
    id: str
    line: int
    only_if: Condition | None


def read_send(head: Head, entries: Entries, draft: Draft) -> Send:
    """A ``send`` step."""
    templates = draft.named(head.name, "template", "templates", nobody=True)
    by, values, expires = _carried(head, entries, draft, templates, _columns(draft, head.name))
    return Send(head.id, head.line, head.name.value, by, values, expires, head.only_if)


def read_survey(head: Head, entries: Entries, draft: Draft) -> Survey:
    """A ``survey`` step."""
    kind = head.name.value
    if kind in SURVEYS:
        draft.known.check("events", "event", f"{kind}.answered", head.name, draft.findings)
    else:
        message = f"{quoted(kind)} is not one of the surveys ({', '.join(SURVEYS)})"
        draft.findings.add("J011", head.name, message, meant(kind, SURVEYS))
    ask = entries.text("ask")
    templates = draft.named(ask, "template", "templates", nobody=True) if ask is not None else ()
    columns = _columns(draft, ask) if ask is not None else ()
    by, values, expires = _carried(head, entries, draft, templates, columns)
    return Survey(
        head.id,
        head.line,
        cast(SurveyKind, kind),
        ask.value if ask is not None else "",
        by,
        duration(entries, "up_to", draft) or _NO_LENGTH,
        _remind(entries, draft),
        values,
        expires,
        head.only_if,
    )


def read_offer(head: Head, entries: Entries, draft: Draft) -> OfferStep:
    """An ``offer`` step."""
    offers = draft.named(head.name, "offer", "offers", nobody=True)
    known = draft.known.catalogue.offers
    templates = tuple(replace(offer, value=known[offer.value].template) for offer in offers if offer.value in known)
    by, values, expires = _carried(head, entries, draft, templates, _columns(draft, head.name))
    valid = entries.text("valid_for")
    valid_for = draft.findings.take(valid, fixed, valid.value) if valid is not None else None
    return OfferStep(head.id, head.line, head.name.value, by, valid_for, values, expires, head.only_if)


def duration(entries: Entries, name: str, draft: Draft) -> Duration | None:
    """A setting that is a length of time, business time included."""
    text = entries.text(name)
    return None if text is None else draft.findings.take(text, length, text.value, draft.known.hours)


def after_phrase(text: str) -> str:
    """The length of time in ``after 30 days``.

    Raises:
        PhraseError: J012 when it does not begin with ``after``.
    """
    match = _AFTER.fullmatch(text)
    if match is None:
        raise PhraseError("J012", f"{quoted(text)} does not say after what time", "write for example: after 2 days")
    return match[1]


def _remind(entries: Entries, draft: Draft) -> Duration | None:
    text = entries.text("remind")
    span = draft.findings.take(text, after_phrase, text.value) if text is not None else None
    return None if text is None or span is None else draft.findings.take(text, length, span, draft.known.hours)


def _columns(draft: Draft, name: Text) -> tuple[str, ...]:
    """The words a table hands to the template, when one chooses the message."""
    table = draft.tables.get(name.value)
    return tuple(table.columns) if table is not None else ()


def _carried(
    head: Head, entries: Entries, draft: Draft, templates: tuple[Text, ...], columns: tuple[str, ...]
) -> tuple[tuple[str, ...], Mapping[str, str], Duration | None]:
    """What every message has: its channels in order, words for the template, and when it comes too late."""
    names = [*_channels(entries, "by"), *_channels(entries, "fallback")]
    for number, name in enumerate(names):
        if any(name.value == other.value for other in names[:number]):
            draft.findings.add("J002", name, f"channel {quoted(name.value)} is named twice", "keep one of the two")
    values = _values(entries, draft)
    given = {*values, *columns, *BY_VERB.get(head.verb, ()), *(OFFER_ENDS if "valid_for" in entries else ())}
    for name in names:
        for channel in draft.cells(name, "channel"):
            if channel.value != NOBODY or channel is name:
                _check_channel(channel, templates, given, draft)
    return tuple(name.value for name in names), values, duration(entries, "expires", draft)


def _channels(entries: Entries, name: str) -> tuple[Text, ...]:
    """Channels one after the other: a name, ``zalo then sms``, or a list."""
    return tuple(Text(word, text.line, text.column) for text in entries.texts(name) for word in _THEN.split(text.value))


def _check_channel(channel: Text, templates: tuple[Text, ...], given: set[str], draft: Draft) -> None:
    catalogue, findings = draft.known.catalogue, draft.findings
    known = [(text, catalogue.templates[text.value]) for text in templates if text.value in catalogue.templates]
    lacking = {template.name: template for _, template in known if channel.value not in template.channels}
    for template in lacking.values():
        has = ", ".join(template.channels)
        message = f"template {quoted(template.name)} has no {channel.value} version (it has: {has})"
        findings.add("J014", channel, message, meant(channel.value, _spellings(channel, draft)))
    if not known and channel.value not in CHANNELS:
        hint = did_you_mean(channel.value, (*CHANNELS, *draft.tables_with("channel")))
        findings.add("J014", channel, f"unknown channel {quoted(channel.value)}", hint)
    if draft.inventory is not None and channel.value in CHANNELS:
        for text, template in known:
            if template.name not in lacking:
                message_ = (channel.value, template.name)
                check_values(draft.inventory, draft.known, message_, given, text, findings)


def _spellings(channel: Text, draft: Draft) -> tuple[str, ...]:
    """What a channel may have been meant to be; nothing when it is one."""
    return () if channel.value in CHANNELS else (*CHANNELS, *draft.tables_with("channel"))


def _values(entries: Entries, draft: Draft) -> Mapping[str, str]:
    values = {}
    for pair in entries.sections("with"):
        draft.findings.take(pair.key, simple_name, pair.key.value)
        if isinstance(pair.value, Text) and not pair.value.unread:
            if "{{" in pair.value.value:
                hint = "write {{ … }} in the template itself; it knows every field"
                draft.findings.add("J012", pair.value, "the words of 'with' are shown as they stand", hint)
            values[pair.key.value] = " ".join(pair.value.value.split())
        elif not isinstance(pair.value, Text):
            draft.findings.add("J012", pair.value, f"{quoted(pair.key.value)} takes one text", "")
    return values
