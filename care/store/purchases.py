"""Purchases: what was bought, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from care.domain.conditions import Value
from care.store import schema
from care.store.inbox import InboxRow

CANCELLED = "cancelled"
KNOWN = "known"
OPENING = ("order.placed", "order.paid")
_STATUSES = {f"order.{word}": word for word in ("placed", "paid", "delivered", "returned", "refunded", CANCELLED)}

_purchases = schema.purchases
_ONE = select(_purchases).where(
    _purchases.c.customer == bindparam("customer"), _purchases.c.order_id == bindparam("order_id")
)


@dataclass(frozen=True, slots=True)
class Purchase:
    """One order of a customer; ``fields`` are its ``order.*`` fields by bare name."""

    order_id: str
    status: str
    placed_at: datetime | None
    fields: Mapping[str, Value]


def listing(conn: Connection, customer: str) -> list[Purchase]:
    """The customer's purchases, latest first."""
    query = select(_purchases).where(_purchases.c.customer == customer)
    found = [Purchase(row.order_id, row.status, row.placed_at, row.fields) for row in conn.execute(query)]
    return sorted(found, key=lambda bought: (bought.placed_at is not None, bought.placed_at), reverse=True)


def order_fields(conn: Connection, customer: str, order_id: str) -> dict[str, Value]:
    """``order.*`` of one purchase as known now; empty when it is not known."""
    row = conn.execute(_ONE, {"customer": customer, "order_id": order_id}).first()
    if row is None:
        return {}
    fields = {f"order.{name}": value for name, value in row.fields.items()}
    if row.placed_at is not None:
        fields.setdefault("order.placed_at", row.placed_at)
    return fields


def is_known(conn: Connection, customer: str, order_id: str) -> bool:
    """Whether we have heard of this order."""
    return conn.execute(_ONE, {"customer": customer, "order_id": order_id}).first() is not None


def learn(conn: Connection, row: InboxRow) -> None:
    """Learn what an event says of its order: later words win, an older event only fills gaps."""
    if row.order_id is None:
        return
    status = _STATUSES.get(row.type)
    known = conn.execute(_ONE, {"customer": row.customer, "order_id": row.order_id}).first()
    told = told_of(row)
    if known is None:
        if row.type in OPENING or told:
            conn.execute(insert(_purchases), _first(row, status, told))
        return
    changes = _news(known, row, status, told)
    if changes:
        of_order = (_purchases.c.customer == row.customer) & (_purchases.c.order_id == row.order_id)
        conn.execute(update(_purchases).where(of_order).values(changes))


def told_of(row: InboxRow) -> dict[str, Any]:
    """What an event tells of its order, by bare name."""
    given = row.event.order or {}
    return {name: value for name, value in given.items() if name != "id" and value is not None}


def _first(row: InboxRow, status: str | None, told: dict[str, Any]) -> dict[str, Any]:
    placed_at = told.get("placed_at") or (row.time if row.type in OPENING else None)
    return {
        "customer": row.customer,
        "order_id": row.order_id,
        "status": status or KNOWN,
        "status_at": row.time if status else None,
        "status_seq": row.seq if status else 0,
        "told_at": row.time,
        "told_seq": row.seq,
        **_columns(told, placed_at),
    }


def _news(known: Row[Any], row: InboxRow, status: str | None, told: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    moment = (row.time, row.seq)
    if status and (known.status_at is None or moment > (known.status_at, known.status_seq)):
        changes = {"status": status, "status_at": row.time, "status_seq": row.seq}
    newer = moment >= (known.told_at, known.told_seq)
    merged = {**known.fields, **told} if newer else {**told, **known.fields}
    placed_at = merged.get("placed_at") or _placed(known, row)
    if merged != known.fields or placed_at != known.placed_at:
        changes |= _columns(merged, placed_at)
    if newer and told:
        changes |= {"told_at": row.time, "told_seq": row.seq}
    return changes


def _placed(known: Row[Any], row: InboxRow) -> datetime | None:
    """When it was bought: the first moment an event says it was placed or paid."""
    placed: datetime | None = known.placed_at
    if row.type not in OPENING:
        return placed
    return row.time if placed is None else min(placed, row.time)


def _columns(fields: dict[str, Any], placed_at: datetime | None) -> dict[str, Any]:
    """The fields, with what is summed over all purchases in columns of its own."""
    total, discounted = fields.get("total"), fields.get("discounted")
    return {
        "fields": fields,
        "placed_at": placed_at,
        "total": float(total) if isinstance(total, int | float) and not isinstance(total, bool) else None,
        "discounted": discounted if isinstance(discounted, bool) else None,
    }
