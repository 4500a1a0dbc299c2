"""Stepping: what each step of a journey does when its turn comes, and when its time is up."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from care.domain.audit import RuleSeen
from care.domain.calling import call, is_called
from care.domain.conditions import said as said_value
from care.domain.enrolment import Wish
from care.domain.moments import UntilMoment
from care.domain.orders import EscalateTicket, OpenTicket
from care.domain.repeating import next_pass
from care.domain.splitting import side_of
from care.domain.steps import (
    CONTINUE,
    Branch,
    Exit,
    OfferStep,
    Repeat,
    Send,
    SetStep,
    Split,
    Step,
    Survey,
    Ticket,
    Wait,
    WaitFor,
    Webhook,
)
from care.domain.tables import NOBODY, chosen_name
from care.domain.turn import Running, Turn
from care.domain.walking import end_of, later, next_step, take

# A message that cannot leave within this time is skipped, unless its step says otherwise with `expires`.
PATIENCE = timedelta(days=2)


def advance(turn: Turn, run: Running) -> None:
    """Walk until something has to be waited for; in a frozen journey nobody walks."""
    pauses = turn.rulebook.controls.pauses
    while not run.ended and not (pauses and turn.is_frozen(run)):
        if run.doing == "start":
            _begin(turn, run)
        elif not _elapsed(turn, run):
            return


def survey_of(run: Running) -> Survey | None:
    """The current step, when it is a survey."""
    step = run.step
    return step if isinstance(step, Survey) else None


def await_answer(turn: Turn, run: Running) -> None:
    """The question was asked: wait for the answer from now on."""
    step = run.step
    if not isinstance(step, Survey):
        return
    run.doing, run.since = "answer", turn.now
    run.until = later(turn, step.up_to)
    due = later(turn, step.remind) if step.remind is not None else None
    run.remind_at = due if due is not None and due < run.until else None


def ticket_id(order_key: str) -> str:
    """The id of the ticket an order opens."""
    return "t_" + hashlib.sha256(order_key.encode()).hexdigest()[:12]


def _begin(turn: Turn, run: Running) -> None:
    step = run.step
    run.since = turn.now
    if run.passed and f"{step.id}/{run.visit}" in run.passed:
        turn.note("skipped", f"{step.id} → skipped", run, code="done_before", reason="it was done before the move")
        next_step(turn, run)
        return
    if step.only_if is not None:
        held, clause = turn.asks(step.only_if, turn.look(run))
        if held is not True:
            reason = "its only_if does not hold" if held is False else "its only_if is not known"
            why = turn.why(RuleSeen("only_if", held, clause))
            turn.note("skipped", f"{step.id} → skipped", run, code="only_if", reason=reason, why=why)
            next_step(turn, run)
            return
    _perform(turn, run, step)


def _perform(turn: Turn, run: Running, step: Step) -> None:  # noqa: C901 - one dispatch over all verbs
    match step:
        case Send():
            _want(turn, run, step, step.template, "template")
        case Survey():
            run.answers.pop(f"{step.survey}.score", None)
            run.seeing = None
            _want(turn, run, step, step.ask, "template")
        case OfferStep():
            _want(turn, run, step, step.offer, "offer")
        case Ticket():
            _hand_over(turn, run, step)
        case Wait():
            _wait(turn, run, step)
        case WaitFor():
            run.until = later(turn, step.up_to)
            run.doing = "event"
            turn.note("waiting", f"{step.id} → waiting", run, until=run.until)
        case Branch():
            _branch(turn, run, step)
        case Split():
            _split(turn, run, step)
        case SetStep():
            _set(turn, run, step)
        case Webhook():
            call(turn, run, step)
        case Repeat():
            next_pass(turn, run, step)
        case Exit():
            turn.end(run, step.reason)
        case _:
            assert_never(step)


def _want(turn: Turn, run: Running, step: Send | Survey | OfferStep, name: str, column: str) -> None:
    """Wish for the step's message; the dispatcher lets it through, holds it or skips it."""
    name, values, seen = chosen_name(turn, run, name, column)
    if name == NOBODY:
        turn.note(
            "skipped",
            f"{step.id} → none",
            run,
            code="none_chosen",
            reason="the table chooses none",
            why=turn.why(*seen),
        )
        next_step(turn, run)
        return
    if seen:
        turn.note("branched", f"{step.id} → {name}", run, code="chosen", template=name, why=turn.why(*seen))
    offer = turn.rulebook.catalogue.offers[name] if column == "offer" else None
    template = offer.template if offer is not None else name
    run.wish = Wish(
        template=template,
        channels=_channels(turn, run, step.by),
        purpose=turn.rulebook.catalogue.templates[template].purpose,
        wanted_at=turn.now,
        expires_at=later(turn, step.expires) if step.expires is not None else turn.now + PATIENCE,
        offer=offer.name if offer is not None else "",
        values={**step.values, **values} if values else step.values,
        asks=step.survey if isinstance(step, Survey) else "",
    )
    run.doing = "send"


def _channels(turn: Turn, run: Running, by: tuple[str, ...]) -> tuple[str, ...]:
    chosen = [chosen_name(turn, run, channel, "channel")[0] for channel in by]
    return tuple([channel for channel in chosen if channel != NOBODY])


