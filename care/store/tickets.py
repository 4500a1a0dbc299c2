"""Tickets: customers in the hands of a person, opened by a journey or by the shop's own ticket system."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Update, and_, bindparam, select, update

from care.domain.orders import EscalateTicket, OpenTicket
from care.domain.stepping import ticket_id
from care.store import schema
from care.store.inbox import InboxRow
from care.store.inserting import insert_new

OPEN = "open"
CLOSED = "closed"
_OWN = "t_"

_tickets = schema.tickets
_ONE = select(_tickets).where(_tickets.c.customer == bindparam("of_customer"), _tickets.c.id == bindparam("of_id"))


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket.

    Attributes:
        due_at: When its SLA ends, if it has one (UTC).
        closed_by: The operator, or the system that closed it.
        external: Whether it lives in the shop's own ticket system.
    """

    id: str
    customer: str
    enrolment: str
    journey: str
    step: str
    queue: str
    about: str
    priority: str
    status: str
    opened_at: datetime
    due_at: datetime | None
    escalated_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    note: str
    external: bool

    def is_overdue(self, now: datetime) -> bool:
        """Whether its SLA has passed: while it is open by now, afterwards by when it was closed."""
        return self.due_at is not None and self.due_at < (self.closed_at or now)


def open_ticket(conn: Connection, order: OpenTicket, about: str, at: datetime) -> tuple[Ticket, bool]:
    """Open the ticket an order asks for, once.

    Args:
        about: What it is about, rendered.

    Returns:
        The ticket, and whether it was opened just now.
    """
    created = insert_new(
        conn,
        _tickets,
        {
            "customer": order.customer,
            "id": ticket_id(order.key),
            "enrolment": order.enrolment,
            "journey": order.journey,
            "step": order.step,
            "queue": order.queue,
            "about": about,
            "priority": order.priority,
            "status": OPEN,
            "opened_at": at,
            "due_at": order.due_at,
            "external": False,
        },
    )
    ticket = get(conn, order.customer, ticket_id(order.key))
    assert ticket is not None
    return ticket, created


def escalate(conn: Connection, order: EscalateTicket, at: datetime) -> tuple[Ticket | None, bool]:
    """Move an open ticket to another queue, once.

    Returns:
        The ticket (``None`` when there is no such one), and whether it was moved just now.
    """
    waiting = (_tickets.c.status == OPEN) & _tickets.c.escalated_at.is_(None)
    change = _of(order.customer, order.ticket).where(waiting).values(queue=order.queue, escalated_at=at)
    moved = conn.execute(change).rowcount == 1
    return get(conn, order.customer, order.ticket), moved


def get(conn: Connection, customer: str, ticket: str) -> Ticket | None:
    """One ticket of a customer."""
    row = conn.execute(_ONE, {"of_customer": customer, "of_id": ticket}).first()
    return None if row is None else _read(row)


def listing(conn: Connection, *, open_only: bool = False, customer: str | None = None) -> list[Ticket]:
    """Tickets, the most urgent first: open before closed, then by due time, then by opening."""
    query = select(_tickets)
    if open_only:
        query = query.where(_tickets.c.status == OPEN)
    if customer is not None:
        query = query.where(_tickets.c.customer == customer)
    return sorted(map(_read, conn.execute(query)), key=_urgency)


def _urgency(ticket: Ticket) -> tuple[Any, ...]:
    return ticket.status != OPEN, ticket.due_at is None, ticket.due_at or ticket.opened_at, ticket.opened_at, ticket.id


def overdue(conn: Connection, now: datetime) -> list[Ticket]:
    """Open tickets whose SLA has passed, the longest overdue first."""
    late = and_(_tickets.c.status == OPEN, _tickets.c.due_at < now)
    return [_read(row) for row in conn.execute(select(_tickets).where(late).order_by(_tickets.c.due_at, _tickets.c.id))]


def hear_opened(conn: Connection, row: InboxRow) -> None:
    """A ticket was opened, or opened again, in the shop's own system."""
    if insert_new(conn, _tickets, _external(row) | {"status": OPEN}):
        return
    again = (_tickets.c.status == CLOSED) & (_tickets.c.closed_at < row.time) & _tickets.c.external
    opened = {"status": OPEN, "opened_at": row.time, "closed_at": None, "closed_by": "", "note": ""}
    conn.execute(_of(row.customer, _named(row)).where(again).values(opened))


def hear_closed(conn: Connection, row: InboxRow) -> None:
    """A ticket was closed, by an operator here or in the shop's own system."""
    closed = {
        "status": CLOSED,
        "closed_at": row.time,
        "closed_by": row.event.operator or row.event.source,
        "note": str(row.event.data.get("note") or ""),
    }
    # Ours is opened once, so any closing closes it, by whatever clock; the shop's may have been opened again since.
    still_open = (_tickets.c.status == OPEN) & (~_tickets.c.external | (_tickets.c.opened_at <= row.time))
    changed = conn.execute(_of(row.customer, _named(row)).where(still_open).values(closed)).rowcount
    if changed == 0 and not _named(row).startswith(_OWN):
        # Closed before we heard that it was opened: remembered, so that its opening does not freeze offers for ever.
        insert_new(conn, _tickets, _external(row) | closed)


def _external(row: InboxRow) -> dict[str, Any]:
    data = row.event.data
    return {
        "customer": row.customer,
        "id": _named(row),
        "queue": str(data.get("queue") or ""),
        "about": str(data.get("about") or ""),
        "priority": "normal",
        "opened_at": row.time,
        "external": True,
    }


def _named(row: InboxRow) -> str:
    return str(row.event.data.get("ticket") or row.id)


def _of(customer: str, ticket: str) -> Update:
    return update(_tickets).where(_tickets.c.customer == customer, _tickets.c.id == ticket)


def _read(row: Row[Any]) -> Ticket:
    return Ticket(**{name: getattr(row, name) for name in Ticket.__dataclass_fields__})
