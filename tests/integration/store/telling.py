"""Builders: events told to a store in a few words."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection

from care.domain.conditions import Value
from care.domain.customers import Facts
from care.domain.decisions import Entered
from care.domain.enrolment import CustomerState
from care.domain.orders import OpenTicket, SendMessage
from care.domain.rulebook import Rulebook
from care.store import effects, enrolments, facts, inbox
from care.store.inbox import InboxRow
from care.store.incoming import IncomingEvent
from tests.builders import CATALOGUE

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
LAN = "KH-1042"
EMAIL = "lan@example.vn"
PHONE = "+84912345678"
RULEBOOK = Rulebook(CATALOGUE, (), {}, {}, 1)
_NUMBERS = count(1)

Block = dict[str, Value | None]


def minutes(number: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=number)


def an_event(kind: str, at: float = 0, *, customer: Block | None = None, **more: Any) -> IncomingEvent:
    """An event of Lan, unless ``customer`` says otherwise; ``at`` in minutes after noon."""
    given: dict[str, Any] = {"id": f"ev-{next(_NUMBERS)}", "source": "shop", **more}
    return IncomingEvent(type=kind, time=minutes(at), customer={"id": LAN, **(customer or {})}, **given)


def tell(conn: Connection, kind: str, at: float = 0, **more: Any) -> InboxRow:
    """Accept an event and apply what it says."""
    row = take_in(conn, an_event(kind, at, **more))
    effects.apply(conn, row, row.time)
    return row


def take_in(conn: Connection, event: IncomingEvent) -> InboxRow:
    """Accept an event without applying it."""
    receipt = inbox.accept(conn, event, event.time)
    return inbox.rows(conn, [receipt.id])[0]


def lan(conn: Connection, **customer: Value) -> str:
    """Lan's key, with her e-mail address and phone known."""
    return tell(conn, "customer.updated", -60, customer={"email": EMAIL, "phone": PHONE, **customer}).customer


def facts_of(
    conn: Connection,
    customer: str,
    *,
    event: InboxRow | None = None,
    at: float = 60,
    state: CustomerState | None = None,
) -> Facts:
    return facts.load(conn, customer, event, RULEBOOK, minutes(at), state)


def enrol(conn: Connection, customer: str, name: str = "e_1", **more: Any) -> Entered:
    entered = Entered(
        **{
            "enrolment": name,
            "journey": "care",
            "plan": "hash",
            "revision": 1,
            "order_id": "DH-1",
            "event_id": "i_1",
            "at": NOON,
            "frozen": {},
            **more,
        }
    )
    enrolments.enter(conn, customer, [entered])
    return entered


def a_message(customer: str, step: str = "hello", channel: str = "email", at: float = 0, **more: Any) -> SendMessage:
    return SendMessage(
        **{
            "key": f"e_1/{step}/1:{channel}",
            "customer": customer,
            "enrolment": "e_1",
            "journey": "care",
            "plan": "hash",
            "step": step,
            "template": "hello",
            "channel": channel,
            "purpose": "care",
            "at": minutes(at),
            "expires_at": minutes(at + 1000),
            **more,
        }
    )


def a_ticket(customer: str, step: str = "help", **more: Any) -> OpenTicket:
    return OpenTicket(
        **{
            "key": f"e_1/{step}/1:ticket",
            "customer": customer,
            "enrolment": "e_1",
            "journey": "care",
            "plan": "hash",
            "step": step,
            "queue": "care_team",
            "about": "{{ csat.score }}",
            "priority": "high",
            "at": NOON,
            "due_at": minutes(60),
            **more,
        }
    )