def _hand_over(turn: Turn, run: Running, step: Ticket) -> None:
    queue, _, _ = chosen_name(turn, run, step.queue, "queue")
    key = f"{run.step_key}:ticket"
    run.ticket = ticket_id(key)
    run.until = later(turn, step.up_to)
    due_at = later(turn, step.sla, company=True) if step.sla is not None else None
    run.remind_at = due_at if step.escalate_to else None
    run.doing = "ticket"
    turn.send_out(
        OpenTicket(
            key=key,
            customer=turn.state.customer,
            enrolment=run.id,
            journey=run.plan.journey,
            plan=run.plan.hash,
            step=step.id,
            queue=queue,
            about=step.about,
            priority=step.priority,
            at=turn.now,
            due_at=due_at,
        )
    )
    turn.note("ticket", f"{step.id} → opened", run, template=queue, until=run.until, message=key)


def _wait(turn: Turn, run: Running, step: Wait) -> None:
    until = step.until
    end = end_of(turn, run, until, turn.now)
    if end is not None and end > turn.now:
        run.until = end
        run.doing = "wait"
        turn.note("waiting", f"wait {step.text}", run, until=end)
        return
    reason = "that moment has already passed" if end is not None else f"{_field(until)} is not known"
    turn.note("waiting", f"wait {step.text} → {step.if_past}", run, code="past", reason=reason)
    take(turn, run, step.if_past)


def _field(until: object) -> str:
    return until.field if isinstance(until, UntilMoment) else "the moment"


def _branch(turn: Turn, run: Running, step: Branch) -> None:
    seen: list[RuleSeen] = []
    for number, rule in enumerate(step.rules, 1):
        if rule.when is None:
            seen.append(RuleSeen("otherwise", True))
        else:
            held, clause = turn.asks(rule.when, turn.look(run))
            seen.append(RuleSeen(f"rule {number}", held, clause))
            if held is not True:
                continue
        target, _, rows = _target(turn, run, rule.then)
        turn.note("branched", f"{step.id} → {target}", run, line=rule.line, why=turn.why(*seen, *rows))
        take(turn, run, target)
        return
    turn.note("branched", f"{step.id} → continue", run, reason="no rule is true", why=turn.why(*seen))
    next_step(turn, run)


def _split(turn: Turn, run: Running, step: Split) -> None:
    share = side_of(step, turn.state.customer)
    if share is None:
        reason = f"held out: {step.holdout:.0%} of all customers walk none of its sides"
        turn.note("branched", f"{step.id} → continue", run, code="holdout", reason=reason)
        next_step(turn, run)
        return
    turn.note("branched", f"{step.id} → {share.then}", run, line=share.line, code="share", template=share.then)
    take(turn, run, share.then)


def _set(turn: Turn, run: Running, step: SetStep) -> None:
    said = []
    for each in step.assignments:
        if each.how == "is":
            run.values[each.field] = each.value
            said.append(f"{each.field} is {said_value(each.value)}")
        else:
            turn.tag(each.field, each.how, str(each.value))
            said.append(f"{each.field} {each.how} {each.value}")
    run.seeing = None
    turn.note("set", f"{step.id} → {'; '.join(said)}", run)
    next_step(turn, run)


def _target(turn: Turn, run: Running, name: str) -> tuple[str, Mapping[str, str], tuple[RuleSeen, ...]]:
    target, values, rows = chosen_name(turn, run, name, "path")
    return (CONTINUE if target == NOBODY else target), values, rows


def _elapsed(turn: Turn, run: Running) -> bool:
    """Whether what the step was busy with is over by the clock; then the enrolment has moved on."""
    now = turn.now
    over = run.until is not None and now >= run.until
    if not over and (run.remind_at is None or now < run.remind_at):
        return False
    step = run.step
    if run.doing == "wait" and over:
        next_step(turn, run)
        return True
    if isinstance(step, Repeat) and over:
        next_pass(turn, run, step)
        return True
    if isinstance(step, Webhook):
        return is_called(turn, run, step, over=over)
    if isinstance(step, Survey) and run.doing in ("answer", "send") and over:
        turn.note("unanswered", f"{step.id} → no answer within {step.up_to.text}", run, code="no_answer")
        next_step(turn, run)
        return True
    if isinstance(step, WaitFor) and over:
        turn.note("heard", f"{step.id} → it did not come", run, code="did_not_come", reason=f"within {step.up_to.text}")
        take(turn, run, _target(turn, run, step.otherwise)[0])
        return True
    if isinstance(step, Ticket) and run.doing == "ticket" and over:
        turn.note("ticket_closed", f"{step.id} → still open after {step.up_to.text}", run, code="ticket_timeout")
        next_step(turn, run)
        return True
    if run.remind_at is not None and now >= run.remind_at and run.doing in ("answer", "ticket"):
        run.remind_at = None
        _remind(turn, run, step)
        return True
    return False


def _remind(turn: Turn, run: Running, step: Step) -> None:
    if isinstance(step, Survey):
        _want(turn, run, step, step.ask, "template")
        wish = run.wish
        if wish is not None and run.until is not None:
            run.wish = replace(wish, part="remind", asks="", expires_at=min(wish.expires_at, run.until))
    elif isinstance(step, Ticket):
        turn.send_out(
            EscalateTicket(
                key=f"{run.step_key}:escalate",
                customer=turn.state.customer,
                enrolment=run.id,
                ticket=run.ticket,
                queue=step.escalate_to,
                at=turn.now,
            )
        )
        turn.note("escalated", f"{step.id} → escalated to {step.escalate_to}", run, template=step.escalate_to)
