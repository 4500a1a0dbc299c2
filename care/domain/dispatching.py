"""Dispatching: which wished-for messages leave now, in order of priority, and what happens to the others."""

from dataclasses import replace
from datetime import timedelta

from care.domain.audit import Why
from care.domain.controls import JOURNEY_PAUSED
from care.domain.enrolment import Wish
from care.domain.guardrails import Verdict
from care.domain.journey import Rank
from care.domain.orders import REMINDER, SendMessage
from care.domain.stepping import advance, survey_of
from care.domain.steps import OfferStep, Survey
from care.domain.turn import NO_REASONS, Running, Turn
from care.domain.walking import next_step

# When several messages want the same capped slot: care before survey before offer, then by the journeys' priority.
_CARE, _SURVEY, _OFFER = 0, 1, 2
_RANKS: dict[Rank, int] = {"high": 0, "normal": 1, "low": 2}


def dispatch(turn: Turn) -> None:
    """Let messages through by priority until nothing moves any more."""
    while True:
        wishing = [run for run in turn.running if run.doing == "send" and not run.ended and not turn.is_frozen(run)]
        if not wishing:
            return
        if len(wishing) > 1:
            wishing.sort(key=_rank)
        moved = [run for run in wishing if _judge(turn, run)]
        if not moved:
            return
        for run in moved:
            advance(turn, run)


def _rank(run: Running) -> tuple[int, int, object, str]:
    wish = run.wish
    assert wish is not None
    kind = _OFFER if wish.purpose == "marketing" else _SURVEY if isinstance(run.step, Survey) else _CARE
    return kind, _RANKS[run.plan.priority], wish.wanted_at, run.id


def _judge(turn: Turn, run: Running) -> bool:
    """Send, hold or skip one message; true when the enrolment may walk on at once."""
    wish = run.wish
    assert wish is not None
    if wish.not_before is not None and turn.now < wish.not_before:
        return False
    if turn.rulebook.controls.pause_of(run.plan.journey) is not None:
        return _hold_back(turn, run, wish)
    verdict = turn.guard.judge(wish, run.order_id, run.plan.sending)
    why = Why(checks=verdict.checks) if turn.explain else NO_REASONS
    if verdict.kind == "go":
        _send(turn, run, wish, verdict, why)
        return False
    if verdict.kind == "hold":
        if wish.held != verdict.code or verdict.until is not None:
            _note(turn, run, wish, "held", verdict, why)
        run.wish = replace(wish, not_before=verdict.until, held=verdict.code)
        return False
    _note(turn, run, wish, "skipped", verdict, why)
    _pass_over(turn, run, wish)
    return True


def _hold_back(turn: Turn, run: Running, wish: Wish) -> bool:
    """Keep a message of a paused journey, whose clock runs on, until the journey goes on or it comes too late."""
    if turn.now >= wish.expires_at:
        verdict = Verdict("skip", code="expired", reason="it would come too late")
        _note(turn, run, wish, "skipped", verdict, NO_REASONS)
        _pass_over(turn, run, wish)
        return True
    if wish.held != JOURNEY_PAUSED:
        verdict = Verdict("hold", code=JOURNEY_PAUSED, reason="an operator has paused this journey")
        _note(turn, run, wish, "held", verdict, NO_REASONS)
    run.wish = replace(wish, not_before=None, held=JOURNEY_PAUSED)
    return False


def _note(turn: Turn, run: Running, wish: Wish, kind: str, verdict: Verdict, why: Why) -> None:
    turn.note(
        "held" if kind == "held" else "skipped",
        f"{run.at[-1]} → {kind}",
        run,
        code=verdict.code,
        reason=verdict.reason,
        template=wish.offer or wish.template,
        until=verdict.until,
        why=why,
    )


def _pass_over(turn: Turn, run: Running, wish: Wish) -> None:
    """Go on without the message; a reminder that is not sent leaves the question open."""
    run.wish = None
    if wish.part == "remind":
        run.doing = "answer"
    else:
        next_step(turn, run)


def _send(turn: Turn, run: Running, wish: Wish, verdict: Verdict, why: Why) -> None:
    step = run.step
    part = REMINDER if wish.part else ""
    key = f"{run.id}/{step.id}{part}/{run.visit}:{verdict.channel}"
    survey = survey_of(run)
    lasts = step.valid_for if isinstance(step, OfferStep) else None
    turn.send_out(
        SendMessage(
            key=key,
            customer=turn.state.customer,
            enrolment=run.id,
            journey=run.plan.journey,
            plan=run.plan.hash,
            step=step.id,
            template=wish.template,
            channel=verdict.channel,
            purpose=wish.purpose,
            at=turn.now,
            expires_at=wish.expires_at,
            part=wish.part,
            offer=wish.offer,
            offer_expires_at=turn.now + timedelta(seconds=lasts.seconds) if lasts is not None else None,
            survey=survey.survey if survey is not None else "",
            values=wish.values,
        )
    )
    turn.guard.reserve(wish, run.order_id, verdict.channel)
    run.doing = "sending"
    run.wish = replace(wish, not_before=None, held="")
    kind = "reminded" if wish.part else ("asked" if survey is not None else "sending")
    word = "remind" if wish.part else "order"
    turn.note(
        kind,  # type: ignore[arg-type]
        f"{step.id} → {word} by {verdict.channel}",
        run,
        message=key,
        channel=verdict.channel,
        template=wish.offer or wish.template,
        why=why,
    )
