"""The data of a rule test: what is given of a customer, and what an event carries."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from care.domain.catalogue import Catalogue, Field
from care.domain.conditions import Fact, Value
from care.domain.consents import STATED
from care.domain.journey import Plan
from care.domain.metrics import score_field
from care.rulebook.clocktimes import calendar_day, minute_of_day
from care.rulebook.findings import Findings, PhraseError, quoted
from care.rulebook.forms import line_of
from care.rulebook.names import Known
from care.rulebook.phrases import read_value
from care.rulebook.reader import Listing, Node, Pair
from care.rulebook.sides import customer_on, saves_of, splits_of
from care.rulebook.spelling import did_you_mean
from care.rulebook.vocabulary import CHANNELS, PURPOSES, SURVEYS

_LOCALE = Field("customer.locale", "text")
_CHANNEL = Field("channel", "choice", choices=CHANNELS)
_PURPOSE = Field("purpose", "choice", choices=PURPOSES)
_PROOF = tuple(Field(name, "text") for name in STATED)
_CONSENT = re.compile(r"consent\.(\w+)\.(\w+)")
_SPLIT = "split."
_WEBHOOK = "webhook."
_DAY = re.compile(r"day\s+(-?\d{1,4})(?:\s+(?:at\s+)?(\S+))?", re.IGNORECASE)
_PAYLOADS: Mapping[str, tuple[Field, ...]] = {
    **dict.fromkeys(("consent.given", "consent.withdrawn", "consent.requested"), (_CHANNEL, _PURPOSE, *_PROOF)),
    **dict.fromkeys(("topic.muted", "topic.wanted"), (Field("topic", "text"),)),
    "ticket.opened": (Field("queue", "text"), Field("about", "text")),
    "ticket.closed": (Field("note", "text"),),
    "message.bounced": (_CHANNEL, Field("permanent", "yes/no"), Field("reason", "text")),
    "message.complained": (_CHANNEL,),
    "offer.redeemed": (Field("code", "text"),),
}


@dataclass(frozen=True)
class Story:
    """What the values of one test are read against."""

    starts: datetime
    zone: str
    known: Known
    findings: Findings
    plan: Plan | None = None


@dataclass
class Given:
    """What a test gives of its customer.

    Attributes:
        sides: Of splits, by the split's name; ``holdout`` is one, too.
        replies: What an endpoint answers, by its name: the place in the answer and the value there.
    """

    facts: dict[str, Value] = field(default_factory=dict)
    consents: dict[tuple[str, str], bool] = field(default_factory=dict)
    reach: tuple[str, ...] = CHANNELS
    sides: dict[str, str] = field(default_factory=dict)
    replies: dict[str, dict[str, Fact]] = field(default_factory=dict)


def read_given(pairs: tuple[Pair, ...], story: Story) -> Given:
    """The facts, consents and addresses a test gives."""
    given = Given()
    for pair in pairs:
        name = pair.key.value
        if name == "reach":
            given.reach = _channels(pair.value, story)
        elif name.startswith("consent."):
            _read_consent(pair, given, story)
        elif name.startswith(_SPLIT):
            _read_side(pair, given, story)
        elif name.startswith(_WEBHOOK):
            _read_reply(pair, given, story)
        elif name.startswith("journey.") and story.known.has("fields", name):
            hint = f"give what an endpoint answers ({_WEBHOOK}crm.tier: gold), or let the journey come to it"
            story.findings.add("J010", pair.key, f"{quoted(name)} is not known when a customer enters", hint)
        else:
            known = _LOCALE if name == _LOCALE.name else _field(pair, story)
            value = _value(pair.value, known, story) if known is not None else None
            if value is not None:
                given.facts[name] = value
    return given


def read_payload(event: str, pairs: tuple[Pair, ...], story: Story) -> tuple[dict[str, Value], dict[str, Value]]:
    """What an event carries by bare name, and the fields it changes by full name."""
    payload = _payload(event, story.known)
    data: dict[str, Value] = {}
    facts: dict[str, Value] = {}
    for pair in pairs:
        name = pair.key.value
        known = payload.get(name) or story.known.field(name)
        if known is None and not (story.known.has("fields", name) and "." in name):
            hint = did_you_mean(name, {*payload, *story.known.catalogue.fields})
            story.findings.add("J010", pair.key, f"unknown field {quoted(name)} of {event}", hint)
        value = _value(pair.value, known, story) if known is not None else None
        if value is not None and known is not None:
            space, _, bare = known.name.rpartition(".")
            if name in payload or space in ("event", event.partition(".")[0]):
                data[bare] = value
            else:
                facts[name] = value
    return data, facts


def payload_names(catalogue: Catalogue) -> set[str]:
    """Every name by which some event of the catalogue may carry a value."""
    known = Known(catalogue)
    return {name for event in catalogue.events for name in _payload(event, known)}


def _payload(event: str, known: Known) -> dict[str, Field]:
    """What an event may carry, as it is written in a test."""
    kind, _, happened = event.partition(".")
    fields = {each.name: each for each in _PAYLOADS.get(event, ())}
    if happened == "answered" and kind in SURVEYS:
        fields |= {"score": score_field(known.catalogue.fields, kind), "comment": Field("comment", "text")}
    for space in ("order", "event") if kind in ("order", "service_visit") else ("event",):
        for name, each in known.catalogue.fields.items():
            if name.startswith(f"{space}."):
                fields.setdefault(name.partition(".")[2], each)
    return fields


def _channels(node: Node, story: Story) -> tuple[str, ...]:
    items = node.items if isinstance(node, Listing) else (node,)
    texts = [line_of(item, "reach", story.findings) for item in items]
    read = [story.findings.take(text, read_value, text.value, _CHANNEL) for text in texts if text is not None]
    return tuple(str(channel) for channel in read if channel is not None)


def _read_consent(pair: Pair, given: Given, story: Story) -> None:
    match = _CONSENT.fullmatch(pair.key.value)
    if match is None or match[1] not in CHANNELS or match[2] not in PURPOSES:
        names = [f"consent.{channel}.{purpose}" for channel in CHANNELS for purpose in PURPOSES]
        hint = did_you_mean(pair.key.value, names)
        story.findings.add("J010", pair.key, f"unknown consent {quoted(pair.key.value)}", hint)
        return
    value = _value(pair.value, Field(pair.key.value, "yes/no"), story)
    if isinstance(value, bool):
        given.consents[match[1], match[2]] = value


def _read_side(pair: Pair, given: Given, story: Story) -> None:
    """The side of a split that the test's customer is on."""
    text = line_of(pair.value, pair.key.value, story.findings)
    if text is None or story.plan is None:
        return
    name = pair.key.value.removeprefix(_SPLIT)
    at = text if any(split.name == name for split in splits_of(story.plan)) else pair.key
    if story.findings.take(at, customer_on, {name: text.value}, story.plan) is not None:
        given.sides[name] = text.value


