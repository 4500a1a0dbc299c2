"""Customers: who they are, where they are reached, and finding one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, func, or_, select, update

from care.domain.conditions import Value
from care.domain.decisions import Tagged
from care.domain.enrolment import CustomerState, Enrolment
from care.numbering import home_zone
from care.store import schema
from care.store.addresses import CHANNEL_KINDS, digits, search_form
from care.store.inbox import InboxRow
from care.store.inserting import insert_new

PROFILE = ("name", "email", "phone", "locale", "timezone")
UPDATED = "customer.updated"
STATE: TypeAdapter[CustomerState] = TypeAdapter(CustomerState)
_ENROLMENTS: TypeAdapter[tuple[Enrolment, ...]] = TypeAdapter(tuple[Enrolment, ...])

_customers = schema.customers
_identities = schema.identities


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a customer.

    Attributes:
        key: The opaque customer key.
        id: The shop's id.
        phone: In E.164.
        timezone: IANA name as the shop told it, or empty.
        fields: Other ``customer.*`` fields by bare name.
    """

    key: str
    id: str
    name: str
    email: str
    phone: str
    locale: str
    timezone: str
    fields: Mapping[str, Value]
    last_at: datetime | None = None

    @property
    def zone(self) -> str:
        """The IANA name of the zone the customer lives in, as decisions see it; empty where nothing tells."""
        return home_zone(self.timezone, self.phone)

    def reached(self, channel: str) -> str:
        """Where they are reached on a channel: an e-mail address, a phone number in E.164, or empty."""
        kind = CHANNEL_KINDS.get(channel)
        return getattr(self, kind) if kind is not None else ""


@dataclass(frozen=True, slots=True)
class Found:
    """A customer as the store has them: who they are, and where they stand."""

    person: Person
    _state: str | None = field(repr=False)

    @property
    def last(self) -> datetime | None:
        """The last instant that was decided for them (UTC)."""
        return self.person.last_at

    @property
    def state(self) -> CustomerState | None:
        """Where they stood after the last decision, or ``None`` before the first."""
        return None if self._state is None else STATE.validate_json(self._state)


_PERSON = select(_customers).where(_customers.c.key == bindparam("customer"))
_LEARNT = (*PROFILE, "fields", "told_at", "appointment_at", "appointment_told_at")
_LEARN = (
    update(_customers)
    .where(_customers.c.key == bindparam("customer"))
    .values({name: bindparam(f"new_{name}") for name in _LEARNT})
)
_LOCK = _PERSON.with_for_update()


def person(conn: Connection, key: str) -> Person | None:
    """The customer with this key."""
    row = conn.execute(_PERSON, {"customer": key}).first()
    return None if row is None else _person(row)


def _person(row: Row[Any]) -> Person:
    profile = {name: getattr(row, name) for name in PROFILE}
    return Person(key=row.key, id=row.shop_id, fields=row.fields, last_at=row.last_at, **profile)


def by_id(conn: Connection, shop_id: str) -> str | None:
    """The key of the customer the shop calls so."""
    query = select(_identities.c.customer).where(_identities.c.kind == "id", _identities.c.value == shop_id)
    return conn.execute(query).scalar()


def found(conn: Connection, key: str) -> Found | None:
    """The customer with this key, and where they stand."""
    return _found(conn.execute(_PERSON, {"customer": key}).first())


def lock(conn: Connection, key: str) -> Found | None:
    """Keep whatever else concerns this customer waiting until this transaction ends; a SQLite writer is alone anyway.

    Returns:
        ``None`` when there is no such customer: of who was erased nothing may be written any more.
    """
    return _found(conn.execute(_LOCK, {"customer": key}).first())


def lock_all(conn: Connection, keys: Sequence[str]) -> list[str]:
    """The same for many, in one order everywhere; the keys of those who are there."""
    there = select(_customers.c.key).where(_customers.c.key.in_(keys)).order_by(_customers.c.key)
    return list(conn.execute(there.with_for_update()).scalars())


def _found(row: Row[Any] | None) -> Found | None:
    return None if row is None else Found(_person(row), row.state)


def address(conn: Connection, key: str, channel: str) -> str | None:
    """Where the customer is reached on a channel, or ``None``."""
    known = person(conn, key)
    return (known.reached(channel) or None) if known is not None else None


def state(conn: Connection, key: str) -> CustomerState | None:
    """Where the customer stood after the last decision, or ``None`` before the first."""
    stored = conn.execute(select(_customers.c.state).where(_customers.c.key == key)).scalar()
    return None if stored is None else STATE.validate_json(stored)


def as_kept(state: CustomerState) -> str:
    """A state as the store keeps it: most of what an enrolment may have, one that only waits has not."""
    kept = STATE.dump_python(state, mode="json")
    kept["enrolments"] = _ENROLMENTS.dump_python(state.enrolments, mode="json", exclude_defaults=True)
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


