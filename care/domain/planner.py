"""The planner: the one place that decides what happens to a customer next.

Pure: the same state, happenings, facts, rulebook and instant always give the same decision. The Temporal workflow and
the simulator both drive it.
"""

from collections.abc import Sequence
from datetime import datetime

from care.domain.conditions import Value
from care.domain.customers import Facts
from care.domain.decisions import Decision
from care.domain.dispatching import dispatch
from care.domain.enrolment import CustomerState, wakes
from care.domain.happenings import Happening
from care.domain.hearing import hear_event, hear_outcome
from care.domain.moving import move_waiting
from care.domain.pausing import thaw
from care.domain.rulebook import Rulebook
from care.domain.stepping import advance
from care.domain.turn import Turn, begin_turn


def plan(
    state: CustomerState,
    happenings: Sequence[Happening],
    facts: Facts,
    rulebook: Rulebook,
    now: datetime,
    *,
    explain: bool = True,
) -> Decision:
    """Decide what happens next.

    Args:
        state: Where the customer stands.
        happenings: What came in, oldest first: any number of outcomes, at most one event (``facts.event``).
        facts: What is known at this instant.
        rulebook: The plans to walk by.
        now: The instant (UTC); never goes back behind ``state.last``.
        explain: Keep the reasons of every entry; without them the same decision is taken, faster.

    Returns:
        The new state, orders for the world, when to wake, and the audit entries.
    """
    turn = begin_turn(state, facts, rulebook, now, explain=explain)
    if rulebook.controls.pauses:
        for run in turn.running:
            thaw(turn, run)
    for happening in happenings:
        if happening.kind == "settled":
            hear_outcome(turn, happening)
        elif facts.event is not None and happening.id == facts.event.id:
            turn.heard = happening.id
            hear_event(turn, facts.event)
    for run in turn.running:
        advance(turn, run)
    if [run for run in turn.running if run.moving is not None]:
        move_waiting(turn)
        for run in turn.running:
            advance(turn, run)
    dispatch(turn)
    return _decision(turn, happenings)


def _decision(turn: Turn, happenings: Sequence[Happening]) -> Decision:
    going = [run for run in turn.running if not run.ended]
    kept = tuple([run.kept() for run in going])
    state = CustomerState(turn.state.customer, turn.now, kept, tuple(turn.in_flight.values()), turn.paused)
    pauses = turn.rulebook.controls.pauses
    moving = [run for run in going if not (pauses and turn.is_frozen(run))]
    due = [at for run in moving for at in wakes(run.doing, run.until, run.remind_at, run.wish)]
    return Decision(
        at=turn.now,
        state=state,
        consumed=tuple([happening.id for happening in happenings]),
        orders=tuple(turn.orders),
        wake_at=min(due) if due else None,
        entries=tuple(turn.entries),
        entered=tuple(turn.entered),
        left=tuple(turn.left),
        tags=tuple(turn.tags),
        moved=tuple(turn.moved),
        seen=_seen(turn),
    )


def _seen(turn: Turn) -> dict[str, Value | None]:
    if not turn.explain:
        return {}
    seen: dict[str, Value | None] = {}
    for run in turn.running:
        if run.seeing is not None:
            seen.update(run.seeing.seen)
    return seen
