"""Deciding: load the facts, ask the planner, write the audit, all in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities import counting
from activities.contract import Decided, DecideRequest, Deciding
from care.domain.customers import Facts
from care.domain.decisions import Decision
from care.domain.enrolment import CustomerState
from care.domain.happenings import MOVED, Happening
from care.domain.orders import Order, SendMessage
from care.domain.planner import plan
from care.store import audit, customers, effects, facts, inbox
from care.store.customers import Found
from care.store.effects import Recall
from care.store.engine import writing
from care.store.inbox import InboxRow
from care.store.plans import RulebookCache


class Taken(NamedTuple):
    """What a decision came to.

    Attributes:
        decided: What the workflow is to know.
        new: The messages that it ordered just now; none when an answer that was given before came back.
    """

    decided: Decided
    new: tuple[SendMessage, ...] = ()


class Earlier(NamedTuple):
    """The decision that another one continues within the same task.

    Attributes:
        key: Its key, under which the answer to all of them is kept.
        decided: What the workflow was to know so far.
        done: Keys of the orders that were carried out meanwhile.
    """

    key: str
    decided: Decided
    done: Collection[str]

    def joined(self, further: Decided) -> Decided:
        """Both as one answer."""
        before = self.decided
        left = tuple([order for order in before.orders if order.key not in self.done])
        heard = tuple([each for each in further.consumed if each not in self.done])
        return Decided(
            state=further.state,
            consumed=(*before.consumed, *heard),
            orders=(*left, *further.orders),
            wake_at=further.wake_at,
            freed=(*before.freed, *further.freed),
        )


@dataclass(slots=True)
class _Taken:
    """What one decision takes from the inbox: every outcome, and at most one event, so that facts fit the event."""

    happenings: list[Happening]
    event: InboxRow | None = None
    parked: bool = False


class _Made(NamedTuple):
    """What was decided, where the customer stood before, and which event was heard."""

    decided: Decided
    decision: Decision
    before: CustomerState
    event: InboxRow | None


class Decider(Deciding):
    """Decides for one customer at a time; a decision asked for again under the same key is read, not taken anew."""

    def __init__(self, engine: Engine, rulebooks: RulebookCache, recall: Recall | None = None) -> None:
        self._engine = engine
        self._rulebooks = rulebooks
        self._recall = recall

    @activity.defn(name="decide")
    def decide(self, request: DecideRequest) -> Decided:
        """Decide; idempotent by ``request.key``."""
        return self.take(request).decided

    def take(self, request: DecideRequest, earlier: Earlier | None = None) -> Taken:
        """Decide, and tell the new messages apart.

        Args:
            earlier: The decision that this one continues; the answer is then that to both.
        """
        with writing(self._engine) as conn:
            locked = customers.lock(conn, request.customer)
            if locked is None:
                return Taken(_over(request))
            stored = audit.stored(conn, request.key)
            if stored is not None:
                return Taken(stored)
            made = self._decide(conn, request, locked)
            decided = made.decided
            if earlier is not None:
                decided = earlier.joined(decided)
                audit.answer(conn, earlier.key, decided)
        counting.count(made.decision)
        if made.event is not None:
            counting.time_event(made.event.received_at, request.now)
        elif not request.happenings:
            counting.time_waking(made.before, request.now)
        return Taken(decided, tuple([each for each in made.decision.orders if isinstance(each, SendMessage)]))

    def _decide(self, conn: Connection, request: DecideRequest, locked: Found) -> _Made:
        state, resumed = _stands(request, locked)
        now = max(request.now, state.last) if state.last is not None else request.now
        taken = _take(conn, request.happenings)
        rulebook = self._rulebooks.current(conn, needing=_plans(state, taken.event))
        if taken.event is not None:
            if effects.refers_to_unknown_order(conn, taken.event):
                taken.parked = True
            else:
                effects.apply(conn, taken.event, now, rulebook.catalogue.company.double_opt_in, self._recall)
        heard = None if taken.parked else taken.event
        known = facts.load(conn, request.customer, heard, rulebook, now, state)
        decision = plan(state, taken.happenings, known, rulebook, now)
        freed = self._mark(conn, request, taken, known)
        decided = Decided(decision.state, decision.consumed, (*resumed, *decision.orders), decision.wake_at, freed)
        audit.save(conn, request, decision, decided)
        return _Made(decided, decision, state, taken.event)

    def _mark(self, conn: Connection, request: DecideRequest, taken: _Taken, known: Facts) -> tuple[str, ...]:
        """Mark the event's row; events that were parked for its order are free to be heard now."""
        if taken.event is None:
            return ()
        inbox.mark(conn, taken.event.id, "parked" if taken.parked else "decided", request.key, request.now)
        order_id = known.event.order_id if known.event is not None else None
        return tuple(inbox.free_parked(conn, request.customer, order_id)) if order_id else ()


def _stands(request: DecideRequest, locked: Found) -> tuple[CustomerState, tuple[Order, ...]]:
    """Where the customer stands, and the orders that a lost run left behind; their claims keep them single.

    The store wins over a run that knows nothing, or less: one that Temporal was set back to.
    """
    told, last = request.state, locked.last
    if told is not None and (last is None or (told.last is not None and told.last >= last)):
        return told, ()
    state = locked.state or told or CustomerState(request.customer)
    return state, state.in_flight


def _over(request: DecideRequest) -> Decided:
    """The answer for a customer who was erased: nothing is left to do, and nothing is written."""
    heard = tuple(each.id for each in request.happenings)
    return Decided(CustomerState(request.customer, last=request.now), heard, (), None)


def _plans(state: CustomerState, event: InboxRow | None) -> set[str]:
    """Every plan the planner may walk by: those the customer is in or is wanted in."""
    wanted = {each.moving.plan for each in state.enrolments if each.moving is not None}
    if event is not None and event.type == MOVED:
        wanted.add(str(event.event.data["plan"]))
    return wanted.union(each.plan for each in state.enrolments)


def _take(conn: Connection, happenings: Sequence[Happening]) -> _Taken:
    heard = [each.id for each in happenings if each.kind == "heard"]
    rows = {row.id: row for row in inbox.rows(conn, heard)} if heard else {}
    taken = _Taken([])
    for happening in happenings:
        row = rows.get(happening.id)
        settled_or_old = happening.kind == "settled" or row is None or row.status == "decided"
        if settled_or_old:
            taken.happenings.append(happening)
        elif taken.event is None:
            taken.happenings.append(happening)
            taken.event = row
    return taken
