"""The export: everything the store knows of one customer, in plain words, as one document of JSON.

Every table with rows of customers has its section here, or a reason why not; a test walks the schema.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, Table, or_, select

from care.domain.timing import zone_of
from care.store import audit, schema
from care.store.addresses import CHANNEL_KINDS, address_key
from care.store.customers import Person
from care.web.lines import lines_of

SECTIONS: Mapping[str, str] = {
    "customers": "profile",
    "identities": "identities",
    "consents": "consents",
    "suppressions": "closed_addresses",
    "inbox": "events",
    "purchases": "purchases",
    "enrolments": "journeys",
    "entries": "timeline",
    "decisions": "decisions",
    "claims": "messages",
    "receipts": "heard_of_messages",
    "answers": "answers",
    "tickets": "tickets",
    "offers": "offers",
}
LEFT_OUT: Mapping[str, str] = {
    "keys": "random numbers that seal what travels through Temporal",
    "holds": "how many messages wait, a count for the operators",
}

_MEANINGS = {
    "profile": "who the customer is, as the shop's systems told it, and what was worked out",
    "identities": "every id, e-mail address and phone number the customer was ever known by",
    "consents": "what the customer agreed to or refused, with the proof",
    "closed_addresses": "addresses nothing may be sent to, and why",
    "events": "what the shop's systems and the customer told us, word for word",
    "purchases": "what was bought, and what became of it",
    "journeys": "the journeys the customer entered, and how each ended",
    "timeline": "everything that was decided automatically, with the reasons",
    "decisions": "the values each automatic decision rested on",
    "messages": "every message, as it was sent",
    "heard_of_messages": "what mail servers and gateways reported of them, and what the customer wrote back",
    "answers": "the customer's answers to surveys",
    "tickets": "when the customer was handed over to a person",
    "offers": "offers that were made, and used",
}
_Rows = list[dict[str, Any]]


def export(conn: Connection, person: Person, company_zone: str, at: datetime) -> dict[str, Any]:
    """Everything about a customer.

    Args:
        company_zone: The IANA zone of times when the customer's is not known.
        at: The present instant (UTC).
    """
    zone = zone_of(person.zone, company_zone)
    claims = schema.claims
    theirs = select(claims.c.key).where(claims.c.customer == person.key)
    keys = _address_keys(conn, person.key)
    found: dict[str, Any] = {
        "profile": _profile(person),
        "identities": _of(conn, schema.identities, person, ("kind", "value"), by="kind"),
        "consents": _of(conn, schema.consents, person, _CONSENT, by="number"),
        "closed_addresses": _suppressions(conn, keys),
        "events": _of(conn, schema.inbox, person, _EVENT, by="seq"),
        "purchases": _of(conn, schema.purchases, person, ("order_id", "status", "placed_at", "fields"), by="told_at"),
        "journeys": _of(conn, schema.enrolments, person, _JOURNEY, by="entered_at"),
        "timeline": _timeline(conn, person.key),
        "decisions": _of(conn, schema.decisions, person, ("at", "seen"), by="at"),
        "messages": _of(conn, claims, person, _MESSAGE, by="at"),
        "heard_of_messages": _rows(
            conn,
            schema.receipts,
            or_(schema.receipts.c.message.in_(theirs), schema.receipts.c.address_key.in_(list(keys))),
            _HEARD,
            by="number",
        ),
        "answers": _of(conn, schema.answers, person, _ANSWER, by="number"),
        "tickets": _of(conn, schema.tickets, person, _TICKET, by="opened_at"),
        "offers": _of(conn, schema.offers, person, _OFFER, by="made_at"),
    }
    about = {
        "what": "Everything Aftercare keeps about one customer",
        "customer": person.id,
        "made_at": at,
        "times": f"on the clock of {zone.key}",
        "sections": _MEANINGS,
        "left_out": LEFT_OUT,
    }
    plain = _plain({"about": about, **found}, zone)
    assert isinstance(plain, dict)
    return plain


_CONSENT = ("given", "channel", "purpose", "at", "wording", "place", "method", "frequency", "evidence", "source")
_EVENT = ("source", "event_id", "type", "time", "received_at", "body", "status")
_JOURNEY = ("journey", "revision", "order_id", "entered_at", "ended_at", "reason", "converted", "frozen")
_MESSAGE = (
    *("channel", "purpose", "template", "journey", "step", "order_id", "offer", "survey", "at", "snapshot"),
    *("transmitting_at", "settled_at", "delivered_at", "outcome", "reason", "provider", "provider_id"),
)
_HEARD = ("at", "heard_at", "kind", "channel", "provider", "reason", "detail")
_ANSWER = ("survey", "score", "comment", "order_id", "at")
_TICKET = (
    *("id", "queue", "about", "priority", "status", "opened_at", "due_at", "escalated_at", "closed_at"),
    *("closed_by", "note"),
)
_OFFER = ("offer", "code", "order_id", "made_at", "expires_at", "redeemed_at", "redeemed_by")


def _profile(person: Person) -> dict[str, Any]:
    names = ("id", "name", "email", "phone", "locale", "timezone", "fields", "last_at")
    return {name: getattr(person, name) for name in names} | {"time_zone_used": person.zone}


def _timeline(conn: Connection, customer: str) -> _Rows:
    return [
        {"at": line.at, "what": line.sentence, "reason": line.reason, "why": list(line.why), "rule": line.place}
        for line in lines_of(audit.timeline(conn, customer))
    ]


def _suppressions(conn: Connection, keys: Mapping[str, str]) -> _Rows:
    of = schema.suppressions
    query = select(of).where(of.c.address_key.in_(list(keys))).order_by(of.c.at, of.c.cause, of.c.purpose)
    told = ("channel", "purpose", "cause", "reason", "at", "lifted_at")
    return [{"address": keys[row.address_key], **_named(row, told)} for row in conn.execute(query)]


def _address_keys(conn: Connection, customer: str) -> dict[str, str]:
    """Address key to address, of every one the customer ever had."""
    known = schema.identities
    query = select(known).where(known.c.customer == customer, known.c.kind != "id")
    return {
        address_key(channel, row.value): row.value
        for row in conn.execute(query)
        for channel, kind in CHANNEL_KINDS.items()
        if kind == row.kind
    }


def _of(conn: Connection, table: Table, person: Person, names: Sequence[str], *, by: str) -> _Rows:
    return _rows(conn, table, table.c.customer == person.key, names, by=by)


def _rows(conn: Connection, table: Table, wanted: ColumnElement[bool], names: Sequence[str], *, by: str) -> _Rows:
    return [_named(row, names) for row in conn.execute(select(table).where(wanted).order_by(table.c[by]))]


def _named(row: Row[Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _plain(value: Any, zone: ZoneInfo) -> Any:
    """Values as JSON has them; instants on the customer's clock."""
    match value:
        case datetime():
            return value.astimezone(zone).isoformat()
        case Mapping():
            return {str(name): _plain(item, zone) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item, zone) for item in value]
        case _:
            return value
