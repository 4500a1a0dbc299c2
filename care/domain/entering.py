"""Who enters a journey: trigger, audience and re-entry, each with its why."""

import hashlib
from datetime import timedelta

from care.domain.audit import Entry, RuleSeen
from care.domain.customers import Past
from care.domain.decisions import Entered
from care.domain.happenings import Event
from care.domain.journey import MAIN, Plan
from care.domain.rulebook import WalkedPlan
from care.domain.sight import FactSight
from care.domain.turn import Running, Turn

# By their codes: what a journey says of an event that does not concern it.
UNMET = {f"not_{label}": f"the {label}'s condition does not hold" for label in ("trigger", "audience")}


def enrolment_id(customer: str, journey: str, event_id: str) -> str:
    """The same customer, journey and event always give the same enrolment."""
    return "e_" + hashlib.sha256(f"{customer}\n{journey}\n{event_id}".encode()).hexdigest()[:16]


def consider_entry(turn: Turn, event: Event) -> None:
    """Let the customer into every journey this event opens, and say why not for the others."""
    controls = turn.rulebook.controls
    for walked in turn.rulebook.by_trigger.get(event.type, ()):
        shut = controls.closed.get(walked.plan.journey, "")
        if controls.pause_of(walked.plan.journey) is not None:
            shut = "an operator has paused this journey"
        if shut:
            _refuse(turn, walked.plan, walked.plan.trigger.line, "entry_stopped", shut, [])
            continue
        sight = turn.sight(turn.facts.order, event=event)
        rules: list[RuleSeen] = []
        if _admitted(turn, walked.plan, sight, event, rules):
            _enter(turn, walked, event, rules)


def _admitted(turn: Turn, plan: Plan, sight: FactSight, event: Event, rules: list[RuleSeen]) -> bool:
    """Ask trigger, audience and re-entry in turn; ``rules`` collects what was seen."""
    for label, condition, line in (
        ("trigger", plan.trigger.when, plan.trigger.line),
        ("audience", plan.audience, plan.audience_line),
    ):
        if condition is None:
            continue
        held, clause = turn.asks(condition, sight)
        rules.append(RuleSeen(label, held, clause))
        if held is not True:
            code = f"not_{label}"
            _refuse(turn, plan, line, code, UNMET[code], rules)
            return False
    barred = _barred(turn, plan, event)
    if barred:
        _refuse(turn, plan, plan.trigger.line, "re_entry", barred, rules)
    return not barred


def _barred(turn: Turn, plan: Plan, event: Event) -> str:
    """Why the re-entry rule keeps the customer out, or an empty string."""
    before = [past for past in turn.past if past.journey == plan.journey]
    rule = plan.re_entry
    if not before or rule.kind == "always":
        return ""
    if rule.kind == "never":
        return "re-entry: never, and this customer was in it before"
    if rule.kind == "once per order":
        same = any(past.order_id == event.order_id for past in before)
        return "re-entry: once per order, and this order was in it before" if same else ""
    last = max(past.entered_at for past in before)
    if last + timedelta(seconds=rule.seconds) > turn.now:
        return f"re-entry: after {rule.seconds // 86400} days, and the last entry was {last:%Y-%m-%d}"
    return ""


def _refuse(turn: Turn, plan: Plan, line: int, code: str, reason: str, rules: list[RuleSeen]) -> None:
    turn.entries.append(
        Entry(
            "not_entered",
            turn.now,
            f"{plan.journey} → not entered",
            journey=plan.journey,
            file=plan.file,
            line=line,
            revision=plan.revision,
            code=code,
            reason=reason,
            event=turn.heard,
            why=turn.why(*rules),
        )
    )


def _enter(turn: Turn, walked: WalkedPlan, event: Event, rules: list[RuleSeen]) -> None:
    plan = walked.plan
    name = enrolment_id(turn.facts.customer, plan.journey, event.id)
    order = turn.facts.order
    answers: dict[str, float] = {}
    first = plan.paths[MAIN][0].id
    run = Running(name, walked, turn.now, event.id, event.order_id, (first,), order, answers)
    run.publication = turn.rulebook.revision
    turn.running.append(run)
    turn.past.append(Past(plan.journey, event.order_id, turn.now))
    turn.entered.append(
        Entered(name, plan.journey, plan.hash, plan.revision, event.order_id, event.id, turn.now, dict(order))
    )
    entry = turn.note("entered", f"{plan.journey} → entered", run, line=plan.trigger.line, why=turn.why(*rules))
    entry.step = entry.verb = ""
