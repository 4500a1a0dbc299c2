"""Repeating: walking a path again and again, a pass at a time."""

from care.domain.audit import RuleSeen
from care.domain.enrolment import Pass
from care.domain.steps import Repeat
from care.domain.turn import Running, Turn
from care.domain.walking import later, next_step, take


def next_pass(turn: Turn, run: Running, step: Repeat) -> None:
    """Begin the next pass, wait until it is due, or go on behind the repeat."""
    last = run.passes.get(step.id)
    number = last.number + 1 if last is not None else 1
    if number > step.times:
        _finish(turn, run, step, f"{number - 1} of {step.times} passes are done")
        return
    if step.until is not None:
        held, clause = turn.asks(step.until, turn.look(run))
        if held is True:
            _finish(turn, run, step, "its until holds", RuleSeen("until", held, clause))
            return
    due = last.began if last is not None else turn.now
    if last is not None and step.every is not None:
        due = later(turn, step.every, since=last.began)
    if due > turn.now:
        run.until, run.doing = due, "repeat"
        turn.note("waiting", f"{step.id} → pass {number} of {step.times}", run, until=due)
        return
    run.passes[step.id] = Pass(number, turn.now)
    turn.note("repeated", f"{step.id} → pass {number} of {step.times}", run)
    take(turn, run, step.path)


def _finish(turn: Turn, run: Running, step: Repeat, reason: str, *seen: RuleSeen) -> None:
    run.passes.pop(step.id, None)
    turn.note("repeated", f"{step.id} → continue", run, reason=reason, why=turn.why(*seen))
    next_step(turn, run)