def _read_reply(pair: Pair, given: Given, story: Story) -> None:
    """One value of what an endpoint answers, typed by the journey field that keeps it."""
    if story.plan is None:
        return
    name = pair.key.value.removeprefix(_WEBHOOK)
    kept = dict(saves_of(story.plan))
    if name not in kept:
        hint = did_you_mean(name, kept) or f"{story.plan.journey} keeps nothing of a webhook's answer"
        story.findings.add("J010", pair.key, f"no webhook keeps {quoted(name)} of an answer", hint)
        return
    field_ = story.known.field(kept[name])
    value = _value(pair.value, field_, story) if field_ is not None else None
    endpoint, _, place = name.partition(".")
    if isinstance(value, datetime):
        value = value.isoformat()
    if value is not None and not isinstance(value, tuple):
        given.replies.setdefault(endpoint, {})[place] = value


def _field(pair: Pair, story: Story) -> Field | None:
    name = pair.key.value
    if not story.known.has("fields", name):
        hint = did_you_mean(name, {*story.known.names("fields"), "reach", _LOCALE.name})
        hint = hint or "the catalogue lists the fields under 'fields:'"
        story.findings.add("J010", pair.key, f"unknown field {quoted(name)}", hint)
    return story.known.field(name)


def _value(node: Node, known: Field, story: Story) -> Value | None:
    if known.type == "list":
        items = node.items if isinstance(node, Listing) else (node,)
        texts = [line_of(item, known.name, story.findings) for item in items]
        return tuple(text.value for text in texts if text is not None)
    text = line_of(node, known.name, story.findings)
    if text is None:
        return None
    if known.type == "date":
        return story.findings.take(text, _instant, text.value, story)
    return story.findings.take(text, read_value, text.value, known)


def _instant(text: str, story: Story) -> datetime:
    """A date of the story in UTC: ``2026-03-09 14:00`` or ``day 7 14:00``; without a time, the start of that day."""
    counted = _DAY.fullmatch(text)
    written, _, clock = text.partition(" ")
    try:
        if counted is not None:
            day, clock = story.starts.date() + timedelta(days=int(counted[1])), counted[2] or ""
        else:
            day = calendar_day(written)
        minute = minute_of_day(clock) if clock else 0
        return datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(story.zone)).astimezone(UTC)
    except OverflowError as error:
        raise PhraseError("J012", f"{quoted(text)} is too far away", "write a date of these centuries") from error
