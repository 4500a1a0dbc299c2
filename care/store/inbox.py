"""The event inbox: what the outside told us, in the order it came."""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, bindparam, exists, or_, select, update

from care.domain.errors import CareError
from care.store import schema
from care.store.addresses import search_form
from care.store.incoming import IncomingEvent
from care.store.inserting import insert_all_new, insert_telling

Status = Literal["pending", "decided", "parked", "erased"]
PENDING: Status = "pending"
PARKED: Status = "parked"
DECIDED: Status = "decided"
ERASED: Status = "erased"

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
        received_at: When it was accepted first (UTC).
    """

    id: str
    duplicate: bool
    customer: str
    status: Status
    received_at: datetime


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


_SEEN = select(_inbox.c.id, _inbox.c.customer, _inbox.c.status, _inbox.c.body_hash, _inbox.c.received_at).where(
    _inbox.c.id.in_(bindparam("ids", expanding=True))
)
# Held while the events are stored, so that none falls to a customer who is being erased (PostgreSQL only).
_KNOWN = (
    select(_identities.c.value, _identities.c.customer)
    .where(_identities.c.kind == "id", _identities.c.value.in_(bindparam("shop_ids", expanding=True)))
    .order_by(_identities.c.value)
    .with_for_update(read=True, key_share=True)
)
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
    receipt = accept_all(conn, [event], received_at)[0]
    if isinstance(receipt, BodyConflict):
        raise receipt
    return receipt


def accept_all(
    conn: Connection, events: Sequence[IncomingEvent], received_at: datetime
) -> list[Receipt | BodyConflict]:
    """Store events once each, in their order, with a handful of statements for all of them.

    Returns:
        For each event its receipt, or the conflict with what came before under its source and id.
    """
    ids = [inbox_id(event.source, event.id) for event in events]
    stands = _standing(conn, ids)
    fresh = {row_id: event for row_id, event in reversed([*zip(ids, events, strict=True)]) if row_id not in stands}
    mine: set[str] = set()
    if fresh:
        customers = _known_or_new(conn, {event.customer_id for event in fresh.values()}, received_at)
        rows = [
            _as_row(row_id, fresh[row_id], customers[fresh[row_id].customer_id], received_at)
            for row_id in dict.fromkeys(ids)
            if row_id in fresh
        ]
        mine = insert_telling(conn, _inbox, rows, "id")
        stands |= _standing(conn, list(fresh))
    return [_received(event, stands[row_id], mine) for row_id, event in zip(ids, events, strict=True)]


def _standing(conn: Connection, ids: Sequence[str]) -> dict[str, Row[Any]]:
    found: Iterable[Row[Any]] = conn.execute(_SEEN, {"ids": list(ids)})
    return {row.id: row for row in found}


def _received(event: IncomingEvent, row: Row[Any], mine: set[str]) -> Receipt | BodyConflict:
    """The receipt of an event whose row stands; the first of those that this very call stored is no duplicate."""
    if row.status != ERASED and row.body_hash != event.body_hash():
        return BodyConflict(
            f"event {event.id!r} of {event.source!r} was accepted before with another body; "
            "send a change as a new event with its own id"
        )
    new = row.id in mine
    mine.discard(row.id)
    return Receipt(row.id, not new, row.customer, row.status, row.received_at)


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


def _known_or_new(conn: Connection, shop_ids: Collection[str], at: datetime) -> dict[str, str]:
    """The key of each of these customers; whoever is seen for the first time gets one."""
    known = _known(conn, shop_ids)
    # In one order everywhere, so that two requests wait for each other instead of blocking each other.
    unknown = {shop_id: "c_" + secrets.token_hex(10) for shop_id in sorted(shop_ids) if shop_id not in known}
    if not unknown:
        return known
    rows = [
        {"kind": "id", "value": shop_id, "customer": key, "search": search_form("id", shop_id)}
        for shop_id, key in unknown.items()
    ]
    mine = insert_telling(conn, _identities, rows, "value")
    people = [{"key": unknown[shop_id], "shop_id": shop_id, "created_at": at} for shop_id in unknown if shop_id in mine]
    insert_all_new(conn, schema.customers, people)
    theirs = unknown.keys() - mine
    return known | {shop_id: unknown[shop_id] for shop_id in mine} | (_known(conn, theirs) if theirs else {})


def _known(conn: Connection, shop_ids: Collection[str]) -> dict[str, str]:
    return {row.value: row.customer for row in conn.execute(_KNOWN, {"shop_ids": list(shop_ids)})}


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


class Reached(NamedTuple):
    """How far deciding has come: when the newest decided event was received, and when it was decided (UTC)."""

    received_at: datetime
    decided_at: datetime


def reached(conn: Connection) -> Reached | None:
    """How far deciding has come; ``None`` while nothing was decided."""
    decided = select(_inbox.c.received_at, _inbox.c.decided_at).where(_inbox.c.status == DECIDED)
    row = conn.execute(decided.order_by(_inbox.c.received_at.desc()).limit(1)).first()
    return None if row is None else Reached(*row)


_ROWS = (
    select(_inbox)
    .where(_inbox.c.id.in_(bindparam("ids", expanding=True)), _inbox.c.status != ERASED)
    .order_by(_inbox.c.seq)
)


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


def blank(conn: Connection, customer: str, at: datetime) -> int:
    """Forget what a customer's events said; that they came is remembered by their ids, so that none comes twice.

    Args:
        at: Stands instead of every time they bore (UTC).

    Returns:
        How many there were.
    """
    empty: dict[str, Any] = {
        "source": "",
        "event_id": _inbox.c.id,
        "type": "",
        "customer": "",
        "order_id": None,
        "body": {},
    }
    times = {"time": at, "received_at": at, "decided_at": at}
    theirs = update(_inbox).where(_inbox.c.customer == customer)
    return conn.execute(theirs.values(**empty, **times, body_hash="", status=ERASED, decision="")).rowcount


def free_parked(conn: Connection, customer: str, order_id: str) -> list[str]:
    """Let this customer's events that waited for an order be heard, once the order is known.

    Returns:
        Their ids, oldest first; they are pending again.
    """
    ids = list(conn.execute(_PARKED, {"of_customer": customer, "of_order": order_id}).scalars())
    if ids:
        conn.execute(update(_inbox).where(_inbox.c.id.in_(ids)).values(status=PENDING))
    return ids
