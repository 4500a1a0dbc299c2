"""Pausing a journey: nobody enters, nothing is sent, and its waits stand still or run on."""

from dataclasses import replace
from datetime import datetime, timedelta

from care.domain.controls import JourneyPause
from care.domain.moments import Duration, For, UntilDay
from care.domain.steps import Step, Survey, Ticket, Wait, WaitFor, Webhook
from care.domain.turn import Running, Turn
from care.domain.walking import end_of, later


def thaw(turn: Turn, run: Running) -> None:
    """Give an enrolment the time back that frozen pauses took, once for each."""
    for pause in turn.rulebook.controls.pauses.get(run.plan.journey, ()):
        lost = pause.took(run.entered_at)
        if not lost or pause.until is None or (run.thawed is not None and pause.until <= run.thawed):
            continue
        run.thawed = pause.until
        run.lag += int(lost.total_seconds())
        _give_back(turn, run, pause)
        reason = "an operator had paused this journey; what waited gets the time back"
        turn.note("resumed", f"{run.plan.journey} → goes on", run, reason=reason, until=run.until)


def _give_back(turn: Turn, run: Running, pause: JourneyPause) -> None:
    """Let everything end later by what it lost: a question that was asked during the pause lost only a part of it."""
    lost = pause.took(run.since or run.entered_at)
    if run.since is not None:
        run.since += lost
    if run.until is not None:
        run.until = _shifted(turn, run, run.until, lost)
    if run.remind_at is not None:
        run.remind_at += lost
    if run.wish is not None:
        run.wish = replace(run.wish, expires_at=run.wish.expires_at + pause.took(run.wish.wanted_at))
    run.passes = {name: replace(each, began=each.began + pause.took(each.began)) for name, each in run.passes.items()}


def _shifted(turn: Turn, run: Running, until: datetime, lost: timedelta) -> datetime | None:
    """A length goes on where it stood; a calendar day moves with the days that were lost; a date stays a date."""
    step = run.step
    if isinstance(step, Wait) and not isinstance(step.until, For):
        return end_of(turn, run, step.until, turn.now) if isinstance(step.until, UntilDay) else until
    length = _length(step)
    if length is not None and length.business:
        return later(turn, length, since=run.since)
    return until + lost


def _length(step: Step) -> Duration | None:
    match step:
        case Wait():
            return step.until.duration if isinstance(step.until, For) else None
        case Survey() | WaitFor() | Ticket() | Webhook():
            return step.up_to
        case _:
            return None
