"""The working set of one decision: what the planner changes while it thinks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from care.domain.audit import Entry, EntryKind, RuleSeen, Why
from care.domain.conditions import Clause, Condition, Fact, Value, Verdict, explain, verdict
from care.domain.customers import Facts, Past
from care.domain.decisions import Entered, Left, Moved, Tagged
from care.domain.enrolment import CustomerState, Doing, Enrolment, Pass, Wanted, Wish
from care.domain.guardrails import Guard, guard_of
from care.domain.happenings import Event
from care.domain.journey import Plan
from care.domain.orders import Order
from care.domain.rulebook import Rulebook, WalkedPlan
from care.domain.sight import FactSight
from care.domain.steps import Step
from care.domain.timing import zone_of

NO_REASONS = Why()
_NO_ORDER: Mapping[str, Value] = {}


@dataclass(slots=True)
class Running:
    """One enrolment while it is being decided (see ``Enrolment`` for the fields)."""

    id: str
    walked: WalkedPlan
    entered_at: datetime
    event_id: str
    order_id: str | None
    at: tuple[str, ...]
    order: Mapping[str, Value]
    answers: dict[str, float]
    doing: Doing = "start"
    since: datetime | None = None
    until: datetime | None = None
    remind_at: datetime | None = None
    wish: Wish | None = None
    ticket: str = ""
    values: dict[str, Fact] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    passes: dict[str, Pass] = field(default_factory=dict)
    moving: Wanted | None = None
    passed: tuple[str, ...] = ()
    thawed: datetime | None = None
    lag: int = 0
    asked: str = ""
    publication: int = 0
    ended: bool = False
    seeing: FactSight | None = None

    @property
    def plan(self) -> Plan:
        """The plan this customer entered with."""
        return self.walked.plan

    @property
    def step(self) -> Step:
        """The current step."""
        return self.walked.steps[self.at[-1]]

    @property
    def anchor(self) -> datetime:
        """The instant calendar days are counted from: the entry, later by what frozen pauses took."""
        return self.entered_at + timedelta(seconds=self.lag) if self.lag else self.entered_at

    @property
    def step_key(self) -> str:
        """What may reach the customer at most once; the visit counts how often the step's path was entered."""
        return f"{self.id}/{self.at[-1]}/{self.visit}"

    @property
    def visit(self) -> int:
        """The number of this pass through the current step."""
        return self.visits.get(self.walked.places[self.at[-1]][0], 1) if self.visits else 1

    def kept(self) -> Enrolment:
        """The state to carry on with."""
        return Enrolment(
            self.id,
            self.walked.plan.journey,
            self.walked.plan.hash,
            self.entered_at,
            self.event_id,
            self.order_id,
            self.at,
            self.doing,
            self.since,
            self.until,
            self.remind_at,
            self.wish,
            self.answers,
            self.ticket,
            self.values,
            self.visits,
            self.passes,
            self.moving,
            self.passed,
            self.thawed,
            self.lag,
            self.asked,
            self.publication,
        )


