"""Builder: a customer's life while operators hold the journey: they pause it, publish anew, and end it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from care.domain.catalogue import Catalogue
from care.domain.conditions import Value
from care.domain.controls import Clock, JourneyPause
from care.domain.decisions import Decision
from care.domain.happenings import EXITED, MOVED, WOKEN, Event
from care.domain.journey import Plan
from care.domain.rulebook import WalkedPlan
from care.domain.simulation import Life, Played, Scripted, World
from care.store.ways import Ways
from tests.builders import MONDAY_10, Story, uncapped

OPERATOR = "Mai"


@dataclass(frozen=True)
class Paused:
    """The journey is paused."""

    at: datetime
    clock: Clock


@dataclass(frozen=True)
class Resumed:
    """The journey goes on."""

    at: datetime


@dataclass(frozen=True)
class PublishedAnew:
    """The journey's next revision, and everybody inside is to move there; ``plan`` is the new one."""

    at: datetime
    plan: Plan
    steps: Mapping[str, str]


@dataclass(frozen=True)
class Emptied:
    """Everybody is to leave."""

    at: datetime
    note: str


Act = Paused | Resumed | PublishedAnew | Emptied


class Operated(Story):
    """A story of one journey with what operators do to it, told in days after the purchase."""

    def __init__(self, plan: Plan, *, starts: datetime = MONDAY_10, catalogue: Catalogue | None = None) -> None:
        super().__init__(plan, starts=starts, catalogue=catalogue or uncapped())
        self.acts: list[Act] = []
        self.journey = plan.journey
        self.decisions: list[Decision] = []

    def paused(self, day: float, clock: Clock = "freeze") -> Operated:
        return self._act(Paused(self._at(day), clock))

    def resumed(self, day: float) -> Operated:
        return self._act(Resumed(self._at(day)))

    def published(self, day: float, plan: Plan, **steps: str) -> Operated:
        """Publish the next plan and move everybody; ``steps`` is the author's map."""
        return self._act(PublishedAnew(self._at(day), plan, steps))

    def emptied(self, day: float, note: str = "stock ran out") -> Operated:
        return self._act(Emptied(self._at(day), note))

    def played(self, *, explain: bool = True) -> Played:
        played, self.decisions = Played(), []
        life = Life(self.rulebook, World(self.person), self.script, explain=explain)
        life.world.keeps_steps = True
        for number, act in enumerate(sorted(self.acts, key=lambda each: each.at)):
            self.decisions += [decision for decision, _ in life.decisions(act.at)]
            self._carry_out(life, act, f"act{number}")
        self.decisions += [decision for decision, _ in life.decisions()]
        for decision in self.decisions:
            played.add(decision)
        return played

    def _at(self, day: float) -> datetime:
        return self.starts + timedelta(days=day)

    def _act(self, act: Act) -> Operated:
        self.acts.append(act)
        return self

    def _carry_out(self, life: Life, act: Act, name: str) -> None:
        match act:
            case Paused():
                _hold(life, self.journey, lambda pauses: (*pauses, JourneyPause(act.at, act.clock)))
            case Resumed():
                _hold(life, self.journey, lambda pauses: (*pauses[:-1], replace(pauses[-1], until=act.at)))
                _tell(life, act.at, name, WOKEN, journey=self.journey)
            case PublishedAnew():
                steps, number = _publish(life, act), life.rulebook.revision
                _tell(life, act.at, name, MOVED, plan=act.plan.hash, publication=number, **steps)
            case Emptied():
                _tell(life, act.at, name, EXITED, journey=self.journey, note=act.note)


def the_next(plan: Plan, revision: int = 2) -> Plan:
    """The plan as a later revision of its journey."""
    return replace(plan, hash=f"hash of {plan.journey}, {revision}", revision=revision)


Pauses = tuple[JourneyPause, ...]


def _hold(life: Life, journey: str, change: Callable[[Pauses], Pauses]) -> None:
    controls = life.rulebook.controls
    pauses = {**controls.pauses, journey: change(controls.pauses.get(journey, ()))}
    life.rulebook = replace(life.rulebook, controls=replace(controls, pauses=pauses))


def _publish(life: Life, act: PublishedAnew) -> dict[str, Value]:
    """Make the plan the one that customers enter; answers with where the steps went, in words."""
    book, walked = life.rulebook, WalkedPlan(act.plan)
    old = [book.plans[name].plan for name in dict.fromkeys(run.plan for run in life.state.enrolments)]
    entering, plans = {**book.entering, act.plan.journey: walked}, {**book.plans, act.plan.hash: walked}
    life.rulebook = replace(book, entering=entering, plans=plans, revision=book.revision + 1)
    return Ways(act.plan, old, act.steps).told()


def _tell(life: Life, at: datetime, name: str, kind: str, **data: Value) -> None:
    life.happens([Scripted(at, Event(name, kind, None, data, operator=OPERATOR))])
