"""Timeliness: lengths of time that do not fit each other, so that something written never happens."""

from collections.abc import Mapping

from care.domain.catalogue import DAY
from care.domain.journey import Plan
from care.domain.moments import Duration, For
from care.domain.steps import CONTINUE, Branch, Exit, OfferStep, Repeat, Split, Step, Survey, Ticket, Wait
from care.rulebook.checks.flow import goes_on, led_to
from care.rulebook.checks.places import Places
from care.rulebook.checks.spans import most_of
from care.rulebook.draft import Draft


def check_timeliness(plan: Plan, draft: Draft, places: Places, offered: Mapping[str, float]) -> None:
    """Note J053, always a warning.

    Args:
        offered: For each offer the fewest seconds after entry at which it is made, by step id.
    """
    checking = _Checking(plan, draft, places)
    for step in (step for steps in plan.paths.values() for step in steps):
        match step:
            case Survey():
                checking.check_reminder(step)
            case Ticket():
                checking.check_sla(step)
            case OfferStep():
                checking.check_offer(step, offered.get(step.id))
            case Repeat():
                checking.check_every(step)
            case _:
                pass


class _Checking:
    """The checks of one journey."""

    def __init__(self, plan: Plan, draft: Draft, places: Places) -> None:
        self._plan = plan
        self._draft = draft
        self._places = places
        self._fewest: dict[str, float | None] = {}

    def check_reminder(self, step: Survey) -> None:
        """A reminder that would come when the question is over."""
        if step.remind is not None and self._is_over(step.up_to, step.remind, or_just=True):
            message = f"nobody is ever reminded: the question is over after {step.up_to.text} already"
            self._warn(step, "remind", message, "make 'remind' shorter than 'up_to'")

    def check_sla(self, step: Ticket) -> None:
        """A ticket nobody waits for any more when its time is up."""
        if step.sla is not None and self._is_over(step.up_to, step.sla, or_just=False):
            escalated = f"it is never handed to {step.escalate_to}: " if step.escalate_to else ""
            message = f"{escalated}the journey goes on after {step.up_to.text}, before these {step.sla.text} are over"
            self._warn(step, "sla", message, "make 'sla' shorter, or 'up_to' longer")

    def check_offer(self, step: OfferStep, offered: float | None) -> None:
        """An offer that is still good when the goal counts nothing any more."""
        goal = self._plan.goal
        if step.valid_for is None or offered is None or goal is None or goal.within is None:
            return
        ends = offered + step.valid_for.seconds
        if ends > goal.within:
            counted = f"but the goal counts nothing after day {goal.within // DAY}"
            message = f"this offer is good until day {-int(-ends // DAY)} or later, {counted}"
            self._warn(step, "valid_for", message, "make the offer shorter, make it earlier, or give the goal longer")

    def check_every(self, step: Repeat) -> None:
        """Passes that take longer than the time between their beginnings."""
        fewest = self._fewest_in(step.path)
        if step.every is not None and fewest is not None and fewest > self._most(step.every):
            message = (
                f"a pass takes {_days(fewest)} at least, so that the next one never begins after {step.every.text}"
            )
            self._warn(step, "every", message, f"make 'every' longer than the waits of '{step.path}'")

    def _warn(self, step: Step, setting: str, message: str, hint: str) -> None:
        self._draft.findings.add("J053", self._places.setting(step, setting), message, hint, "warning")

    def _most(self, length: Duration) -> float:
        return most_of(length, self._draft.known.catalogue.company.calendar)

    def _is_over(self, first: Duration, second: Duration, *, or_just: bool) -> bool:
        """Whether one length is over before another one, for certain."""
        most = first.seconds if first.business == second.business else self._most(first)
        return most < second.seconds or (or_just and most == second.seconds)

    def _fewest_in(self, path: str) -> float | None:
        """The fewest seconds a path takes once its calendar days are past; ``None`` when nobody comes to its end."""
        if path not in self._fewest:
            total: float | None = 0
            for step in self._plan.paths[path]:
                least = self._fewest_of(step)
                total = None if total is None or least is None else total + least
            self._fewest[path] = total
        return self._fewest[path]

    def _fewest_of(self, step: Step) -> float | None:
        if step.only_if is not None:
            return 0
        match step:
            case Exit():
                return None
            case Wait(until=For(duration=length)):
                return length.seconds
            case Branch() | Split():
                return self._fewest_way(step)
            case Repeat(until=None):
                one = self._fewest_in(step.path)
                every = step.every.seconds if step.every is not None else 0
                return None if one is None else max(one, every) * (step.times - 1) + one
            case _:
                return 0

    def _fewest_way(self, step: Branch | Split) -> float | None:
        names = [rule.then for rule in step.rules] if isinstance(step, Branch) else [each.then for each in step.shares]
        on = goes_on(step) or any(name == CONTINUE or name in self._plan.tables for name in names)
        ways = [self._fewest_in(path) for path in led_to(step, self._plan)]
        return 0 if on else min((way for way in ways if way is not None), default=None)


def _days(seconds: float) -> str:
    count, unit = (seconds / DAY, "day") if seconds >= DAY else (seconds / 3_600, "hour")
    return f"{count:.3g} {unit}{'' if count == 1 else 's'}"