@dataclass(slots=True)
class Turn:
    """Everything one ``plan`` call works on."""

    state: CustomerState
    facts: Facts
    rulebook: Rulebook
    now: datetime
    zone: ZoneInfo
    explain: bool
    paused: bool
    running: list[Running] = field(default_factory=list)
    in_flight: dict[str, Order] = field(default_factory=dict)
    past: list[Past] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    entered: list[Entered] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    tags: list[Tagged] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    heard: str = ""
    _guard: Guard | None = None

    @property
    def guard(self) -> Guard:
        """The guard-rails at this instant, laid out once the outcomes are heard; what is still on its way counts."""
        if self._guard is None:
            on_the_way = self.in_flight.values()
            guard = guard_of(self.facts, self.rulebook, self.now, on_the_way, paused=self.paused)
            orders = {kept.id: kept.order_id for kept in self.state.enrolments}
            for order in on_the_way:
                if order.kind == "send" and order.offer:
                    guard.made.add((order.offer, orders.get(order.enrolment)))
            self._guard = guard
        return self._guard

    def is_frozen(self, run: Running) -> bool:
        """Whether the waits of the enrolment's journey stand still."""
        return self.rulebook.controls.is_frozen(run.plan.journey)

    def active(self) -> Iterator[Running]:
        """Enrolments that have not ended, oldest first."""
        return (run for run in self.running if not run.ended)

    def note(self, kind: EntryKind, what: str, run: Running | None = None, *, line: int = 0, **more: Any) -> Entry:
        """Write one audit entry; with ``run`` the rule file's place is filled in, ``line`` points within its step."""
        if run is None:
            entry = Entry(kind, self.now, what, line=line, event=self.heard, **more)
        else:
            plan, step = run.walked.plan, run.walked.steps[run.at[-1]]
            entry = Entry(
                kind,
                self.now,
                what,
                plan.journey,
                run.id,
                step.id,
                plan.file,
                line or step.line,
                plan.revision,
                event=self.heard,
                verb=step.verb,
                **more,
            )
        self.entries.append(entry)
        return entry

    def send_out(self, order: Order) -> None:
        """Ask the world to do something and remember that it was asked."""
        self.orders.append(order)
        self.in_flight[order.key] = order

    def asks(self, condition: Condition, sight: FactSight) -> tuple[Verdict, Clause | None]:
        """A condition's verdict, with its clauses when explanations are kept."""
        if self.explain:
            clause = explain(condition, sight)
            return clause.verdict, clause
        return verdict(condition, sight), None

    def why(self, *rules: RuleSeen) -> Why:
        """The reasons of one entry, or none when explanations are not kept."""
        return Why(rules=rules) if self.explain else NO_REASONS

    def sight(self, order: Mapping[str, Any], *, run: Running | None = None, event: Event | None = None) -> FactSight:
        """A look at the facts with this order's fields, and those of an enrolment."""
        return FactSight(self.facts, self.rulebook, self.now, self.zone, order=order, own=run, event=event)

    def tag(self, name: str, how: Literal["add", "remove"], word: str) -> None:
        """Add a word to one of the customer's lists or take it out, for every rule asked from now on."""
        had = self.facts.fields.get(name)
        words = [each for each in had if each != word] if isinstance(had, tuple) else []
        now = (*words, word) if how == "add" else tuple(words)
        self.facts = replace(self.facts, fields={**self.facts.fields, name: now})
        self.tags.append(Tagged(name, how, word))
        for run in self.running:
            run.seeing = None

    def look(self, run: Running) -> FactSight:
        """What this enrolment's rules see; laid out once, anew after an answer."""
        if run.seeing is None:
            run.seeing = self.sight(run.order, run=run)
        return run.seeing

    def end(self, run: Running, reason: str, *, converted: bool = False, line: int = 0, why: Why = NO_REASONS) -> None:
        """End an enrolment, always with a reason."""
        run.ended = True
        word = "goal reached" if converted else "exit"
        self.note("exited", f"{word} → {reason}", run, line=line, code=reason, reason=reason, why=why)
        self.left.append(Left(run.id, self.now, reason, converted))


def begin_turn(state: CustomerState, facts: Facts, rulebook: Rulebook, now: datetime, *, explain: bool) -> Turn:
    """Lay out the working set; time never goes back for a customer."""
    at = max(now, state.last) if state.last is not None else now
    zone = zone_of(facts.zone, rulebook.catalogue.company.timezone)
    turn = Turn(state, facts, rulebook, at, zone, explain, state.paused, past=list(facts.past))
    turn.in_flight = {order.key: order for order in state.in_flight}
    for kept in state.enrolments:
        answers = dict(kept.answers)
        turn.running.append(
            Running(
                kept.id,
                rulebook.plans[kept.plan],
                kept.entered_at,
                kept.event_id,
                kept.order_id,
                kept.at,
                facts.frozen.get(kept.id, _NO_ORDER),
                answers,
                kept.doing,
                kept.since,
                kept.until,
                kept.remind_at,
                kept.wish,
                kept.ticket,
                dict(kept.values),
                dict(kept.visits),
                dict(kept.passes),
                kept.moving,
                kept.passed,
                kept.thawed,
                kept.lag,
                kept.asked,
                kept.publication,
            )
        )
    return turn
