"""What the planner answers: the new state, orders for the world, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field as Discriminated

from care.domain.conditions import Value

if TYPE_CHECKING:
    from care.domain.audit import Entry
    from care.domain.enrolment import CustomerState


@dataclass(slots=True)
class SendMessage:
    """Deliver one message. Its key is claimed once for ever.

    Attributes:
        key: ``<step key>:<channel>``; the step key is ``<enrolment>/<step>[+remind]/<visit>``.
        plan: Hash of the plan, for the rule file's words.
        at: The instant of the decision (UTC); the activity takes its time from here.
        expires_at: Not to be sent after this (UTC).
        offer: Catalogue offer this message carries, or empty.
        survey: ``csat``, ``nps`` or ``ces`` when the message asks for a score, or empty.
        values: Words for the template that the rule file gave (``with``, table columns).
    """

    key: str
    customer: str
    enrolment: str
    journey: str
    plan: str
    step: str
    template: str
    channel: str
    purpose: str
    at: datetime
    expires_at: datetime
    part: str = ""
    offer: str = ""
    offer_expires_at: datetime | None = None
    survey: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["send"] = "send"

    @property
    def step_key(self) -> str:
        """The key without its channel: what may reach the customer at most once."""
        return self.key.rsplit(":", 1)[0]


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Hand the customer to the people of a queue. ``about`` is the rule file's text, still a template."""

    key: str
    customer: str
    enrolment: str
    journey: str
    plan: str
    step: str
    queue: str
    about: str
    priority: str
    at: datetime
    due_at: datetime | None = None
    kind: Literal["ticket"] = "ticket"


@dataclass(frozen=True, slots=True)
class EscalateTicket:
    """Move an open ticket whose time ran out to another queue."""

    key: str
    customer: str
    enrolment: str
    ticket: str
    queue: str
    at: datetime
    kind: Literal["escalate"] = "escalate"


Order = Annotated[SendMessage | OpenTicket | EscalateTicket, Discriminated(discriminator="kind")]


@dataclass(slots=True)
class Entered:
    """A new enrolment for the store, with the order's fields frozen as they are now."""

    enrolment: str
    journey: str
    plan: str
    revision: int
    order_id: str | None
    event_id: str
    at: datetime
    frozen: Mapping[str, Value]


@dataclass(slots=True)
class Left:
    """An enrolment that ended, and why. ``converted`` when its goal was reached."""

    enrolment: str
    at: datetime
    reason: str
    converted: bool = False


@dataclass(slots=True)
class Decision:
    """The answer of one ``plan`` call.

    Attributes:
        at: The instant that was decided for: never earlier than the customer's last one.
        consumed: Ids of the happenings that were heard.
        wake_at: When to decide again if nothing happens (UTC); ``None`` when only a happening can wake.
        seen: Every field value that was looked at, by name (the snapshot stored with the decision).
    """

    at: datetime
    state: CustomerState
    consumed: tuple[str, ...]
    orders: tuple[Order, ...]
    wake_at: datetime | None
    entries: tuple[Entry, ...] = ()
    entered: tuple[Entered, ...] = ()
    left: tuple[Left, ...] = ()
    seen: Mapping[str, Value | None] = field(default_factory=dict)
