"""The simulator: plays a scripted customer through the planner on a virtual clock.

Rule tests, previews and property tests use it; the differential test holds it against the real engine.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from care.domain.audit import Entry
from care.domain.conditions import Fact, Value
from care.domain.customers import Claimed, Facts, Past
from care.domain.decisions import Decision, Left
from care.domain.enrolment import CustomerState
from care.domain.errors import CareError
from care.domain.happenings import MOVED, Event, Happening, Heard, Settled
from care.domain.orders import CallWebhook, EscalateTicket, OpenTicket, Order, SendMessage
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
        replies: What an endpoint answers to a webhook: endpoint to dotted place in its answer to value.
    """

    fields: Mapping[str, Value] = field(default_factory=dict)
    zone: str = ""
    reach: tuple[str, ...] = ("email", "sms")
    consents: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    customer: str = "c_simulated"
    replies: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)


Reaction = Callable[[Order, datetime], Iterable[Scripted]]
"""What people do about an order that was carried out at an instant (UTC): events then or later."""


@dataclass(slots=True)
class Played:
    """What happened: the timeline, the messages in the order they left, and how each enrolment ended."""

    entries: list[Entry] = field(default_factory=list)
    messages: list[SendMessage] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    decisions: int = 0

    def add(self, decision: Decision) -> None:
        """Take in what the next decision says."""
        self.entries.extend(decision.entries)
        self.left.extend(decision.left)
        self.messages.extend([order for order in decision.orders if isinstance(order, SendMessage)])
        self.decisions += 1


class World:
    """The facts of one simulated customer, kept up to date as things happen."""

    def __init__(self, person: Person) -> None:
        self.fields: dict[str, Value] = {"ticket.open": False, **person.fields}
        self.consents = dict(person.consents)
        self.replies = person.replies
        refused = [pair for pair, given in person.consents.items() if given is False and pair[1] != "marketing"]
        self.suppressed: dict[tuple[str, str], str] = dict.fromkeys(refused, "consent withdrawn")
        self.frozen: dict[str, Mapping[str, Value]] = {}
        self.tickets: dict[str, str] = {}
        self.order_of: dict[str, str | None] = {}
        self.begun: dict[str, tuple[str, ...]] = {}
        self.keeps_steps = False
        self.facts = Facts(
            customer=person.customer,
            fields=self.fields,
            zone=person.zone,
            addresses={channel: channel for channel in person.reach},
            suppressed=self.suppressed,
            consents=self.consents,
            frozen=self.frozen,
            begun=self.begun,
        )

    def hear(self, scripted: Scripted) -> Event:
        """Let an event change the facts, as the store would."""
        event = scripted.event
        kind, _, happened = event.type.partition(".")
        if happened == "answered" and "score" in event.data:
            self.fields[f"{kind}.last"] = event.data["score"]
        elif event.type in ("consent.given", "consent.withdrawn"):
            self._consent(event, given=happened == "given")
        elif event.type in ("topic.muted", "topic.wanted"):
            topic = {str(event.data.get("topic", ""))}
            self.facts.muted = self.facts.muted | topic if happened == "muted" else self.facts.muted - topic
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
                    claimed = Claimed(order.at, order.step_key, order.asks, order.purpose, order.channel)
                    self.facts.ledger = (*self.facts.ledger, claimed)
                if order.offer:
                    self.facts.offers_made |= {(order.offer, self.order_of[order.enrolment])}
                return Settled(order.key, "sent")
            case OpenTicket():
                self.tickets[ticket_id(order.key)] = order.enrolment
                self.fields["ticket.open"] = True
                return Settled(order.key, "done")
            case EscalateTicket():
                return Settled(order.key, "done")
            case CallWebhook():
                reply = self.replies.get(order.endpoint, {})
                values = {field: reply[at] for field, at in order.save.items() if at in reply}
                return Settled(order.key, "done", values=values)

    def remember(self, decision: Decision) -> None:
        """Keep what a decision adds to the facts."""
        self.facts.event = None
        for entered in decision.entered:
            self.frozen[entered.enrolment] = entered.frozen
            self.order_of[entered.enrolment] = entered.order_id
            self.facts.past = (*self.facts.past, Past(entered.journey, entered.order_id, entered.at))
        for tag in decision.tags:
            had = self.fields.get(tag.field)
            words = tuple([word for word in had if word != tag.word]) if isinstance(had, tuple) else ()
            self.fields[tag.field] = (*words, tag.word) if tag.how == "add" else words
        if self.keeps_steps:
            for entry in decision.entries:
                if entry.step:
                    self.begun[entry.enrolment] = (*self.begun.get(entry.enrolment, ()), entry.step)


def simulate(
    rulebook: Rulebook,
    person: Person,
    script: Sequence[Scripted],
    *,
    explain: bool = True,
    reacts: Reaction | None = None,
) -> Played:
    """Play the script, oldest first, until nothing more can happen (see ``decisions``)."""
    played = Played()
    for decision, _ in decisions(rulebook, person, script, explain=explain, reacts=reacts):
        played.add(decision)
    return played


