"""A message as its reader gets it: the values its template may use, and the words that come of them."""

from base64 import b32encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from care.domain.catalogue import Company
from care.domain.customers import Facts
from care.domain.enrolment import Enrolment
from care.domain.law import Law
from care.domain.metrics import SCALES
from care.domain.orders import SendMessage, reference
from care.domain.routes import writing_of
from care.domain.rulebook import Rulebook
from care.domain.sight import FactSight
from care.domain.timing import zone_of
from care.formats import date_text
from care.imprints import imprinted
from care.links import Links
from care.rendering import Rendered, Renderer

_UNIQUE = "{unique}"
_ALWAYS = ("customer", "order", "appointment", *SCALES)
_COMPANY = ("name", "locale", "timezone", "address", "phone", "website", "email")


class Reader(NamedTuple):
    """Who reads a message: their name and their language tag, either of which may be empty."""

    name: str
    locale: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a customer in one enrolment.

    Attributes:
        order_id: The shop's order the enrolment belongs to.
        zone: The customer's, else the company's.
        law: What the law asks of messages.
        values: For templates: ``customer``, ``order``, ``company``, ``csat`` and so on, nested by their dots.
    """

    reader: Reader
    facts: Facts
    order_id: str | None
    zone: ZoneInfo
    values: Mapping[str, Any]
    company: Company = field(default_factory=Company)
    law: Law = field(default_factory=Law)

    @property
    def locale(self) -> str:
        """The customer's language, else the company's."""
        return self.reader.locale or str(self.values["company"]["locale"])


def known(rulebook: Rulebook, facts: Facts, run: Enrolment, reader: Reader, now: datetime) -> Known:
    """What templates may say of a customer in one enrolment at an instant (UTC)."""
    company = rulebook.catalogue.company
    zone = zone_of(facts.zone, company.timezone)
    order = facts.frozen.get(run.id, {})
    # Every part a field belongs to is there, if only empty, so that a template can ask for a default.
    values: dict[str, Any] = {name.partition(".")[0]: {} for name in (*rulebook.catalogue.fields, *_ALWAYS)}
    for name, value in {**facts.fields, **order, **run.answers}.items():
        _set(values, name, value)
    sight = FactSight(facts, rulebook, now, zone, order=order, own=run)
    for name in (*run.values, *rulebook.worked_out):
        _set(values, name, sight.value(name))
    _set(values, "customer.name", reader.name)
    _set(values, "customer.timezone", str(zone))
    _set(values, "order.id", run.order_id)
    values["company"] = {name: value for name, value in asdict(company).items() if name in _COMPANY}
    return Known(reader, facts, run.order_id, zone, values, company, rulebook.law)


def written(order: SendMessage, of: Known, code: str, renderer: Renderer, links: Links) -> Rendered:
    """The message in its reader's language.

    Raises:
        RenderError: When its template is missing, broken or needs a value that is not known.
        UnlawfulMessage: When the law wants something shown that nobody knows.
    """
    rendered = renderer.message(order.channel, order.template, of.locale, context(order, of, links, code))
    demands = of.law.demands(of.facts.where, order.channel, order.purpose)
    url = unsubscribe_url(order, links)
    rendered = imprinted(rendered, order.channel, demands, of.company, url, of.locale)
    if order.channel != "sms":
        return rendered
    return rendered._replace(text=writing_of(of.company, order.purpose).text(rendered.text))


def context(order: SendMessage, of: Known, links: Links, code: str) -> dict[str, Any]:
    """Everything one message's templates may use; what the rule file gave never hides what is known."""
    values: dict[str, Any] = {**order.values, **of.values, "reminder": order.part == "remind"}
    if order.survey:
        values["survey"] = _survey(order, links)
    if order.offer:
        values["offer"] = _offer(order, of, code)
    url = unsubscribe_url(order, links)
    if url:
        values["unsubscribe_url"] = url
    reader = order.key, order.customer, order.channel
    return values | {"confirm_url": links.confirm_url(*reader), "preferences_url": links.preferences_url(*reader)}


def unsubscribe_url(order: SendMessage, links: Links) -> str:
    """Where the reader ends such messages; empty for a transactional one, which nobody can end."""
    if order.purpose == "transactional":
        return ""
    if order.channel == "email":
        return links.unsubscribe_url(order.key, order.customer, order.channel, order.purpose)
    return links.short_unsubscribe_url(reference(order.key))


def offer_code(order: SendMessage, pattern: str) -> str:
    """The customer's own code: ``{unique}`` becomes eight letters and digits, the same for this step for ever."""
    own = b32encode(sha256(order.step_key.encode()).digest()).decode()[:8]
    return pattern.replace(_UNIQUE, own)


def _survey(order: SendMessage, links: Links) -> dict[str, Any]:
    asked, kind = order.survey_id, order.survey
    scores = [{"score": score, "url": links.survey_url(asked, kind, score)} for score in SCALES.get(kind, ())]
    url = links.survey_url(asked, kind) if order.channel == "email" else links.short_survey_url(reference(order.key))
    return {"kind": kind, "url": url, "links": scores}


def _offer(order: SendMessage, of: Known, code: str) -> dict[str, Any]:
    offer: dict[str, Any] = {"name": order.offer, "code": code}
    if order.offer_expires_at is not None:
        local = order.offer_expires_at.astimezone(of.zone)
        offer |= {"expires_at": local, "expires": date_text(local, of.locale.partition("-")[0])}
    return offer


def _set(values: dict[str, Any], name: str, value: Any) -> None:
    space, dot, rest = name.partition(".")
    if dot:
        _set(values.setdefault(space, {}), rest, value)
    else:
        values[space] = value
