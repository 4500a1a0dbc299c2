"""What a decision adds to the metrics, once it is committed."""

from collections.abc import Iterator
from datetime import datetime

from care.domain.decisions import Decision
from care.domain.enrolment import CustomerState
from care.telemetry import meters

_ENROLMENTS = frozenset({"entered", "exited", "not_entered"})
_WITHHELD = frozenset({"skipped", "held", "deferred", "retrying", "failed", "unknown"})


def count(decision: Decision) -> None:
    """Count what was decided, as the audit tells it."""
    for entry in decision.entries:
        if entry.kind in _ENROLMENTS:
            meters.ENROLMENTS.labels(meters.name_of(entry.journey), entry.kind).inc()
        elif entry.kind in _WITHHELD:
            meters.WITHHELD.labels(entry.kind, meters.code_of(entry.code or "none")).inc()


def time_event(received_at: datetime, now: datetime) -> None:
    """Note how long an event waited for its decision."""
    meters.EVENT_LATENESS.observe(max((now - received_at).total_seconds(), 0.0))


def time_waking(before: CustomerState, now: datetime) -> None:
    """Note how late a decision came that nothing but the time called for."""
    due = [at for at in _dues(before) if at <= now]
    if due:
        meters.DECISION_LATENESS.observe((now - min(due)).total_seconds())


def _dues(state: CustomerState) -> Iterator[datetime]:
    for run in state.enrolments:
        held_until = run.wish.not_before if run.wish is not None else None
        yield from (at for at in (run.until, run.remind_at, held_until) if at is not None)
