"""Builder: a journey led decision by decision, where every order ends as the test says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from care.domain.conditions import Value
from care.domain.controls import Clock, Controls, JourneyPause
from care.domain.decisions import Decision
from care.domain.enrolment import CustomerState, Enrolment
from care.domain.happenings import Event, Happening, Heard, Outcome, Settled
from care.domain.journey import Plan
from care.domain.orders import Order
from care.domain.planner import plan as decide
from care.domain.rulebook import WalkedPlan
from care.domain.simulation import Scripted, World
from tests.builders import Story


class ByHand:
    """One customer of a story; every method is one decision, at a day after the purchase."""

    def __init__(self, story: Story) -> None:
        self.story, self.rulebook, self.world = story, story.rulebook, World(story.person)
        self.world.keeps_steps = True
        self.state = CustomerState(story.person.customer)
        self.decisions: list[Decision] = []
        self._heard(story.script[0], 0)

    @property
    def run(self) -> Enrolment:
        """The oldest enrolment that goes on."""
        return self.state.enrolments[0]

    @property
    def orders(self) -> tuple[Order, ...]:
        """What the last decision ordered."""
        return self.decisions[-1].orders

    @property
    def wake(self) -> float | None:
        """The day the next decision is due."""
        at = self.decisions[-1].wake_at
        return (at - self.story.starts) / timedelta(days=1) if at is not None else None

    @property
    def told(self) -> list[str]:
        """Every entry so far, as kind and code."""
        return [f"{entry.kind} {entry.code}".strip() for each in self.decisions for entry in each.entries]

    def hears(self, day: float, kind: str, about: str = "", **data: Value) -> ByHand:
        event = Event(f"by hand {len(self.decisions)}", kind, None, data, about, str(data.pop("operator", "")))
        return self._heard(Scripted(self.at(day), event), day)

    def happens(self, scripted: Scripted) -> ByHand:
        return self._heard(scripted, (scripted.at - self.story.starts) / timedelta(days=1))

    def settles(self, day: float, outcome: Outcome, code: str = "", until: datetime | None = None) -> ByHand:
        """End whatever was ordered last."""
        [order] = self.state.in_flight
        return self._decide(day, [Settled(order.key, outcome, code=code, until=until)])

    def wakes(self, day: float) -> ByHand:
        return self._decide(day, [])

    def pauses(self, *spans: tuple[float, float | None], clock: Clock = "freeze") -> ByHand:
        """Say which pauses of the journey there were; the last one may still last. No decision is taken."""
        found = tuple(JourneyPause(self.at(a), clock, self.at(b) if b is not None else None) for a, b in spans)
        journey = next(iter(self.rulebook.entering))
        self.rulebook = replace(self.rulebook, controls=Controls({journey: found}, {}))
        return self

    def publishes(self, plan: Plan) -> ByHand:
        """Let new customers enter by another plan. No decision is taken."""
        book, walked = self.rulebook, WalkedPlan(plan)
        plans = {**book.plans, plan.hash: walked}
        self.rulebook = replace(book, entering={plan.journey: walked}, plans=plans, revision=book.revision + 1)
        return self

    def at(self, day: float) -> datetime:
        return self.story.starts + timedelta(days=day)

    def _heard(self, scripted: Scripted, day: float) -> ByHand:
        return self._decide(day, [Heard(self.world.hear(scripted).id)])

    def _decide(self, day: float, happenings: list[Happening]) -> ByHand:
        decision = decide(self.state, happenings, self.world.facts, self.rulebook, self.at(day))
        self.state = decision.state
        self.world.remember(decision)
        self.decisions.append(decision)
        return self
