"""Reads catalog.yaml: as much of it as can be read, so that journeys are still checked against what is there."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

from care.domain.catalogue import Catalogue, Company, Endpoint, Field, Offer, OncePer, Purpose, Queue, Template, Topic
from care.domain.prices import Price, PriceError, price_of
from care.rulebook.catalogue_words import CATALOGUE, ENDPOINT, OFFER, QUEUE, TEMPLATE, TOPIC
from care.rulebook.company import e_mail_address, language, read_company, taken
from care.rulebook.endpoints import address
from care.rulebook.fields import is_mirror, read_field, read_mirror
from care.rulebook.findings import Findings, PhraseError, Placed, quoted
from care.rulebook.forms import Entries, fill, line_of, loosely
from care.rulebook.names import Known, dotted_name, simple_name
from care.rulebook.reader import Listing, Node, Pair, Section, Text
from care.rulebook.spelling import meant
from care.rulebook.vocabulary import CHANNELS, PURPOSES

_T = TypeVar("_T")
_PLACEHOLDER = re.compile(r"[{}]")
_REQUIRED = frozenset(setting.name for setting in CATALOGUE.settings if setting.required)
_EMPTY = Catalogue(Company(), {}, (), {}, {}, {})


@dataclass
class CatalogueDraft:
    """A catalogue as far as it could be read.

    Attributes:
        written: Where each channel of each template stands.
        locale: Where the company's language stands, if it does.
    """

    known: Known = field(default_factory=lambda: Known(_EMPTY, unsure=frozenset(CATALOGUE.names)))
    written: dict[tuple[str, str], Placed] = field(default_factory=dict)
    locale: Placed | None = None


def read_catalogue(root: Node, findings: Findings) -> CatalogueDraft:
    """The catalogue of a file, with what is wrong in it noted."""
    entries = fill(root, CATALOGUE, findings)
    return CatalogueDraft() if entries is None else _Reading(entries, findings).all()


class _Reading:
    """One pass over the catalogue, section by section; names that are written but broken are kept as blurred."""

    def __init__(self, entries: Entries, findings: Findings) -> None:
        self._entries = entries
        self._findings = findings
        self._blurred: dict[str, set[str]] = {}
        self._written: dict[tuple[str, str], Placed] = {}
        stray = any(name not in CATALOGUE.names for name in entries.pairs)
        self._unsure = {name for name in CATALOGUE.names if name not in entries and (stray or name in _REQUIRED)}

    def all(self) -> CatalogueDraft:
        """Every section, in the order they speak of each other."""
        company, locale = self._company()
        topics = Catalogue(company, {}, (), {}, {}, {}, topics=self._named("topics", self._topic))
        templates = self._named("templates", lambda pair: self._template(pair, self._known(topics)))
        catalogue = replace(
            topics, fields=self._fields(), events=self._events(), templates=templates, queues=self._queues()
        )
        offers = self._named("offers", lambda pair: self._offer(pair, self._known(catalogue)))
        endpoints = self._named("endpoints", self._endpoint)
        catalogue = replace(catalogue, offers=offers, prices=self._prices(), endpoints=endpoints)
        return CatalogueDraft(self._known(catalogue), self._written, locale)

    def _known(self, catalogue: Catalogue) -> Known:
        blurred = {section: frozenset(names) for section, names in self._blurred.items()}
        return Known(catalogue, blurred, frozenset(self._unsure))

    def _named(self, section: str, read: Callable[[Pair], _T | None]) -> dict[str, _T]:
        """The things of a section by name."""
        if section in self._entries and not isinstance(self._entries.pairs[section].value, Section | Listing):
            self._unsure.add(section)
        return self._each(section, self._entries.sections(section), read)

    def _each(self, section: str, pairs: tuple[Pair, ...], read: Callable[[Pair], _T | None]) -> dict[str, _T]:
        found: dict[str, _T] = {}
        for pair in pairs:
            before = len(self._findings.problems)
            thing = read(pair)
            if thing is None or len(self._findings.problems) > before:
                self._blurred.setdefault(section, set()).add(pair.key.value)
            else:
                found[pair.key.value] = thing
        return found

    def _company(self) -> tuple[Company, Placed | None]:
        before = len(self._findings.problems)
        node = self._entries.node("company")
        company = read_company(node, self._findings) if node is not None else None
        if company is None or len(self._findings.problems) > before:
            self._unsure.add("company")
        pairs = node.pairs if isinstance(node, Section) else ()
        return company or Company(), next((pair.value for pair in pairs if pair.key.value == "locale"), None)

    def _fields(self) -> dict[str, Field]:
        if "fields" in self._entries and not isinstance(self._entries.pairs["fields"].value, Section):
            self._unsure.add("fields")
        pairs = self._entries.sections("fields")
        plain = tuple(pair for pair in pairs if not is_mirror(pair))
        fields = self._each("fields", plain, lambda pair: read_field(pair, self._findings))
        mirrors = tuple(pair for pair in pairs if is_mirror(pair) and not self._of_blurred(pair))
        for pair in pairs:
            if is_mirror(pair) and pair not in mirrors:
                self._blurred["fields"].add(pair.key.value)
        return fields | self._each("fields", mirrors, lambda pair: read_mirror(pair, fields, self._findings))

    def _of_blurred(self, pair: Pair) -> bool:
        """Whether a mirror shows a field that is broken already: nothing more needs to be said."""
        pairs = pair.value.pairs if isinstance(pair.value, Section) else ()
        shown = {inner.value.value for inner in pairs if inner.key.value == "as" and isinstance(inner.value, Text)}
        return bool(shown & self._blurred.get("fields", set()))

    def _events(self) -> tuple[str, ...]:
        texts = self._entries.texts("events")
        if "events" in self._entries and not texts:
            self._unsure.add("events")
        events: dict[str, Text] = {}
        for text in texts:
            if text.value in events:
                first = events[text.value].line
                message = f"{quoted(text.value)} is listed twice (first on line {first})"
                self._findings.add("J002", text, message, "keep one of the two")
            elif self._findings.take(text, dotted_name, text.value) is None:
                self._blurred.setdefault("events", set()).add(text.value)
            events.setdefault(text.value, text)
        return tuple(name for name in events if name not in self._blurred.get("events", ()))

    def _topic(self, pair: Pair) -> Topic | None:
        name = self._findings.take(pair.key, simple_name, pair.key.value)
        entries = loosely(pair.value, TOPIC, self._findings, pair.key)
        if name is None or entries is None:
            return None
        for inner in entries.pairs.values():
            self._findings.take(inner.key, language, inner.key.value)
        words = {tag: text.value for tag in entries.pairs if (text := entries.text(tag)) is not None}
        if not words:
            self._findings.add("J012", pair.key, f"topic {quoted(name)} has no words", "for example {vi: Ưu đãi}")
        return Topic(name, words)

    def _template(self, pair: Pair, known: Known) -> Template | None:
        name = self._findings.take(pair.key, simple_name, pair.key.value)
        entries = fill(pair.value, TEMPLATE, self._findings, pair.key)
        if name is None or entries is None:
            return None
        channels = entries.texts("channels")
        for text in channels:
            self._written[name, text.value] = text
            if text.value not in CHANNELS:
                message = f"{quoted(text.value)} is not one of the channels ({', '.join(CHANNELS)})"
                self._findings.add("J011", text, message, meant(text.value, CHANNELS))
        purpose = cast(Purpose, entries.choice("purpose", PURPOSES, "care"))
        topic = entries.text("topic")
        if topic is not None:
            known.check("topics", "topic", topic.value, topic, self._findings)
        named = topic.value if topic is not None else ""
        return Template(name, tuple(dict.fromkeys(text.value for text in channels)), purpose, named)

    def _queues(self) -> dict[str, Queue]:
        node = self._entries.node("queues")
        if not isinstance(node, Listing):
            return self._named("queues", self._queue)
        queues = {}
        for item in node.items:
            text = line_of(item, "queues", self._findings)
            name = self._findings.take(text, simple_name, text.value) if text is not None else None
            if name is not None:
                queues[name] = Queue(name)
            elif text is not None:
                self._blurred.setdefault("queues", set()).add(text.value)
        return queues

    def _queue(self, pair: Pair) -> Queue | None:
        name = self._findings.take(pair.key, simple_name, pair.key.value)
        if isinstance(pair.value, Text):
            text = line_of(pair.value, pair.key.value, self._findings)
            email = self._findings.take(text, e_mail_address, text.value) if text is not None else None
        else:
            entries = fill(pair.value, QUEUE, self._findings, pair.key)
            email = taken(entries, "email", e_mail_address, self._findings) if entries is not None else None
        return Queue(name, email or "") if name is not None else None

    def _endpoint(self, pair: Pair) -> Endpoint | None:
        name = self._findings.take(pair.key, simple_name, pair.key.value)
        if isinstance(pair.value, Text):
            text = line_of(pair.value, pair.key.value, self._findings)
            url = self._findings.take(text, address, text.value) if text is not None else None
        else:
            entries = fill(pair.value, ENDPOINT, self._findings, pair.key)
            url = taken(entries, "url", address, self._findings) if entries is not None else None
        return Endpoint(name, url) if name is not None and url is not None else None

    def _offer(self, pair: Pair, known: Known) -> Offer | None:
        name = self._findings.take(pair.key, simple_name, pair.key.value)
        entries = fill(pair.value, OFFER, self._findings, pair.key)
        if name is None or entries is None:
            return None
        template, code, redeemed_by = entries.text("template"), entries.text("code"), entries.text("redeemed_by")
        if template is not None and known.check("templates", "template", template.value, template, self._findings):
            self._refuse_purpose(template, known)
        if code is not None and _PLACEHOLDER.search(code.value.replace("{unique}", "")):
            hint = "the only thing in braces is {unique}, for example KIT-{unique}"
            self._findings.add("J012", code, f"{quoted(code.value)} is not an offer's code", hint)
        event = redeemed_by.value if redeemed_by is not None else "offer.redeemed"
        known.check("events", "event", event, redeemed_by or pair.key, self._findings)
        once = cast(OncePer, entries.choice("once_per", ("customer", "order"), "customer"))
        return Offer(name, template.value if template else "", code.value if code else "", event, once)

    def _refuse_purpose(self, template: Text, known: Known) -> None:
        """A template with an offer is marketing whatever it is called: the guard-rails must know."""
        carrier = known.catalogue.templates.get(template.value)
        if carrier is not None and carrier.purpose != "marketing":
            message = f"template {quoted(template.value)} carries an offer, but its purpose is {carrier.purpose}"
            self._findings.add("J012", template, message, "give the template 'purpose: marketing'")

    def _prices(self) -> dict[str, str]:
        prices = {}
        for pair in self._entries.sections("prices"):
            text = line_of(pair.value, pair.key.value, self._findings)
            if pair.key.value not in CHANNELS:
                message = f"{quoted(pair.key.value)} is not one of the channels ({', '.join(CHANNELS)})"
                self._findings.add("J011", pair.key, message, meant(pair.key.value, CHANNELS))
            elif text is not None and self._findings.take(text, _price, text.value) is not None:
                prices[pair.key.value] = text.value
        return prices


def _price(text: str) -> Price:
    try:
        return price_of(text)
    except PriceError as error:
        message, _, hint = str(error).partition("; ")
        raise PhraseError("J012", message, hint) from error
