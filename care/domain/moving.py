"""Moving customers to another plan: only at a wait, only to a step that is there, and no step is done twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from care.domain.decisions import Moved
from care.domain.enrolment import Wanted
from care.domain.happenings import Event
from care.domain.journey import MAIN, Plan
from care.domain.moments import Duration
from care.domain.references import missing_names
from care.domain.rewording import reword
from care.domain.rulebook import WalkedPlan
from care.domain.steps import Branch, Repeat, Split, Step, Survey, Ticket, Wait, WaitFor
from care.domain.turn import Running, Turn
from care.domain.walking import end_of, later

# A webhook is no wait: while it is under way its answer belongs to the step that asked.
WAITING = frozenset({"wait", "answer", "event", "ticket", "repeat"})


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a customer would stand in another plan; ``trouble`` says why nowhere, in words."""

    at: tuple[str, ...] = ()
    trouble: str = ""


def landing(at: tuple[str, ...], old: WalkedPlan, new: WalkedPlan, steps: Mapping[str, str]) -> Landing:
    """Where someone who stands at ``at`` in the old plan would stand in the new one.

    Args:
        at: Step ids from the outermost to the current one.
        steps: Old step id to new step id, where they differ.
    """
    wanted = tuple(steps.get(each, each) for each in at)
    for name, was in reversed(list(zip(wanted, at, strict=True))):
        there = new.steps.get(name)
        if there is None:
            return Landing(trouble=f"step {name} is not in the new plan")
        if there.verb != old.steps[was].verb:
            return Landing(trouble=f"step {name} is a {there.verb} in the new plan, not a {old.steps[was].verb}")
        if name == wanted[-1] and new.places[name][0] == MAIN:
            return Landing((name,))
    for caller, inner in pairwise(wanted):
        path = new.places[inner][0]
        if path not in leads_to(new.steps[caller], new.plan):
            return Landing(trouble=f"step {inner} stands in path {path} now, where {caller} does not lead")
    if new.places[wanted[0]][0] != MAIN:
        return Landing(trouble=f"step {wanted[0]} stands in path {new.places[wanted[0]][0]} of the new plan")
    return Landing(wanted)


def leads_to(step: Step, plan: Plan) -> set[str]:
    """The paths a step may lead to, through a table too."""
    names: tuple[str, ...]
    match step:
        case Branch():
            names = tuple(rule.then for rule in step.rules)
        case Split():
            names = tuple(share.then for share in step.shares)
        case Repeat():
            names = (step.path,)
        case WaitFor():
            names = (step.otherwise,)
        case Wait():
            names = (step.if_past,)
        case _:
            names = ()
    found: set[str] = set()
    for name in names:
        table = plan.tables.get(name)
        if table is None or "path" not in table.choose:
            found.add(name)
        else:
            found.update(row.values[table.choose.index("path")] for row in table.rows)
    return found


def hear_move(turn: Turn, event: Event) -> None:
    """Mark the enrolments an operator wants in another plan; they move at their next wait, which may be now."""
    target = turn.rulebook.plans[str(event.data["plan"])].plan
    for run in turn.active():
        if run.plan.journey != target.journey or not _concerns(run, event):
            continue
        steps = _pairs(event, steps_of(run.plan.hash)) | _pairs(event, "steps")
        run.moving = Wanted(target.hash, steps, event.operator) if run.plan.hash != target.hash else None


def steps_of(plan: str) -> str:
    """The name under which a command to move says where the steps of one plan (by hash) went."""
    return f"steps of {plan}"


def hear_exit(turn: Turn, event: Event) -> None:
    """End a customer's enrolments of one journey because an operator says so; those in ``keeping`` stay."""
    note = event.data.get("note")
    for run in turn.active():
        if run.plan.journey != event.data.get("journey") or not _concerns(run, event):
            continue
        if run.plan.hash == event.data.get("keeping"):
            run.moving = None
        else:
            turn.end(run, f"ended by {event.operator}" + (f": {note}" if note else ""))