_GOES_ON = _customers.c.state.not_like('%"enrolments":[],"in_flight":[]%')
_UNDER_WAY = (
    select(_customers.c.key)
    .where(_customers.c.key > bindparam("after"), _GOES_ON)
    .order_by(_customers.c.key)
    .limit(bindparam("most"))
)


def under_way(conn: Connection, after: str = "", *, limit: int) -> list[str]:
    """Keys of the customers who are in a journey, or whose last order has no outcome yet; by key, behind ``after``."""
    return list(conn.execute(_UNDER_WAY, {"after": after, "most": limit}).scalars())


def count_under_way(conn: Connection) -> int:
    """How many customers ``under_way`` would list."""
    return int(conn.execute(select(func.count()).where(_GOES_ON)).scalar_one())


def find(conn: Connection, text: str, *, limit: int = 50) -> list[Person]:
    """Customers by key, the shop's id, e-mail, phone (also as dialled at home: ``0912 345 678``) or order id."""
    text = text.strip()
    number = digits(text)
    forms = [search_form("id", text), search_form("phone", text)] if len(number) >= 6 else [search_form("id", text)]
    named = conn.execute(
        select(_identities.c.customer, _identities.c.kind, _identities.c.value).where(_identities.c.search.in_(forms))
    )
    keys = {row.customer for row in named if row.kind != "phone" or _dials(row.value, number)}
    ordered = select(schema.purchases.c.customer).where(schema.purchases.c.order_id == text)
    keys.update(conn.execute(ordered).scalars())
    query = select(_customers).where(or_(_customers.c.key == text, _customers.c.key.in_(keys)))
    return [
        _person(row) for row in conn.execute(query.order_by(_customers.c.created_at, _customers.c.key).limit(limit))
    ]


def _dials(phone: str, number: str) -> bool:
    """Whether these digits reach that phone: with the country code, or with the zero that stands for it at home."""
    return digits(phone).endswith(number.lstrip("0"))


def refresh(conn: Connection, row: InboxRow) -> None:
    """Learn what an event says of its customer: later words win, an older event only fills gaps."""
    known = conn.execute(_PERSON, {"customer": row.customer}).one()
    before = {name: getattr(known, name) for name in _LEARNT}
    after = before | _told(row, known)
    if after == before:
        return
    conn.execute(_LEARN, {f"new_{name}": value for name, value in after.items()} | {"customer": row.customer})
    for kind in ("email", "phone"):
        if after[kind] and after[kind] != before[kind]:
            _identify(conn, row.customer, kind, after[kind])


def tag(conn: Connection, key: str, tags: Sequence[Tagged]) -> None:
    """Add words to a customer's lists, or take them out."""
    if not tags:
        return
    fields = dict(conn.execute(select(_customers.c.fields).where(_customers.c.key == key)).scalar_one())
    for each in tags:
        name = each.field.removeprefix("customer.")
        had = fields.get(name)
        words = tuple(word for word in had if word != each.word) if isinstance(had, tuple) else ()
        fields[name] = (*words, each.word) if each.how == "add" else words
    conn.execute(update(_customers).where(_customers.c.key == key).values(fields=fields))


def _told(row: InboxRow, known: Row[Any]) -> dict[str, Any]:
    """The columns an event has something to say about; ``None`` clears a field in an update and is silent elsewhere."""
    clears = row.type == UPDATED
    given = {
        name: value for name, value in row.event.customer.items() if name != "id" and (clears or value is not None)
    }
    newer = known.told_at is None or row.time >= known.told_at
    news: dict[str, Any] = {
        name: str(value or "")
        for name, value in given.items()
        if name in PROFILE and (newer or not getattr(known, name))
    }
    news["fields"] = _merged(known.fields, {name: given[name] for name in given if name not in PROFILE}, newer)
    if newer and given:
        news["told_at"] = row.time
    if row.type == "appointment.booked":
        news |= _appointment(known, row)
    return news


def _merged(known: Mapping[str, Any], given: Mapping[str, Any], newer: bool) -> dict[str, Any]:
    merged = {**known, **given} if newer else {**given, **known}
    return {name: value for name, value in merged.items() if value is not None}


def _appointment(known: Row[Any], row: InboxRow) -> dict[str, Any]:
    if known.appointment_told_at is not None and row.time < known.appointment_told_at:
        return {}
    return {"appointment_at": row.event.data.get("at"), "appointment_told_at": row.time}


def _identify(conn: Connection, customer: str, kind: str, value: str) -> None:
    row = {"kind": kind, "value": value, "customer": customer, "search": search_form(kind, value)}
    insert_new(conn, _identities, row)
