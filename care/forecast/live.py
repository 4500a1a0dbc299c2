"""A live customer: where they stand, what is known of them, and a world to lead them forward in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from care.backtest.habits import TICKET, Habits
from care.domain.customers import Facts
from care.domain.enrolment import CustomerState, Enrolment
from care.domain.happenings import Event
from care.domain.orders import OpenTicket, Order, SendMessage
from care.domain.rulebook import Rulebook
from care.domain.simulation import Life, Person, Scripted, World
from care.domain.stepping import ticket_id
from care.domain.steps import Survey


@dataclass(frozen=True, slots=True)
class Live:
    """A customer on the way.

    Attributes:
        facts: What is known now.
        tickets: Open tickets by id, each with the enrolment it belongs to, or empty.
    """

    state: CustomerState
    facts: Facts
    tickets: Mapping[str, str]


class LiveWorld(World):
    """The world of a real customer from now on."""

    def __init__(self, live: Live) -> None:
        known = live.facts
        super().__init__(Person(known.fields, customer=known.customer))
        self.consents.update(known.consents)
        self.suppressed.update(known.suppressed)
        self.frozen.update(known.frozen)
        self.tickets.update(live.tickets)
        self.order_of.update({kept.id: kept.order_id for kept in live.state.enrolments})
        own = {name: getattr(self.facts, name) for name in ("fields", "consents", "suppressed", "frozen")}
        self.facts = replace(known, **own)


class Guessing:
    """What is assumed that customers and the care team do: answers drawn by the habits of the past."""

    def __init__(self, habits: Habits, world: LiveWorld) -> None:
        self._habits, self._world = habits, world

    def __call__(self, order: Order, at: datetime) -> Iterator[Scripted]:
        """What follows from an order that was carried out."""
        if isinstance(order, SendMessage) and order.survey and not order.part:
            yield from self._reply(order.survey, order.survey_id, order.enrolment, at)
        elif isinstance(order, OpenTicket):
            yield from self._reply(TICKET, ticket_id(order.key), order.enrolment, at)

    def waited_for(self, state: CustomerState, rulebook: Rulebook, now: datetime) -> Iterator[Scripted]:
        """What may still come to questions that were asked, and tickets that were opened, before now."""
        for run in state.enrolments:
            asked = self._asked(run, rulebook)
            if asked is not None:
                yield from self._reply(*asked, after=now)

    def _asked(self, run: Enrolment, rulebook: Rulebook) -> tuple[str, str, str, datetime] | None:
        since = run.since or run.entered_at
        if run.doing == "ticket":
            return TICKET, run.ticket, run.id, since
        step = rulebook.plans[run.plan].steps[run.step]
        if run.doing == "answer" and isinstance(step, Survey):
            return step.survey, f"{run.id}/{run.step}", run.id, since
        return None

    def _reply(
        self, topic: str, about: str, enrolment: str, at: datetime, *, after: datetime | None = None
    ) -> Iterator[Scripted]:
        outcome = self._habits.draw(topic, self._world.facts.customer, about)
        if outcome.after is None or (after is not None and at + outcome.after < after):
            return
        kind = "ticket.closed" if topic == TICKET else f"{topic}.answered"
        data = {} if outcome.score is None else {"score": outcome.score}
        event = Event(f"assumed {about}", kind, None, data, about)
        yield Scripted(at + outcome.after, event, self._world.frozen.get(enrolment, {}))


def life_of(live: Live, rulebook: Rulebook, habits: Habits, now: datetime) -> Life:
    """A life that begins where the customer stands now (UTC)."""
    world = LiveWorld(live)
    guessing = Guessing(habits, world)
    coming = list(guessing.waited_for(live.state, rulebook, now))
    life = Life(rulebook, world, coming, explain=False, reacts=guessing)
    life.stand(live.state, now)
    return life
