"""The simulator: plays a scripted customer through the planner on a virtual clock.

Rule tests, previews and property tests use it; the differential test holds it against the real engine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from care.domain.audit import Entry
from care.domain.conditions import Value
from care.domain.customers import Claimed, Facts, Past
from care.domain.decisions import Decision, Left
from care.domain.enrolment import CustomerState
from care.domain.errors import CareError
from care.domain.happenings import Event, Happening, Heard, Settled
from care.domain.orders import EscalateTicket, OpenTicket, Order, SendMessage
from care.domain.planner import plan
from care.domain.rulebook import Rulebook
from care.domain.stepping import ticket_id

HORIZON = timedelta(days=800)
TOO_MANY_DECISIONS = 10_000


class SimulationError(CareError):
    """The simulated customer did not come to an end; the rules go round in a circle."""


@dataclass(frozen=True, slots=True)
class Scripted:
    """One event of the script.

    Attributes:
        at: When it happens (UTC).
        order: ``order.*`` of the event's order, by full field name.
        fields: Customer fields that are true from this event on.
    """

    at: datetime
    event: Event
    order: Mapping[str, Value] = field(default_factory=dict)
    fields: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """The scripted customer.

    Attributes:
        fields: Customer fields at the start, by full name.
        reach: Channels with an address.
        consents: ``(channel, purpose)`` to whether consent was given.
    """

    fields: Mapping[str, Value] = field(default_factory=dict)
    zone: str = ""
    reach: tuple[str, ...] = ("email", "sms")
    consents: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    customer: str = "c_simulated"


@dataclass(slots=True)
class Played:
    """What happened: the timeline, the messages in the order they left, and how each enrolment ended."""

    entries: list[Entry] = field(default_factory=list)
    messages: list[SendMessage] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    decisions: int = 0


class World:
    """The facts of one simulated customer, kept up to date as things happen."""

    def __init__(self, person: Person) -> None:
        self.fields: dict[str, Value] = {"ticket.open": False, **person.fields}
        self.consents = dict(person.consents)
        self.suppressed: dict[tuple[str, str], str] = {}
        self.frozen: dict[str, Mapping[str, Value]] = {}
        self.tickets: dict[str, str] = {}
        self.order_of: dict[str, str | None] = {}
        self.facts = Facts(
            customer=person.customer,
            fields=self.fields,
            zone=person.zone,
            addresses={channel: channel for channel in person.reach},
            suppressed=self.suppressed,
            consents=self.consents,
            frozen=self.frozen,
        )

    def hear(self, scripted: Scripted) -> Event:
        """Let an event change the facts, as the store would."""
        event = scripted.event
        kind, _, happened = event.type.partition(".")
        if happened == "answered" and "score" in event.data:
            self.fields[f"{kind}.last"] = event.data["score"]
        elif event.type in ("consent.given", "consent.withdrawn"):
            self._consent(event, given=happened == "given")
        elif event.type == "ticket.closed":
            event = self._close(event)
        elif event.type == "appointment.booked" and "at" in event.data:
            self.fields["appointment.at"] = event.data["at"]
        elif event.type == "message.bounced":
            for purpose in ("marketing", "care", "transactional"):
                self.suppressed[str(event.data["channel"]), purpose] = "address bounced"
        self.fields.update(scripted.fields)
        self.facts.event, self.facts.order = event, scripted.order
        return event

    def _consent(self, event: Event, *, given: bool) -> None:
        channel, purpose = str(event.data["channel"]), str(event.data["purpose"])
        self.consents[channel, purpose] = given
        closed = (purpose, "marketing") if purpose == "care" else (purpose,)
        for each in closed:
            if given:
                self.suppressed.pop((channel, each), None)
            else:
                self.suppressed[channel, each] = "opted out"

    def _close(self, event: Event) -> Event:
        about = event.about or next(iter(self.tickets), "")
        self.tickets.pop(about, None)
        self.fields["ticket.open"] = bool(self.tickets)
        return Event(event.id, event.type, event.order_id, event.data, about, event.operator)

    def obey(self, order: Order) -> Settled:
        """Carry out an order as a world where everything works."""
        match order:
            case SendMessage():
                if order.purpose != "transactional":
                    self.facts.ledger = (*self.facts.ledger, Claimed(order.at, order.step_key))
                if order.offer:
                    self.facts.offers_made |= {(order.offer, self.order_of[order.enrolment])}
                return Settled(order.key, "sent")
            case OpenTicket():
                self.tickets[ticket_id(order.key)] = order.enrolment
                self.fields["ticket.open"] = True
                return Settled(order.key, "done")
            case EscalateTicket():
                return Settled(order.key, "done")

    def remember(self, decision: Decision) -> None:
        """Keep what a decision adds to the facts."""
        self.facts.event = None
        for entered in decision.entered:
            self.frozen[entered.enrolment] = entered.frozen
            self.order_of[entered.enrolment] = entered.order_id
            self.facts.past = (*self.facts.past, Past(entered.journey, entered.order_id, entered.at))


def simulate(rulebook: Rulebook, person: Person, script: Sequence[Scripted], *, explain: bool = True) -> Played:
    """Play the script, oldest first, until nothing more can happen.

    Raises:
        SimulationError: The customer is still being decided after ten thousand decisions.
    """
    world, played = World(person), Played()
    state = CustomerState(person.customer)
    coming = sorted(script, key=lambda scripted: scripted.at, reverse=True)
    if not coming:
        return played
    now, end = coming[-1].at, coming[-1].at + HORIZON
    wake: datetime | None = None
    outcomes: list[Happening] = []
    while True:
        happenings = outcomes
        if not outcomes:
            if coming and (wake is None or coming[-1].at <= wake):
                scripted = coming.pop()
                now = max(now, scripted.at)
                happenings = [Heard(world.hear(scripted).id)]
            elif wake is not None and wake <= end:
                now = max(now, wake)
            else:
                return played
        decision = plan(state, happenings, world.facts, rulebook, now, explain=explain)
        state, wake = decision.state, decision.wake_at
        _record(played, decision)
        world.remember(decision)
        outcomes = [world.obey(order) for order in decision.orders]


def _record(played: Played, decision: Decision) -> None:
    played.entries.extend(decision.entries)
    played.left.extend(decision.left)
    played.messages.extend([order for order in decision.orders if isinstance(order, SendMessage)])
    played.decisions += 1
    if played.decisions > TOO_MANY_DECISIONS:
        raise SimulationError(f"still not at an end after {TOO_MANY_DECISIONS:,} decisions at {decision.at}")
