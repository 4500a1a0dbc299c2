"""Calling: the life of one webhook, from its first try to its answer or its end."""

from datetime import timedelta
from typing import Any

from care.domain.happenings import Settled
from care.domain.orders import CallWebhook
from care.domain.steps import Webhook
from care.domain.turn import Running, Turn
from care.domain.walking import later, next_step

_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(hours=1)


def call(turn: Turn, run: Running, step: Webhook) -> None:
    """Order the call; asked again before its time is up, it is the same call once more."""
    if run.doing != "webhook" or run.until is None:
        run.doing, run.until = "webhook", later(turn, step.up_to)
    turn.send_out(
        CallWebhook(
            key=_key(run),
            customer=turn.state.customer,
            enrolment=run.id,
            journey=run.plan.journey,
            plan=run.plan.hash,
            step=step.id,
            endpoint=step.endpoint,
            at=turn.now,
            expires_at=run.until,
            values=step.values,
            save=step.save,
        )
    )
    turn.note("calling", f"{step.id} → calling", run, template=step.endpoint, until=run.until)


def is_called(turn: Turn, run: Running, step: Webhook, *, over: bool) -> bool:
    """Whether a webhook's time is up; a try that is due is ordered here."""
    if over:
        reason = f"no answer within {step.up_to.text}"
        turn.note("not_called", f"{step.id} → given up", run, code="no_answer", reason=reason, template=step.endpoint)
        next_step(turn, run)
        return True
    run.remind_at = None
    if _key(run) not in turn.in_flight:
        call(turn, run, step)
    return False


def hear_webhook(turn: Turn, run: Running | None, order: CallWebhook, outcome: Settled) -> None:
    """Take in what a webhook answered; values of an answer that is not awaited any more are not kept."""
    here = run is not None and run.doing == "webhook" and order.key == _key(run)
    more: dict[str, Any] = {"template": order.endpoint, "reason": outcome.reason, "code": outcome.code}
    if run is None or not here:
        more |= {"journey": order.journey, "enrolment": order.enrolment, "step": order.step}
        turn.note("called" if outcome.outcome == "done" else "not_called", f"{order.step} → too late", **more)
    elif outcome.outcome == "retry":
        run.remind_at = turn.now + _pause(turn, run)
        turn.note("not_called", f"{order.step} → once more later", run, until=run.remind_at, **more)
    elif outcome.outcome == "done":
        run.values.update(outcome.values)
        run.seeing = None
        turn.note("called", f"{order.step} → answered", run, **more)
        if outcome.reason:
            turn.note("data_quality", f"{order.step} → not all of the answer", run, **more)
        next_step(turn, run)
    else:
        turn.note("not_called", f"{order.step} → {outcome.outcome}", run, **more)
        next_step(turn, run)


def _pause(turn: Turn, run: Running) -> timedelta:
    """Between two tries: as long as it was tried so far, from one minute to an hour."""
    tried = turn.now - (run.since or turn.now)
    return min(max(tried, _SHORTEST), _LONGEST)


def _key(run: Running) -> str:
    return f"{run.step_key}:webhook"
