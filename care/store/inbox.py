"""The event inbox: what the outside told us, in the order it came."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Row, bindparam, exists, or_, select, update

from care.domain.audit import why_lines
from care.domain.errors import CareError
from care.store import schema
from care.store.addresses import search_form
from care.store.entries import entry_of
from care.store.incoming import IncomingEvent
from care.store.inserting import insert_all_new, insert_new

Status = Literal["pending", "decided", "parked"]
PENDING: Status = "pending"
PARKED: Status = "parked"
DECIDED: Status = "decided"

_inbox = schema.inbox
_identities = schema.identities


class BodyConflict(CareError):
    """The same source and id came before with another body; nothing of this one was stored."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender gets back.

    Attributes:
        id: The inbox row's id.
        duplicate: Whether the same event was there before.
        customer: The customer's opaque key.
    """

    id: str
    duplicate: bool
    customer: str
    status: Status


@dataclass(frozen=True, slots=True)
class InboxRow:
    """An accepted event with its place in the line."""

    seq: int
    id: str
    customer: str
    event: IncomingEvent
    received_at: datetime
    status: Status
    decision: str

    @property
    def type(self) -> str:
        """The event's type."""
        return self.event.type

    @property
    def time(self) -> datetime:
        """When it happened."""
        return self.event.time

    @property
    def order_id(self) -> str | None:
        """The shop's id of the order it is about, if any."""
        return self.event.order_id


_SEEN = select(_inbox.c.customer, _inbox.c.status, _inbox.c.body_hash).where(_inbox.c.id == bindparam("inbox_id"))
_KNOWN = select(_identities.c.customer).where(_identities.c.kind == "id", _identities.c.value == bindparam("shop_id"))
_MARK = (
    update(_inbox)
    .where(_inbox.c.id == bindparam("inbox_id"))
    .values(status=bindparam("new_status"), decision=bindparam("key"), decided_at=bindparam("at"))
)


def inbox_id(source: str, event_id: str) -> str:
    """The id of the inbox row of an event."""
    return "i_" + hashlib.sha256(f"{source}\n{event_id}".encode()).hexdigest()[:20]


def accept(conn: Connection, event: IncomingEvent, received_at: datetime) -> Receipt:
    """Store an event once; its customer gets a key when seen for the first time.

    Raises:
        BodyConflict: When the same source and id came before with another body. The transaction stays usable.
    """
    row_id = inbox_id(event.source, event.id)
    seen = conn.execute(_SEEN, {"inbox_id": row_id}).first()
    if seen is None:
        customer = _known_or_new(conn, event.customer_id, received_at)
        if insert_new(conn, _inbox, _as_row(row_id, event, customer, received_at)):
            return Receipt(row_id, False, customer, PENDING)
        seen = conn.execute(_SEEN, {"inbox_id": row_id}).one()
    if seen.body_hash != event.body_hash():
        raise BodyConflict(
            f"event {event.id!r} of {event.source!r} was accepted before with another body; "
            "send a change as a new event with its own id"
        )
    return Receipt(row_id, True, seen.customer, seen.status)


def accept_known(conn: Connection, events: Sequence[tuple[str, IncomingEvent]], received_at: datetime) -> None:
    """Store commands for customers that are known already, each once, as (customer key, event)."""
    rows = [_as_row(inbox_id(event.source, event.id), event, key, received_at) for key, event in events]
    insert_all_new(conn, _inbox, rows)


def _as_row(row_id: str, event: IncomingEvent, customer: str, received_at: datetime) -> dict[str, object]:
    return {
        "id": row_id,
        "source": event.source,
        "event_id": event.id,
        "type": event.type,
        "time": event.time,
        "customer": customer,
        "order_id": event.order_id,
        "body": event.body(),
        "body_hash": event.body_hash(),
        "received_at": received_at,
        "status": PENDING,
    }


def _known_or_new(conn: Connection, shop_id: str, at: datetime) -> str:
    known = conn.execute(_KNOWN, {"shop_id": shop_id}).scalar()
    if known is not None:
        return str(known)
    key = "c_" + secrets.token_hex(10)
    row = {"kind": "id", "value": shop_id, "customer": key, "search": search_form("id", shop_id)}
    if insert_new(conn, _identities, row):
        insert_new(conn, schema.customers, {"key": key, "shop_id": shop_id, "created_at": at})
        return key
    return str(conn.execute(_KNOWN, {"shop_id": shop_id}).scalar_one())


