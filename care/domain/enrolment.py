"""Where a customer stands: the explicit state one workflow carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from care.domain.orders import Order

Doing = Literal["start", "wait", "send", "sending", "answer", "event", "ticket", "escalating"]


@dataclass(slots=True)
class Wish:
    """A message a step wants to send, until it is sent, skipped or given up.

    Attributes:
        part: Which message of the step: the first, or a survey's reminder.
        channels: Channels still to try, in order.
        wanted_at: When the step first wanted it (UTC).
        expires_at: After this instant it comes too late and is skipped.
        not_before: Held until then (UTC); ``None`` when only an event can free it.
        held: Why it is held, so that the same hold is told once.
        attempts: How many deliveries failed for now.
    """

    template: str
    channels: tuple[str, ...]
    purpose: str
    wanted_at: datetime
    expires_at: datetime
    part: Literal["", "remind"] = ""
    not_before: datetime | None = None
    held: str = ""
    attempts: int = 0
    offer: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Enrolment:
    """One customer in one journey.

    Attributes:
        id: Opaque, made from the customer, the journey and the entry event.
        plan: Hash of the plan entered with; the customer keeps it.
        at: Step ids from the outermost to the current one; a path returns to the step after its caller.
        doing: What the current step is busy with.
        since: When the current step began (UTC).
        until: When what it is doing ends by itself (UTC).
        remind_at: When a survey's reminder is due, or a ticket's escalation.
        answers: Scores given in this enrolment, for example ``csat.score``.
        ticket: Id of the ticket the journey waits for.
    """

    id: str
    journey: str
    plan: str
    entered_at: datetime
    event_id: str
    order_id: str | None = None
    at: tuple[str, ...] = ()
    doing: Doing = "start"
    since: datetime | None = None
    until: datetime | None = None
    remind_at: datetime | None = None
    wish: Wish | None = None
    answers: Mapping[str, float] = field(default_factory=dict)
    ticket: str = ""

    @property
    def step(self) -> str:
        """Id of the current step."""
        return self.at[-1]


@dataclass(slots=True)
class CustomerState:
    """Everything the workflow carries for one customer; no personal data."""

    customer: str
    last: datetime | None = None
    enrolments: tuple[Enrolment, ...] = ()
    in_flight: tuple[Order, ...] = ()
    paused: bool = False
