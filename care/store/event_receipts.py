"""Receipts of events: what each did, for whoever sent it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from care.domain.audit import why_lines
from care.store import schema
from care.store.entries import entry_of
from care.store.inbox import Receipt, Status, inbox_id
from care.store.incoming import IncomingEvent

_inbox = schema.inbox


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
    row = conn.execute(select(_inbox).where(_inbox.c.id == inbox_id(source, event_id))).first()
    if row is None:
        return None
    told = schema.entries
    by_kind: dict[str, list[ReceiptLine]] = {"entered": [], "exited": [], "not_entered": []}
    theirs = select(told).where(told.c.customer == row.customer)
    caused = theirs.where(told.c.event == row.id, told.c.kind.in_(by_kind)).order_by(told.c.id)
    for entry in map(entry_of, conn.execute(caused)):
        line = ReceiptLine(entry.journey, entry.enrolment, entry.code, entry.reason, tuple(why_lines(entry.why)))
        by_kind[entry.kind].append(line)
    return ReceiptView(
        id=row.id,
        source=source,
        event_id=event_id,
        type=row.type,
        customer=row.customer,
        received_at=row.received_at,
        status=row.status,
        entered=tuple(by_kind["entered"]),
        ended=tuple(by_kind["exited"]),
        not_entered=tuple(by_kind["not_entered"]),
    )


def fresh(event: IncomingEvent, receipt: Receipt) -> ReceiptView:
    """The receipt of an event that nobody can have decided yet."""
    return ReceiptView(
        id=receipt.id,
        source=event.source,
        event_id=event.id,
        type=event.type,
        customer=receipt.customer,
        received_at=receipt.received_at,
        status=receipt.status,
        entered=(),
        ended=(),
        not_entered=(),
    )