def pending(
    conn: Connection,
    *,
    older_than: datetime,
    ahead_of: datetime | None = None,
    customer: str | None = None,
    limit: int = 1_000,
) -> list[tuple[str, str]]:
    """Undecided events as (customer, inbox id), oldest first: what the sweep signals.

    Args:
        older_than: Those received before.
        ahead_of: Those received after it, too: the clock of whoever took them in, or that of whoever asks, was wrong.
    """
    old = _inbox.c.received_at < older_than
    told = old if ahead_of is None else or_(old, _inbox.c.received_at > ahead_of)
    query = select(_inbox.c.customer, _inbox.c.id).where(_inbox.c.status == PENDING, told)
    if customer is not None:
        query = query.where(_inbox.c.customer == customer)
    return [(row.customer, row.id) for row in conn.execute(query.order_by(_inbox.c.seq).limit(limit))]


_ROWS = select(_inbox).where(_inbox.c.id.in_(bindparam("ids", expanding=True))).order_by(_inbox.c.seq)


def rows(conn: Connection, ids: Sequence[str]) -> list[InboxRow]:
    """The rows of these ids in the order they were accepted; unknown ids are left out."""
    return [_read(row) for row in conn.execute(_ROWS, {"ids": list(ids)})]


def _read(row: Row[tuple[object, ...]]) -> InboxRow:
    event = IncomingEvent(id=row.event_id, source=row.source, type=row.type, time=row.time, **row.body)
    return InboxRow(row.seq, row.id, row.customer, event, row.received_at, row.status, row.decision)


def mark(conn: Connection, inbox_id: str, status: Status, decision_key: str, at: datetime) -> None:
    """Note that an event was decided, or parked until what it refers to is known."""
    conn.execute(_MARK, {"inbox_id": inbox_id, "new_status": status, "key": decision_key, "at": at})


_PARKED = (
    select(_inbox.c.id)
    .where(_inbox.c.order_id == bindparam("of_order"), _inbox.c.status == PARKED)
    .where(_inbox.c.customer == bindparam("of_customer"))
    .where(
        exists().where(
            schema.purchases.c.customer == bindparam("of_customer"),
            schema.purchases.c.order_id == bindparam("of_order"),
        )
    )
    .order_by(_inbox.c.seq)
)


def free_parked(conn: Connection, customer: str, order_id: str) -> list[str]:
    """Let this customer's events that waited for an order be heard, once the order is known.

    Returns:
        Their ids, oldest first; they are pending again.
    """
    ids = list(conn.execute(_PARKED, {"of_customer": customer, "of_order": order_id}).scalars())
    if ids:
        conn.execute(update(_inbox).where(_inbox.c.id.in_(ids)).values(status=PENDING))
    return ids


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """What an event did in one journey; ``why`` is the explanation as indented lines."""

    journey: str
    enrolment: str
    code: str
    reason: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What became of an event; the lists fill when it is decided."""

    id: str
    source: str
    event_id: str
    type: str
    customer: str
    received_at: datetime
    status: Status
    entered: tuple[ReceiptLine, ...]
    ended: tuple[ReceiptLine, ...]
    not_entered: tuple[ReceiptLine, ...]


def receipt(conn: Connection, source: str, event_id: str) -> ReceiptView | None:
    """What the event did, or ``None`` when it was never accepted."""
    row = conn.execute(select(_inbox).where(_inbox.c.source == source, _inbox.c.event_id == event_id)).first()
    if row is None:
        return None
    told = schema.entries
    by_kind: dict[str, list[ReceiptLine]] = {"entered": [], "exited": [], "not_entered": []}
    caused = select(told).where(told.c.event == row.id, told.c.kind.in_(by_kind)).order_by(told.c.id)
    for entry in map(entry_of, conn.execute(caused)):
        line = ReceiptLine(entry.journey, entry.enrolment, entry.code, entry.reason, tuple(why_lines(entry.why)))
        by_kind[entry.kind].append(line)
    return ReceiptView(
        id=row.id,
        source=row.source,
        event_id=row.event_id,
        type=row.type,
        customer=row.customer,
        received_at=row.received_at,
        status=row.status,
        entered=tuple(by_kind["entered"]),
        ended=tuple(by_kind["exited"]),
        not_entered=tuple(by_kind["not_entered"]),
    )
