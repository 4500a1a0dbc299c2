"""What a workflow may ask of the world. Workflows import this and never an implementation."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from care.domain.enrolment import CustomerState
from care.domain.happenings import Happening, Settled
from care.domain.orders import CallWebhook, EscalateTicket, OpenTicket, Order, SendMessage


def channel_queue(task_queue: str, channel: str) -> str:
    """The task queue of a channel's messages, where the server holds its rate; beside the one of everything else."""
    return f"{task_queue}-{channel}"


@dataclass(frozen=True, slots=True)
class DecideRequest:
    """One decision to take.

    Attributes:
        key: Names the decision for ever; asked again under the same key, the stored answer comes back.
        state: Where the customer stands, or ``None`` in the first decision of a run.
        happenings: What came in, oldest first.
        now: The workflow's clock (UTC).
    """

    key: str
    customer: str
    state: CustomerState | None
    happenings: tuple[Happening, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """What the workflow needs to know of a decision; everything else is in the store.

    Attributes:
        consumed: Ids of the happenings that were decided; whatever else is in the inbox waits for the next decision.
        wake_at: When to decide again by itself (UTC).
        freed: Ids of events that had to wait for this one and can be heard now.
    """

    state: CustomerState
    consumed: tuple[str, ...]
    orders: tuple[Order, ...]
    wake_at: datetime | None
    freed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CareStart:
    """What one run of ``CustomerCare`` starts from.

    Attributes:
        customer: The opaque customer key.
        state: Where the run before this one left the customer, or ``None`` in a first run.
        inbox: Happenings the run before this one had not decided yet.
        wake_at: When to decide again by itself (UTC), as the last decision said.
    """

    customer: str
    state: CustomerState | None = None
    inbox: tuple[Happening, ...] = ()
    wake_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one enrolment stands right now; ``until`` is when its step ends by itself (UTC)."""

    enrolment: str
    journey: str
    step: str
    doing: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Position:
    """The live position of a customer.

    Attributes:
        in_flight: Keys of the orders that have no outcome yet.
        wake_at: When the next decision is taken if nothing happens (UTC).
        inbox: How many happenings wait to be decided.
    """

    customer: str
    paused: bool
    enrolments: tuple[Standing, ...]
    in_flight: tuple[str, ...]
    wake_at: datetime | None
    inbox: int


class Deciding(ABC):
    """Load the facts, ask the planner, write the audit: one transaction."""

    @activity.defn(name="decide")
    @abstractmethod
    def decide(self, request: DecideRequest) -> Decided:
        """Decide; idempotent by ``request.key``. Of happenings that were given at least one is consumed."""


class Sending(ABC):
    """Deliver one message."""

    @activity.defn(name="send_message")
    @abstractmethod
    async def send_message(self, order: SendMessage) -> Settled:
        """Claim, guard again, render, deliver, settle."""


class HandingOver(ABC):
    """Bring a person in."""

    @activity.defn(name="open_ticket")
    @abstractmethod
    async def open_ticket(self, order: OpenTicket) -> Settled:
        """Open the ticket once and tell its queue by e-mail."""

    @activity.defn(name="escalate_ticket")
    @abstractmethod
    async def escalate_ticket(self, order: EscalateTicket) -> Settled:
        """Move a ticket that is still open to another queue and tell that queue."""


class Calling(ABC):
    """Speak to the endpoints of the catalogue."""

    @activity.defn(name="call_webhook")
    @abstractmethod
    async def call_webhook(self, order: CallWebhook) -> Settled:
        """Post once under the order's key and read the answer."""


class Sweeping(ABC):
    """Find what was stored but never told to its workflow."""

    @activity.defn(name="sweep")
    @abstractmethod
    async def sweep(self) -> None:
        """For some minutes, signal again and again whatever stays undecided."""
