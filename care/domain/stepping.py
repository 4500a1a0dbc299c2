"""Stepping: what each step of a journey does when its turn comes, and when its time is up."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from care.domain.audit import RuleSeen
from care.domain.enrolment import Wish
from care.domain.journey import (
    CONTINUE,
    EXIT,
    Branch,
    Duration,
    Exit,
    OfferStep,
    Send,
    Step,
    Survey,
    Ticket,
    UntilMoment,
    Wait,
    WaitFor,
)
from care.domain.orders import EscalateTicket, OpenTicket
from care.domain.tables import NOBODY, chosen_name
from care.domain.timing import after, wait_end, zone_of
from care.domain.turn import Running, Turn

# A message that cannot leave within this time is skipped, unless its step says otherwise with `expires`.
PATIENCE = timedelta(days=2)


def advance(turn: Turn, run: Running) -> None:
    """Walk until something has to be waited for."""
    while not run.ended:
        if run.doing == "start":
            _begin(turn, run)
        elif not _elapsed(turn, run):
            return


def next_step(turn: Turn, run: Running) -> None:
    """Go to the step after this one; a finished path returns behind its caller."""
    following = run.walked.following
    while True:
        after_this = following.get(run.at[-1])
        if after_this is not None:
            _go_to(run, (*run.at[:-1], after_this))
            return
        if len(run.at) == 1:
            turn.end(run, "completed")
            return
        run.at = run.at[:-1]


def survey_of(run: Running) -> Survey | None:
    """The current step, when it is a survey."""
    step = run.step
    return step if isinstance(step, Survey) else None


def await_answer(turn: Turn, run: Running) -> None:
    """The question was asked: wait for the answer from now on."""
    step = run.step
    if not isinstance(step, Survey):
        return
    run.doing = "answer"
    run.until = _later(turn, step.up_to)
    due = _later(turn, step.remind) if step.remind is not None else None
    run.remind_at = due if due is not None and due < run.until else None


def ticket_id(order_key: str) -> str:
    """The id of the ticket an order opens."""
    return "t_" + hashlib.sha256(order_key.encode()).hexdigest()[:12]


def take(turn: Turn, run: Running, target: str) -> None:
    """Follow a branch's word: ``continue``, ``exit`` or the name of a path."""
    if target == CONTINUE:
        next_step(turn, run)
    elif target == EXIT:
        turn.end(run, f"{run.at[-1]} says exit")
    else:
        _go_to(run, (*run.at, run.walked.plan.paths[target][0].id))


def _go_to(run: Running, at: tuple[str, ...]) -> None:
    run.at = at
    run.doing = "start"
    run.since = run.until = run.remind_at = run.wish = None
    run.ticket = ""


def _begin(turn: Turn, run: Running) -> None:
    step = run.step
    run.since = turn.now
    if step.only_if is not None:
        held, clause = turn.asks(step.only_if, turn.look(run))
        if held is not True:
            reason = "its only_if does not hold" if held is False else "its only_if is not known"
            why = turn.why(RuleSeen("only_if", held, clause))
            turn.note("skipped", f"{step.id} → skipped", run, code="only_if", reason=reason, why=why)
            next_step(turn, run)
            return
    _perform(turn, run, step)


def _perform(turn: Turn, run: Running, step: Step) -> None:
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
            run.until = _later(turn, step.up_to)
            run.doing = "event"
            turn.note("waiting", f"{step.id} → waiting", run, until=run.until)
        case Branch():
            _branch(turn, run, step)
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
    offer = turn.rulebook.catalogue.offers[name] if column == "offer" else None
    template = offer.template if offer is not None else name
    run.wish = Wish(
        template=template,
        channels=_channels(turn, run, step.by),
        purpose=turn.rulebook.catalogue.templates[template].purpose,
        wanted_at=turn.now,
        expires_at=_later(turn, step.expires) if step.expires is not None else turn.now + PATIENCE,
        offer=offer.name if offer is not None else "",
        values={**step.values, **values} if values else step.values,
    )
    run.doing = "send"


def _channels(turn: Turn, run: Running, by: tuple[str, ...]) -> tuple[str, ...]:
    chosen = [chosen_name(turn, run, channel, "channel")[0] for channel in by]
    return tuple([channel for channel in chosen if channel != NOBODY])


def _later(turn: Turn, length: Duration, *, company: bool = False) -> datetime:
    """The end of a length of time from now; business hours run in the company's zone for the company's own work."""
    catalogue = turn.rulebook.catalogue
    zone = zone_of(catalogue.company.timezone, "UTC") if company else turn.zone
    return after(length, turn.now, catalogue.company.business_hours, zone)


def _hand_over(turn: Turn, run: Running, step: Ticket) -> None:
    queue, _, _ = chosen_name(turn, run, step.queue, "queue")
    key = f"{run.step_key}:ticket"
    run.ticket = ticket_id(key)
    run.until = _later(turn, step.up_to)
    due_at = _later(turn, step.sla, company=True) if step.sla is not None else None
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
    anchor = turn.look(run).value(until.field) if isinstance(until, UntilMoment) else None
    end = wait_end(
        until,
        entered_at=run.entered_at,
        now=turn.now,
        zone=turn.zone,
        hours=turn.rulebook.catalogue.company.business_hours,
        anchor=anchor if isinstance(anchor, datetime) else None,
    )
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
            run.wish = replace(wish, part="remind", expires_at=min(wish.expires_at, run.until))
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
