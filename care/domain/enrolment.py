"""Where a customer stands: the explicit state one workflow carries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from care.domain.conditions import Fact
from care.domain.orders import Order

Doing = Literal["start", "wait", "send", "sending", "answer", "event", "ticket", "escalating", "webhook", "repeat"]


@dataclass(frozen=True, slots=True)
class Pass:
    """How far a ``repeat`` has come: the number of the pass it is in, and when that began (UTC)."""

    number: int
    began: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """A move that waits for the customer's next wait.

    Attributes:
        steps: Old step id to new step id, where they differ.
        by: The operator who wants it.
    """

    plan: str
    steps: Mapping[str, str] = field(default_factory=dict)
    by: str = ""


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
        asks: The survey it asks; empty for a reminder and for every other message.
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
    asks: str = ""


@dataclass(slots=True)
class Enrolment:
    """One customer in one journey.

    Attributes:
        id: Opaque, made from the customer, the journey and the entry event.
        plan: Hash of the plan entered with; the customer keeps it.
        at: Step ids from the outermost to the current one; a path returns to the step after its caller.
        doing: What the current step is busy with.
        since: When the current step began (UTC); a survey's answer is waited for since it was asked.
        until: When what it is doing ends by itself (UTC).
        remind_at: When a survey's reminder is due, or a ticket's escalation.
        answers: Scores given in this enrolment, for example ``csat.score``.
        ticket: Id of the ticket the journey waits for.
        values: Journey values set by ``set`` steps and webhooks, by ``journey.*`` field; dates as ISO 8601.
        visits: How often each path was entered; the visit of its steps. A move lets all count on from the highest.
        passes: How far each ``repeat`` that is under way has come, by step id.
        moving: The plan an operator wants this enrolment in; it moves there at its next wait.
        passed: After a move: what was done before it and is not done again, as ``step/visit``.
        thawed: The end of the last frozen pause of the journey that was taken into account (UTC).
        lag: Seconds that frozen pauses took; calendar days are counted that much later.
        asked: After a move: the step key under which the question that waits for its answer was asked.
        publication: Number of the publication that said last which plan this is to walk; 0 when that is not known.
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
    values: Mapping[str, Fact] = field(default_factory=dict)
    visits: Mapping[str, int] = field(default_factory=dict)
    passes: Mapping[str, Pass] = field(default_factory=dict)
    moving: Wanted | None = None
    passed: tuple[str, ...] = ()
    thawed: datetime | None = None
    lag: int = 0
    asked: str = ""
    publication: int = 0

    @property
    def step(self) -> str:
        """Id of the current step."""
        return self.at[-1]


def wakes(doing: Doing, until: datetime | None, remind_at: datetime | None, wish: Wish | None) -> list[datetime]:
    """The instants at which an enrolment must be looked at again even if nothing happens."""
    if doing == "sending":
        return []
    found = [at for at in (until, remind_at) if at is not None]
    if doing == "send" and wish is not None:
        found.append(wish.not_before or wish.expires_at)
    return found


def next_wake(enrolments: Iterable[Enrolment]) -> datetime | None:
    """When the first of these enrolments must be looked at again (UTC); one whose journey stands still may be later."""
    found = [at for run in enrolments for at in wakes(run.doing, run.until, run.remind_at, run.wish)]
    return min(found, default=None)


@dataclass(slots=True)
class CustomerState:
    """Everything the workflow carries for one customer; no personal data."""

    customer: str
    last: datetime | None = None
    enrolments: tuple[Enrolment, ...] = ()
    in_flight: tuple[Order, ...] = ()
    paused: bool = False
