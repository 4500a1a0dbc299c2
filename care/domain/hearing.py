"""Hearing: what an event or the outcome of an order means for a customer's enrolments."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from care.domain import happenings
from care.domain.audit import EntryKind, RuleSeen
from care.domain.calling import hear_webhook
from care.domain.entering import consider_entry
from care.domain.happenings import OPERATOR_EVENTS, PAUSED, Event, Outcome, Settled
from care.domain.journey import EndRule
from care.domain.moving import hear_exit, hear_move
from care.domain.orders import CallWebhook, EscalateTicket, OpenTicket, SendMessage
from care.domain.sight import FactSight
from care.domain.stepping import await_answer, survey_of
from care.domain.steps import Scope
from care.domain.turn import Running, Turn
from care.domain.walking import next_step

# How long to wait before trying a delivery again that failed for now; the last one repeats until the message expires.
BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 120, 240))
_KINDS: dict[Outcome, EntryKind] = {
    "sent": "sent",
    "done": "sent",
    "skipped": "skipped",
    "deferred": "deferred",
    "failed": "failed",
    "retry": "retrying",
    "unknown": "unknown",
}
OWN_CHANNEL_ONLY = frozenset(
    {"suppressed", "no_consent", "no_address", "no_channel", "no_template", "undeliverable", "opted_out"}
)


def hear_event(turn: Turn, event: Event) -> None:
    """Let running enrolments hear the event, then see whether it opens a journey."""
    if event.type in OPERATOR_EVENTS:
        _hear_operator(turn, event)
        return
    for run in turn.active():
        _hear_in(turn, run, event)
    consider_entry(turn, event)


def _hear_operator(turn: Turn, event: Event) -> None:
    match event.type:
        case happenings.MOVED:
            hear_move(turn, event)
        case happenings.EXITED:
            hear_exit(turn, event)
        case happenings.PAUSED | happenings.RESUMED:
            _hear_pause(turn, event)


def _hear_pause(turn: Turn, event: Event) -> None:
    turn.paused = event.type == PAUSED
    word = "paused" if turn.paused else "resumed"
    note = event.data.get("note")
    reason = f"by {event.operator}" + (f": {note}" if note else "")
    turn.note("paused" if turn.paused else "resumed", f"customer → {word}", reason=reason)


def _hear_in(turn: Turn, run: Running, event: Event) -> None:
    kind, _, happened = event.type.partition(".")
    if happened == "answered" and _answers(run, event, kind):
        _take_answer(turn, run, event, kind)
    if _ended_by(turn, run, event):
        return
    step = run.step
    if run.doing == "ticket" and event.type == "ticket.closed" and event.about == run.ticket:
        said = event.data.get("note")
        by = f"by {event.operator}" if event.operator else "by the ticket system"
        turn.note("ticket_closed", f"{step.id} → closed", run, reason=by + (f": {said}" if said else ""))
        next_step(turn, run)
    elif run.doing == "event" and step.verb == "wait_for" and step.event == event.type:
        if not _own(run, event, step.of):
            return
        if step.when is not None:
            held, clause = turn.asks(step.when, _at_hand(turn, run, event))
            if held is not True:
                return
            turn.note("heard", f"{step.id} → it came", run, why=turn.why(RuleSeen("when", held, clause)))
        else:
            turn.note("heard", f"{step.id} → it came", run)
        next_step(turn, run)


def _own(run: Running, event: Event, scope: Scope) -> bool:
    if scope == "customer":
        return True
    if event.about:
        return event.about.startswith(run.id + "/") or event.about == run.ticket
    return event.order_id is not None and event.order_id == run.order_id


def _at_hand(turn: Turn, run: Running, event: Event) -> FactSight:
    return turn.sight(run.order, run=run, event=event)


def _ended_by(turn: Turn, run: Running, event: Event) -> bool:
    """End the enrolment when the event is one of its exits or its goal."""
    plan = run.plan
    for rule in plan.exit_when:
        if _applies(turn, run, event, rule):
            turn.end(run, event.type, line=rule.line)
            return True
    goal = plan.goal
    if goal is not None and not _same_purchase(run, event, goal) and _applies(turn, run, event, goal):
        turn.end(run, event.type, converted=True, line=goal.line)
        return True
    return False


def _same_purchase(run: Running, event: Event, goal: EndRule) -> bool:
    """Whether the event only tells more of the purchase that is cared for here: ``of: customer`` means another one."""
    told_again = goal.of == "customer" and event.type.startswith("order.") and event.order_id == run.order_id
    return event.id == run.event_id or (told_again and event.order_id is not None)


def _applies(turn: Turn, run: Running, event: Event, rule: EndRule) -> bool:
    if rule.event != event.type or not _own(run, event, rule.of):
        return False
    if rule.within is not None and turn.now > run.entered_at + timedelta(seconds=rule.within):
        return False
    return rule.when is None or turn.asks(rule.when, _at_hand(turn, run, event))[0] is True


def _answers(run: Running, event: Event, kind: str) -> bool:
    """Whether an answer belongs to this enrolment: by its survey, else by its order, else by an open question."""
    if event.about:
        return event.about.startswith(run.id + "/")
    if event.order_id is not None and event.order_id != run.order_id:
        return False
    survey = survey_of(run)
    return survey is not None and survey.survey == kind


def _take_answer(turn: Turn, run: Running, event: Event, kind: str) -> None:
    score = event.data.get("score")
    if not isinstance(score, int | float):
        return
    run.answers[f"{kind}.score"] = score
    run.seeing = None
    survey = survey_of(run)
    here = survey is not None and survey.survey == kind and event.about in ("", run.step_key, run.asked)
    word = "" if here else " (after the question was closed)"
    turn.note("answered", f"{kind} → {score:g}{word}", run, score=float(score), template=kind)
    if here and run.doing != "sending":
        next_step(turn, run)


def hear_outcome(turn: Turn, outcome: Settled) -> None:
    """Take in what became of an order; one that is not awaited any more changes nothing."""
    order = turn.in_flight.pop(outcome.id, None)
    if order is None:
        return
    run = next((run for run in turn.active() if run.id == order.enrolment), None)
    match order:
        case SendMessage():
            _hear_message(turn, run, order, outcome)
        case CallWebhook():
            hear_webhook(turn, run, order, outcome)
        case OpenTicket() | EscalateTicket():
            if outcome.outcome != "done":
                turn.note("alert", f"{order.kind} → {outcome.outcome}", run, code="ticket", reason=outcome.reason)


def _hear_message(turn: Turn, run: Running | None, order: SendMessage, outcome: Settled) -> None:
    more: dict[str, Any] = {
        "message": order.key,
        "channel": order.channel,
        "template": order.offer or order.template,
        "reason": outcome.reason,
        "code": outcome.code,
    }
    if run is None or run.doing != "sending" or run.wish is None or run.at[-1] != order.step:
        # The journey ended meanwhile; what became of the message is told all the same.
        turn.note(
            _KINDS[outcome.outcome],
            f"{order.step} → {outcome.outcome}",
            journey=order.journey,
            enrolment=order.enrolment,
            step=order.step,
            **more,
        )
        return
    match outcome.outcome:
        case "sent" | "done":
            turn.note("sent", f"{order.step} → sent by {order.channel}", run, **more)
            _after_sending(turn, run, sent=True)
        case "unknown":
            turn.note("unknown", f"{order.step} → unknown by {order.channel}", run, **more)
            _after_sending(turn, run, sent=True)
        case "deferred":
            until = outcome.until or turn.now + BACK_OFF[0]
            turn.note("deferred", f"{order.step} → deferred", run, until=until, **more)
            run.wish = replace(run.wish, not_before=until, held=outcome.code)
            run.doing = "send"
        case "retry":
            _try_again(turn, run, more)
        case "skipped" | "failed":
            _give_up_channel(turn, run, order, outcome, more)


def _try_again(turn: Turn, run: Running, more: dict[str, Any]) -> None:
    wish = run.wish
    assert wish is not None
    pause = BACK_OFF[min(wish.attempts, len(BACK_OFF) - 1)]
    until = turn.now + pause
    if until >= wish.expires_at:
        turn.note("failed", f"{run.at[-1]} → given up", run, **more)
        _after_sending(turn, run, sent=False)
        return
    turn.note("retrying", f"{run.at[-1]} → try {wish.attempts + 2} later", run, until=until, **more)
    run.wish = replace(wish, attempts=wish.attempts + 1, not_before=until, held="retry")
    run.doing = "send"


def _give_up_channel(turn: Turn, run: Running, order: SendMessage, outcome: Settled, more: dict[str, Any]) -> None:
    """A channel will not do: go on with the next one when the trouble was the channel's own."""
    wish = run.wish
    assert wish is not None
    kind = _KINDS[outcome.outcome]
    turn.note(kind, f"{order.step} → {kind} by {order.channel}", run, **more)
    rest = wish.channels[wish.channels.index(order.channel) + 1 :] if order.channel in wish.channels else ()
    if rest and (kind == "failed" or outcome.code in OWN_CHANNEL_ONLY):
        run.wish = replace(wish, channels=rest, attempts=0, not_before=None, held="")
        run.doing = "send"
    else:
        _after_sending(turn, run, sent=False)


def _after_sending(turn: Turn, run: Running, *, sent: bool) -> None:
    """Go on behind a message: a survey waits for its answer, anything else is done."""
    wish, survey = run.wish, survey_of(run)
    run.wish = None
    if survey is None or f"{survey.survey}.score" in run.answers:
        next_step(turn, run)
    elif wish is not None and wish.part == "remind":
        run.doing = "answer"
    elif sent:
        await_answer(turn, run)
    else:
        next_step(turn, run)