def decisions(
    rulebook: Rulebook,
    person: Person,
    script: Sequence[Scripted],
    *,
    explain: bool = True,
    reacts: Reaction | None = None,
) -> Iterator[tuple[Decision, Facts]]:
    """Every decision of the story in turn, each with the facts as they are before its orders are carried out.

    Args:
        rulebook: The plans to walk by.
        person: The customer at the start.
        script: What happens whatever the journeys do.
        explain: Keep the reasons of every entry.
        reacts: What happens because of the journeys: asked once for every order, it answers with further events,
            such as the answer to a survey or the closing of a ticket.

    Raises:
        SimulationError: The customer is still being decided after ten thousand decisions.
    """
    yield from Life(rulebook, World(person), script, explain=explain, reacts=reacts).decisions()


class Life:
    """One simulated customer, who can be led on from where they stand, one stretch of time after the other.

    Attributes:
        state: Where the customer stands after the last decision.
        world: What is known of them.
        wake: When the next decision is due if nothing happens (UTC).
    """

    def __init__(
        self,
        rulebook: Rulebook,
        world: World,
        script: Sequence[Scripted],
        *,
        explain: bool = True,
        reacts: Reaction | None = None,
    ) -> None:
        self.rulebook, self.world, self.explain, self.reacts = rulebook, world, explain, reacts
        self.state = CustomerState(world.facts.customer)
        self.wake: datetime | None = None
        self._coming = _Coming(script)
        world.keeps_steps = any(scripted.event.type == MOVED for scripted in script)

    def stand(self, state: CustomerState, now: datetime) -> None:
        """Begin where a real customer stands; orders on their way are taken to succeed now."""
        self.state, self.wake = state, now

    def forked(self, rulebook: Rulebook, world: World) -> "Life":
        """The same life from here on by another rulebook, in a world of its own; it has no reactions yet."""
        twin = Life(rulebook, world, (), explain=self.explain)
        twin.state, twin.wake, twin._coming = self.state, self.wake, self._coming.copied()
        return twin

    def forget(self, events: Container[str]) -> None:
        """Let what is still to come, and is among these event ids, never happen."""
        self._coming.forget(events)

    def happens(self, more: Iterable[Scripted]) -> None:
        """Let more things happen than were scripted, from now on."""
        self._coming.add(more)

    def decisions(self, until: datetime | None = None) -> Iterator[tuple[Decision, Facts]]:
        """The decisions before an instant, each with the facts as they are before its orders are carried out.

        Args:
            until: Where to stop (UTC); else when nothing more can happen, or 800 days after the first event.

        Raises:
            SimulationError: The customer is still being decided after ten thousand decisions, and as many for every
                hundred events.
        """
        now = min((at for at in (self._coming.first, self.wake) if at is not None), default=None)
        if now is None:
            return
        end = until or now + HORIZON
        outcomes: list[Happening] = [self.world.obey(order) for order in self.state.in_flight]
        most = TOO_MANY_DECISIONS * (1 + len(self._coming) // 100)
        for _ in range(most):
            happenings = outcomes
            if not outcomes:
                first = self._coming.first
                if first is not None and (self.wake is None or first <= self.wake):
                    if until is not None and first >= until:
                        return
                    scripted = self._coming.pop()
                    now = max(now, scripted.at)
                    happenings = [Heard(self.world.hear(scripted).id)]
                elif self.wake is not None and self.wake < end:
                    now = max(now, self.wake)
                else:
                    return
            decision = plan(self.state, happenings, self.world.facts, self.rulebook, now, explain=self.explain)
            self.state, self.wake = decision.state, decision.wake_at
            self.world.remember(decision)
            yield decision, self.world.facts
            outcomes = [self.world.obey(order) for order in decision.orders]
            if outcomes and self.reacts is not None:
                self._coming.add(scripted for order in decision.orders for scripted in self.reacts(order, decision.at))
        raise SimulationError(f"still not at an end after {most:,} decisions at {now}")


class _Coming:
    """What is still to happen, oldest first; of two at one instant the one that was scripted first."""

    __slots__ = ("_count", "_heap")

    def __init__(self, script: Sequence[Scripted]) -> None:
        self._heap = [(scripted.at, number, scripted) for number, scripted in enumerate(script)]
        self._count = len(script)
        heapify(self._heap)

    @property
    def first(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    def __len__(self) -> int:
        return len(self._heap)

    def pop(self) -> Scripted:
        return heappop(self._heap)[2]

    def copied(self) -> "_Coming":
        twin = _Coming(())
        twin._heap, twin._count = self._heap.copy(), self._count
        return twin

    def forget(self, events: Container[str]) -> None:
        self._heap = [each for each in self._heap if each[2].event.id not in events]
        heapify(self._heap)

    def add(self, more: Iterable[Scripted]) -> None:
        for scripted in more:
            heappush(self._heap, (scripted.at, self._count, scripted))
            self._count += 1
