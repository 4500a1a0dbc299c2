"""Living again: one customer's history, once by the rules that held and once by those to be tried."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from care.backtest.answering import Answering, Question
from care.backtest.habits import Habits
from care.backtest.histories import History, is_reply
from care.backtest.past import Period
from care.backtest.world import PastWorld
from care.domain.audit import MESSAGE_VERBS, Entry
from care.domain.controls import NO_CONTROLS
from care.domain.customers import Facts
from care.domain.decisions import Decision, Entered
from care.domain.enrolment import Enrolment
from care.domain.orders import OpenTicket, SendMessage
from care.domain.rulebook import Rulebook
from care.domain.sight import FactSight
from care.domain.simulation import Life
from care.domain.timing import zone_of

TYPE = "customer.type"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that left, and whom it went to.

    Attributes:
        type: The customer's type at that instant; empty where the catalogue has none.
        locale: The customer's language tag, or empty.
    """

    order: SendMessage
    type: str
    locale: str


Onlooker = Callable[[SendMessage, Decision, Facts, Rulebook], None]


class Ended(NamedTuple):
    """An enrolment that ended in the period."""

    enrolment: str
    journey: str
    at: datetime
    reason: str
    converted: bool


@dataclass(slots=True)
class Lived:
    """What happened to one customer in the period; ``going`` are the enrolments on their way at its end."""

    sent: list[Sent] = field(default_factory=list)
    tickets: list[OpenTicket] = field(default_factory=list)
    entered: list[Entered] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    noted: list[Entry] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    going: tuple[Enrolment, ...] = ()
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Rules:
    """The rules to compare: ``past`` held until now (``None`` compares with nothing), ``draft`` is to be tried."""

    draft: Rulebook
    past: Rulebook | None = None

    @property
    def first(self) -> Rulebook:
        """The rules by which everybody lives before the period."""
        return self.past or self.draft

    @property
    def then(self) -> Rulebook:
        """The draft, with the plans of customers who entered before."""
        return with_plans(self.draft, self.first)


def with_plans(rulebook: Rulebook, other: Rulebook) -> Rulebook:
    """A rulebook that can also carry on whoever entered by another one."""
    return replace(rulebook, plans={**other.plans, **rulebook.plans}, controls=NO_CONTROLS)


def changed_triggers(was: Rulebook, now: Rulebook) -> frozenset[str] | None:
    """The events that enter a journey which differs; ``None`` when anybody's life may differ."""
    if (was.catalogue, was.types) != (now.catalogue, now.types):
        return None
    names = was.entering.keys() | now.entering.keys()
    found: set[str] = set()
    for name in names:
        walked = [each for each in (was.entering.get(name), now.entering.get(name)) if each is not None]
        if len(walked) == 1 or walked[0].plan.hash != walked[1].plan.hash:
            found.update(each.plan.trigger.event for each in walked)
    return frozenset(found)


class Liver:
    """Leads customers through the period by one rulebook, or by two.

    Args:
        explain: Keep every entry with its reasons.
        seen: Told of every message of the period, with the decision it is part of and the facts at that instant.
    """

    def __init__(
        self, rules: Rules, period: Period, habits: Habits, *, explain: bool = False, seen: Onlooker | None = None
    ) -> None:
        self._first = replace(rules.first, controls=NO_CONTROLS)
        self._then = rules.then if rules.past is not None else None
        self._period, self._habits, self._explain, self._seen = period, habits, explain, seen
        self._changed = changed_triggers(rules.past, rules.draft) if rules.past is not None else None

    def live(self, history: History) -> tuple[Lived | None, Lived]:
        """One customer's lives: by the past rules (``None`` without any) and by the draft."""
        world = PastWorld(history.customer)
        answering = Answering(history, world, self._habits)
        life = Life(self._first, world, history.script, explain=self._explain, reacts=answering)
        begin: list[Entry] = []
        for decision, _ in life.decisions(self._period.since):
            if self._explain:
                begin.extend(decision.entries)
        if self._then is None:
            return None, self._go_on(life, answering, begin)
        if self._is_the_same(history):
            lived = self._go_on(life, answering, begin)
            return lived, lived
        aside = world.copied()
        twin, other = life.forked(self._then, aside), answering.forked(aside)
        twin.reacts = other
        first = self._go_on(life, answering, begin)
        other.before = answering.questions
        twin.forget(answering.told(self._period.since))
        return first, self._go_on(twin, other, begin)

    def _is_the_same(self, history: History) -> bool:
        """Whether nothing of the customer can enter a journey that differs, so that both lives are one."""
        if self._changed is None:
            return False
        since = self._period.since
        told = (happened.event.type for happened in history.script if happened.at >= since)
        return not any(kind in self._changed for kind in told) and not any(map(is_reply, self._changed))

    def _go_on(self, life: Life, answering: Answering, begin: list[Entry]) -> Lived:
        lived = Lived(entries=list(begin))
        for decision, facts in life.decisions(self._period.until):
            self._note(lived, decision, facts, life.rulebook)
        since = self._period.since
        lived.questions = [question for question in answering.questions if question.at >= since]
        lived.going = life.state.enrolments
        return lived

    def _note(self, lived: Lived, decision: Decision, facts: Facts, rulebook: Rulebook) -> None:
        lived.entered.extend(decision.entered)
        if decision.left:
            journeys = {entry.enrolment: entry.journey for entry in decision.entries if entry.kind == "exited"}
            for left in decision.left:
                ended = Ended(left.enrolment, journeys[left.enrolment], left.at, left.reason, left.converted)
                lived.ended.append(ended)
        for order in decision.orders:
            if isinstance(order, SendMessage):
                locale = facts.fields.get("customer.locale")
                kind = _type_of(facts, rulebook, order)
                lived.sent.append(Sent(order, kind, locale if isinstance(locale, str) else ""))
                if self._seen is not None:
                    self._seen(order, decision, facts, rulebook)
            elif isinstance(order, OpenTicket):
                lived.tickets.append(order)
        if self._explain:
            lived.entries.extend(decision.entries)
        lived.noted.extend([entry for entry in decision.entries if _is_counted(entry)])


def _is_counted(entry: Entry) -> bool:
    """Whether an entry tells of a message that did not leave, or a journey that was not entered."""
    return entry.kind in ("held", "not_entered") or (entry.kind == "skipped" and entry.verb in MESSAGE_VERBS)


def _type_of(facts: Facts, rulebook: Rulebook, order: SendMessage) -> str:
    if TYPE not in rulebook.worked_out:
        return ""
    zone = zone_of(facts.zone, rulebook.catalogue.company.timezone)
    sight = FactSight(facts, rulebook, order.at, zone, order=facts.frozen.get(order.enrolment, {}))
    return str(sight.value(TYPE) or "")
