"""Walking: where an enrolment goes next, through paths and back."""

from datetime import datetime

from care.domain.moments import Duration, Until, UntilMoment
from care.domain.steps import CONTINUE, EXIT, Repeat
from care.domain.timing import after, wait_end, zone_of
from care.domain.turn import Running, Turn


def next_step(turn: Turn, run: Running) -> None:
    """Go to the step after this one; a finished path returns behind its caller, or to its ``repeat``."""
    following = run.walked.following
    while True:
        after_this = following.get(run.at[-1])
        if after_this is not None:
            go_to(run, (*run.at[:-1], after_this))
            return
        if len(run.at) == 1:
            turn.end(run, "completed")
            return
        run.at = run.at[:-1]
        if isinstance(run.step, Repeat):
            go_to(run, run.at)
            run.doing, run.since, run.until = "repeat", turn.now, turn.now
            return


def take(turn: Turn, run: Running, target: str) -> None:
    """Follow a word of the rules: ``continue``, ``exit`` or the name of a path."""
    if target == CONTINUE:
        next_step(turn, run)
    elif target == EXIT:
        turn.end(run, f"{run.at[-1]} says exit")
    else:
        run.visits[target] = run.visits.get(target, 0) + 1
        go_to(run, (*run.at, run.walked.plan.paths[target][0].id))


def go_to(run: Running, at: tuple[str, ...]) -> None:
    """Stand before a step, with nothing of the one before it left over."""
    run.at = at
    run.doing = "start"
    run.since = run.until = run.remind_at = run.wish = None
    run.ticket = run.asked = ""


def later(turn: Turn, length: Duration, *, since: datetime | None = None, company: bool = False) -> datetime:
    """The end of a length of time from now (or ``since``); for the company's own work, in the company's zone."""
    catalogue = turn.rulebook.catalogue
    zone = zone_of(catalogue.company.timezone, "UTC") if company else turn.zone
    return after(length, since or turn.now, catalogue.company.calendar, zone)


def end_of(turn: Turn, run: Running, until: Until, since: datetime) -> datetime | None:
    """When a wait that began at ``since`` ends; ``None`` when the date it asks for is not known."""
    anchor = turn.look(run).value(until.field) if isinstance(until, UntilMoment) else None
    return wait_end(
        until,
        entered_at=run.anchor,
        now=since,
        zone=turn.zone,
        calendar=turn.rulebook.catalogue.company.calendar,
        anchor=anchor if isinstance(anchor, datetime) else None,
    )
