"""Lives: every life that a journey's rules tell apart, one after the other."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from care.domain.conditions import Fact, FieldTest, Value
from care.domain.customers import Facts
from care.domain.decisions import Decision
from care.domain.happenings import Event
from care.domain.journey import Plan
from care.domain.orders import OpenTicket, Order, SendMessage
from care.domain.rulebook import Rulebook
from care.domain.simulation import Life, Person, Scripted, SimulationError, World
from care.domain.stepping import ticket_id
from care.domain.steps import WaitFor
from care.domain.timing import zone_of
from care.trying.choices import Choices, Chosen
from care.trying.sides import SPLIT, Sides, fact_of, replies_of
from care.trying.values import Values

# A Monday morning, and a Friday evening in most quiet hours, on the company's clock.
_STARTS = (datetime(2026, 3, 2, 10, 0), datetime(2026, 3, 6, 22, 40))  # noqa: DTZ001 - local times
_SOON = timedelta(hours=2)
_DEPTH = 7


@dataclass(slots=True)
class OneLife:
    """One life as it was lived.

    Attributes:
        steps: Each decision with the facts it was taken on.
        unusual: How far from the plainest life it is.
        choices: What was chosen, in order: tells the same life again.
        given: What was known of the customer, as far as anybody asked; ``None`` for what was not.
        events: What happened, in words.
    """

    plan: Plan
    starts: datetime
    zone: ZoneInfo
    world: World
    steps: list[tuple[Decision, Facts]] = field(default_factory=list)
    events: list[tuple[datetime, str]] = field(default_factory=list)
    known: tuple[tuple[str, Chosen], ...] = ()
    unusual: int = 0
    choices: tuple[int, ...] = ()
    endless: bool = False

    @property
    def given_at_start(self) -> dict[str, Value | None]:
        """What was known of the customer at the start."""
        found: dict[str, Value | None] = {}
        for space, chosen in self.known:
            found.update({_name(space, key): value for key, value in chosen.chosen.items()})
        return found


class Lives:
    """All lives that begin with a journey's trigger.

    Args:
        more: Tests that matter besides those of the rules.
    """

    def __init__(self, rulebook: Rulebook, plan: Plan, more: Sequence[FieldTest] = ()) -> None:
        self._sides = Sides(rulebook)
        self._rulebook = self._sides.told(rulebook)
        self._replies = list(replies_of(rulebook))
        self._plan = plan
        self._zone = zone_of(rulebook.catalogue.company.timezone, "UTC")
        first = _STARTS[0].replace(tzinfo=self._zone)
        self._values = Values(rulebook, first, self._zone, more)
        self._events = frozenset(rulebook.catalogue.events)

    def parts(self) -> list[tuple[int, ...]]:
        """The lives divided by their first choices."""
        choices, found = Choices(), list[tuple[int, ...]]()
        while not found or choices.more(_DEPTH):
            self._live(choices)
            found.append(choices.first(_DEPTH))
        return found

    def retold(self, choices: Sequence[int]) -> OneLife:
        """One life once more, by all of its choices, with the reasons of every step."""
        return self._live(Choices(choices), explain=True)

    def all(self, limit: int, part: Sequence[int] = ()) -> Iterator[OneLife]:
        """Every life of a part (of all, without one), the plainest choices first; no more than ``limit``."""
        choices = Choices(part)
        for _ in range(limit):
            life = self._live(choices)
            life.unusual, life.choices = choices.unusual, choices.first(sys.maxsize)
            yield life
            if not choices.more():
                return

    def _live(self, choices: Choices, *, explain: bool = False) -> OneLife:
        starts = choices.one_of(_STARTS).replace(tzinfo=self._zone)
        world = World(Person(customer="c_promise"))
        fields = Chosen(lambda name: self._pick(choices, name))
        fields["ticket.open"] = False
        order = Chosen(lambda name: self._pick(choices, name, "order."))
        world.fields = world.facts.fields = fields
        consents = Chosen(lambda pair: choices.one_of((True, None)))
        world.consents = world.facts.consents = consents
        addresses = Chosen(lambda channel: choices.one_of((channel, None)))
        world.facts.addresses = addresses
        replies = self._answers(choices)
        world.replies = replies
        known = (("", fields), ("", order), ("reach.", addresses), ("consent.", consents))
        answers = tuple((f"webhook.{endpoint}.", reply) for endpoint, reply in replies.items())
        lived = OneLife(self._plan, starts, self._zone, world, known=(*known, *answers))
        trigger = Event("entry", self._plan.trigger.event, "order", self._data(choices))
        life = Life(self._rulebook, world, [Scripted(starts, trigger, order)], explain=explain)
        life.reacts = lambda made, at: self._reacts(choices, lived, made, at)
        try:
            for decision, facts in life.decisions():
                for entered in decision.entered:
                    world.frozen[entered.enrolment] = order
                lived.steps.append((decision, facts))
                life.happens(self._awaited(choices, lived, decision))
        except SimulationError:
            lived.endless = True
        return lived

    def _pick(self, choices: Choices, name: str, space: str = "") -> Value | None:
        """A value of a field that may be one thing or another."""
        if name.startswith(SPLIT):
            return choices.one_of(self._sides.of(name))
        values = self._values.of(name)
        if values == (None,) or not name.startswith(space) or (name.startswith("event.") and space != "event."):
            raise LookupError(name)
        return choices.one_of(values)

    def _data(self, choices: Choices) -> Chosen:
        """What an event carries, by bare name; what only mirrors the order is not among it."""
        return Chosen(lambda name: self._pick(choices, f"event.{name}", "event."))

    def _answers(self, choices: Choices) -> dict[str, Chosen]:
        """What endpoints answer, chosen when they are asked."""
        fields = {(endpoint, place): name for endpoint, place, name in self._replies}

        def answer(endpoint: str) -> Chosen:
            return Chosen(lambda place: _answered(choices.one_of(self._values.answers(fields[endpoint, place]))))

        return {endpoint: answer(endpoint) for endpoint, _ in fields}

    def _reacts(self, choices: Choices, lived: OneLife, order: Order, at: datetime) -> Iterator[Scripted]:
        """What people do about an order: answer at once, at the last moment or never; close a ticket or not."""
        if isinstance(order, SendMessage) and order.survey and not order.part:
            scores = self._values.scores(order.survey)
            answer = choices.one_of((None, *((score, _SOON) for score in scores), (scores[0], None)))
            if answer is not None:
                score, soon = answer
                after = soon or self._patience(order) - _SOON
                answered = f"{order.survey}.answered"
                event = Event(f"{order.key} answered", answered, None, {"score": score}, order.survey_id)
                lived.events.append((at + after, f"{order.survey}.answered, score {score}"))
                yield Scripted(at + after, event)
        elif isinstance(order, OpenTicket) and choices.one_of((True, False)):
            lived.events.append((at + _SOON, "ticket.closed"))
            yield Scripted(at + _SOON, Event(f"{order.key} closed", "ticket.closed", None, {}, ticket_id(order.key)))

    def _patience(self, order: SendMessage) -> timedelta:
        for walked in self._rulebook.entering.values():
            step = walked.steps.get(order.step)
            if walked.plan.journey == order.journey and step is not None and step.verb == "survey":
                return timedelta(seconds=step.up_to.seconds)
        return timedelta(days=1)

    def _awaited(self, choices: Choices, lived: OneLife, decision: Decision) -> Iterator[Scripted]:
        """The events that ``wait_for`` steps wait for: each comes soon, or not at all."""
        for entry in decision.entries:
            walked = self._rulebook.entering.get(entry.journey)
            step = walked.steps.get(entry.step) if walked is not None else None
            if entry.kind != "waiting" or not isinstance(step, WaitFor) or not choices.one_of((False, True)):
                continue
            at, data = decision.at + _SOON, self._data(choices)
            if step.event == "appointment.booked":
                data["at"] = at + timedelta(days=choices.one_of((2, 12)))
            lived.events.append((at, step.event))
            yield Scripted(at, Event(f"{entry.step} {at}", step.event, "order", data), lived.world.facts.order)


def _name(space: str, key: object) -> str:
    """What a choice was about: a field, a channel that may be reached, a consent, or a place in an answer."""
    return f"{space}{'.'.join(key) if isinstance(key, tuple) else key}"


def _answered(value: Value | None) -> Fact | None:
    return None if value is None else fact_of(value)
