"""The values a template may use: what is known of the customer, and what belongs to one message."""

from base64 import b32encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from care.domain.customers import Facts
from care.domain.enrolment import CustomerState, Enrolment
from care.domain.orders import SendMessage
from care.domain.rulebook import Rulebook
from care.domain.sight import FactSight
from care.domain.timing import zone_of
from care.formats import date_text
from care.links import Links
from care.store import customers, facts

SCORES: Mapping[str, range] = {"csat": range(1, 6), "nps": range(11), "ces": range(1, 8)}

_REMINDER = "+remind"
_UNIQUE = "{unique}"
_ALWAYS = ("customer", "order", "appointment", *SCORES)
_COMPANY = ("name", "locale", "timezone", "address", "phone", "website", "email")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a customer in one enrolment.

    Attributes:
        order_id: The shop's order the enrolment belongs to.
        zone: The customer's, else the company's.
        values: For templates: ``customer``, ``order``, ``company``, ``csat`` and so on, nested by their dots.
    """

    person: customers.Person
    facts: Facts
    order_id: str | None
    zone: ZoneInfo
    values: Mapping[str, Any]

    @property
    def locale(self) -> str:
        """The customer's language, else the company's."""
        return self.person.locale or str(self.values["company"]["locale"])


def known(conn: Connection, rulebook: Rulebook, state: CustomerState, run: Enrolment, now: datetime) -> Known | None:
    """Read what templates may say of a customer; ``None`` when there is no such customer any more."""
    person = customers.person(conn, state.customer)
    if person is None:
        return None
    seen = facts.load(conn, state.customer, None, rulebook, now, state)
    company = rulebook.catalogue.company
    zone = zone_of(seen.zone, company.timezone)
    # Every part a field belongs to is there, if only empty, so that a template can ask for a default.
    values: dict[str, Any] = {name.partition(".")[0]: {} for name in (*rulebook.catalogue.fields, *_ALWAYS)}
    for name, value in {**seen.fields, **seen.frozen.get(run.id, {}), **run.answers}.items():
        _set(values, name, value)
    sight = FactSight(seen, rulebook, now, zone, order=seen.frozen.get(run.id, {}), answers=run.answers)
    for name in rulebook.worked_out:
        _set(values, name, sight.value(name))
    _set(values, "customer.name", person.name)
    _set(values, "customer.timezone", str(zone))
    _set(values, "order.id", run.order_id)
    values["company"] = {name: value for name, value in asdict(company).items() if name in _COMPANY}
    return Known(person, seen, run.order_id, zone, values)


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
    return values


def survey_id(order: SendMessage) -> str:
    """The id answers refer to: the step key of the ask, also in its reminder."""
    step, _, visit = order.step_key.rpartition("/")
    return f"{step.removesuffix(_REMINDER)}/{visit}"


def unsubscribe_url(order: SendMessage, links: Links) -> str:
    """Where the reader ends such messages; empty for a transactional one, which nobody can end."""
    if order.purpose == "transactional":
        return ""
    return links.unsubscribe_url(order.key, order.customer, order.channel, order.purpose)


def offer_code(order: SendMessage, pattern: str) -> str:
    """The customer's own code: ``{unique}`` becomes eight letters and digits, the same for this step for ever."""
    own = b32encode(sha256(order.step_key.encode()).digest()).decode()[:8]
    return pattern.replace(_UNIQUE, own)


def _survey(order: SendMessage, links: Links) -> dict[str, Any]:
    asked, kind = survey_id(order), order.survey
    scores = [{"score": score, "url": links.survey_url(asked, kind, score)} for score in SCORES.get(kind, ())]
    return {"kind": kind, "url": links.survey_url(asked, kind), "links": scores}


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