def _concerns(run: Running, event: Event) -> bool:
    """Whether no later publication has said already what becomes of the enrolment: commands may come out of order."""
    number = event.data.get("publication")
    if not isinstance(number, int):
        return True
    if number <= run.publication:
        return False
    run.publication = number
    return True


def _pairs(event: Event, name: str) -> dict[str, str]:
    """A map of step ids from its words ``old=new``."""
    words = event.data.get(name, ())
    return {old: new for old, _, new in (word.partition("=") for word in words)} if isinstance(words, tuple) else {}


def move_waiting(turn: Turn) -> None:
    """Move whoever waits and is wanted elsewhere; who cannot move stays, and both are told."""
    for run in turn.active():
        wanted = run.moving
        if wanted is None or run.doing not in WAITING:
            continue
        run.moving = None
        target = turn.rulebook.plans[wanted.plan]
        found = landing(run.at, run.walked, target, wanted.steps)
        lacks = _lacks(turn, target.plan)
        if found.trouble or lacks:
            code = "no_counterpart" if found.trouble else "plan_lacks"
            turn.note("not_moved", f"{run.plan.journey} → stays", run, code=code, reason=found.trouble or lacks)
        else:
            _move(turn, run, target, found.at, wanted)


def _lacks(turn: Turn, plan: Plan) -> str:
    lost = missing_names(plan, turn.rulebook.catalogue)
    return f"the new plan names {', '.join(lost)}, which a later publication took away" if lost else ""


def _move(turn: Turn, run: Running, target: WalkedPlan, at: tuple[str, ...], wanted: Wanted) -> None:
    old, was = run.step, run.walked.plan
    if run.doing == "answer":
        run.asked = run.asked or run.step_key
    reword(turn, run, target, at, wanted.steps)
    run.walked, run.at, run.seeing = target, at, None
    _retime(turn, run, old)
    by = f"by {wanted.by}" if wanted.by else "by an operator"
    reason = f"{by}: from revision {was.revision or 'draft'} to {target.plan.revision or 'draft'}, at {run.step.id}"
    turn.note("moved", f"{was.journey} → moved", run, reason=reason, until=run.until)
    turn.moved.append(Moved(run.id, target.plan.hash, target.plan.revision))


def _retime(turn: Turn, run: Running, old: Step) -> None:
    """Let what is waited for end when the new plan says, counted from when it began."""
    new, since = run.step, run.since or turn.now
    if isinstance(new, Wait) and isinstance(old, Wait):
        if new.until != old.until:
            run.until = end_of(turn, run, new.until, since) or turn.now
    elif isinstance(new, Survey) and isinstance(old, Survey):
        _extend(turn, run, old.up_to, new.up_to)
        _remind_anew(turn, run, old, new)
    elif isinstance(new, WaitFor | Ticket) and isinstance(old, WaitFor | Ticket):
        _extend(turn, run, old.up_to, new.up_to)
        if isinstance(new, Ticket) and not new.escalate_to:
            run.remind_at = None
    elif isinstance(new, Repeat):
        # The new plan's rhythm and number of passes are looked at now, or when the journey goes on.
        run.since = run.until = turn.now


def _extend(turn: Turn, run: Running, old: Duration, new: Duration) -> None:
    if new != old:
        run.until = later(turn, new, since=run.since)


def _remind_anew(turn: Turn, run: Running, old: Survey, new: Survey) -> None:
    """Let the reminder come when the new plan says, unless the customer was reminded already."""
    was_reminded = old.remind is not None and run.remind_at is None
    if new.remind != old.remind and not was_reminded:
        run.remind_at = later(turn, new.remind, since=run.since) if new.remind is not None else None
    if run.remind_at is not None and run.until is not None and run.remind_at >= run.until:
        run.remind_at = None
