"""Crowding: how many messages a journey can send in a span of time, over every way through it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from care.domain.catalogue import DAY, Catalogue
from care.domain.conditions import Condition
from care.domain.journey import MAIN, Plan
from care.domain.moments import Duration, For, UntilBusiness, UntilDay, UntilMoment, UntilWeekday
from care.domain.steps import (
    CONTINUE,
    EXIT,
    Branch,
    Exit,
    OfferStep,
    Repeat,
    Send,
    SetStep,
    Split,
    Step,
    Survey,
    Ticket,
    Wait,
    WaitFor,
    Webhook,
)
from care.rulebook.checks.elapsing import Pace, after, is_past, on_day, on_weekday, sent
from care.rulebook.checks.flow import goes_on, targets
from care.rulebook.checks.passes import begun, behind, followed, shape, skipped
from care.rulebook.checks.purposes import is_counted
from care.rulebook.checks.spans import FOR_EVER, closed_at_most, hush_of, most_of
from care.rulebook.checks.stretches import Moment, Stretch, joined
from care.rulebook.conditions import sure_tests

# A journey that takes longer to walk than this, counted in comparisons of stretches, is not walked to its end, and that
# is said; a step takes as long as so many of them.
_TOO_LONG = 1_000_000
_STEP = 40
_OFTEN = 1_000


class TooManyWaysError(Exception):
    """There are too many ways through a journey to walk them all."""


@dataclass(frozen=True)
class Crowd:
    """The most messages that can fall into one span of time.

    Attributes:
        names: What they are, in order.
        last: The step that sends the last of them.
    """

    names: tuple[str, ...] = ()
    last: Step | None = None


class Crowding:
    """One walk through every way of a journey at once, keeping at each place what is known of the time.

    Args:
        span: Messages in so many seconds; transactional ones are not counted.
        opening: Count only from this clock on, in seconds since the midnight before entry.

    Attributes:
        begins: The clock at which each message is sent at the latest.
        offered: For each offer the fewest seconds after entry at which it is made, by step id.
    """

    def __init__(self, plan: Plan, catalogue: Catalogue, span: int, opening: float | None = None) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._span = span
        self._pace = Pace(hush_of(catalogue.company, plan.sending), span, opening)
        self._calendar = catalogue.company.calendar
        self._walked: dict[str, dict[Moment, Moment | None]] = {}
        self._left = _TOO_LONG
        self._worst: tuple[Stretch, Step] | None = None
        self.begins: set[float] = set()
        self.offered: dict[str, float] = {}

    def all(self) -> Crowd:
        """Walk from the start.

        Raises:
            TooManyWaysError: When there are too many ways.
        """
        if any(self._is_counted(step) for steps in self._plan.paths.values() for step in steps):
            self._walk(MAIN, Moment())
        return Crowd() if self._worst is None else Crowd(self._worst[0].trail.names(), self._worst[1])

    def _walk(self, path: str, moment: Moment) -> Moment | None:
        walked = self._walked.setdefault(path, {})
        if moment not in walked:
            if len(walked) == _OFTEN:
                raise TooManyWaysError(path)
            now: Moment | None = moment
            for step in self._plan.paths[path]:
                if now is None:
                    break
                now = self._through(step, now)
            walked[moment] = now
        return walked[moment]

    def _through(self, step: Step, now: Moment) -> Moment | None:
        self._left -= _STEP + len(now.stretches) ** 2
        if self._left < 0:
            raise TooManyWaysError(step.id)
        if step.only_if is None:
            return self._behind(step, now)
        known = now._replace(due=self._due(step.only_if, now))
        behind = self._behind(step, known)
        return joined((now, behind._replace(due=now.due) if behind is not None else None), self._span)

    def _behind(self, step: Step, now: Moment) -> Moment | None:
        match step:
            case Send():
                return self._sent(step, step.template, now)
            case OfferStep():
                return self._sent(step, step.offer, now)
            case Survey():
                return self._asked(step, now)
            case Ticket() | Webhook():
                return self._within(now, step.up_to)
            case Repeat():
                return self._repeated(step, now)
            case SetStep():
                return now
            case Exit():
                return None
            case Wait() | WaitFor() | Branch() | Split():
                return joined(self._ways(step, now), self._span)
            case _:
                assert_never(step)

    def _ways(self, step: Wait | WaitFor | Branch | Split, now: Moment) -> Iterator[Moment | None]:
        match step:
            case Wait():
                yield from self._waited(step, now)
            case WaitFor():
                yield self._within(now, step.up_to)
                late = after(now, step.up_to.seconds, self._most(step.up_to), self._span)
                yield from self._follow(step.otherwise, late)
            case Branch():
                for rule in step.rules:
                    due = now.due if rule.when is None else self._due(rule.when, now)
                    for end in self._follow(rule.then, now._replace(due=due)):
                        yield end._replace(due=now.due) if end is not None else None
            case Split():
                for share in step.shares:
                    yield from self._follow(share.then, now)
        if isinstance(step, Branch | Split) and goes_on(step):
            yield now

    def _follow(self, name: str, now: Moment) -> Iterator[Moment | None]:
        for target in dict.fromkeys(targets(name, self._plan)):
            if target == CONTINUE:
                yield now
            elif target != EXIT and target in self._plan.paths:
                yield self._walk(target, now)

    def _most(self, length: Duration) -> float:
        return most_of(length, self._calendar)

    def _within(self, now: Moment, length: Duration) -> Moment:
        return after(now, 0, self._most(length), self._span)

    def _sent(self, step: Step, name: str, now: Moment) -> Moment:
        counts = self._is_counted(step)
        moment = sent(now, name, self._pace, counts=counts)
        if counts:
            self.begins.add(moment.latest)
        for stretch in moment.stretches:
            if self._worst is None or stretch.messages > self._worst[0].messages:
                self._worst = stretch, step
        if isinstance(step, OfferStep):
            self.offered[step.id] = min(now.shortest, self.offered.get(step.id, FOR_EVER))
        return moment

    def _is_counted(self, step: Step) -> bool:
        return is_counted(step, self._plan, self._catalogue)

    def _asked(self, step: Survey, now: Moment) -> Moment | None:
        """An answer comes at once, or behind the reminder, or not at all."""
        asked = self._sent(step, step.ask, now)
        ways: list[Moment | None] = [now, self._within(asked, step.up_to)]
        if step.remind is not None and step.remind.seconds < self._most(step.up_to):
            due = after(asked, step.remind.seconds, self._most(step.remind), self._span)
            ways.append(self._sent(step, f"{step.ask} (reminder)", due))
        return joined(ways, self._span)

    def _waited(self, step: Wait, now: Moment) -> Iterator[Moment | None]:
        match step.until:
            case For(duration=length):
                yield after(now, length.seconds, self._most(length), self._span)
            case UntilDay() as until:
                maybe, surely = is_past(now, until)
                if not surely:
                    yield on_day(now, until, self._span, past=False)
                if maybe:
                    yield from self._follow(step.if_past, on_day(now, until, self._span, past=True))
            case UntilWeekday(weekday=weekday, at=minute):
                yield on_weekday(now, weekday, minute, self._span)
            case UntilBusiness():
                yield after(now, 0, closed_at_most(self._calendar), self._span)
            case UntilMoment() as until:
                yield self._on_date(until, now)
                yield from self._follow(step.if_past, now)
            case _:
                assert_never(step.until)

    def _on_date(self, until: UntilMoment, now: Moment) -> Moment:
        """A date of the customer's may come at once, and as late as a test on the way here allows."""
        latest = dict(now.due).get(until.field, FOR_EVER) + until.offset
        if latest == FOR_EVER:
            return after(now, 0, FOR_EVER, self._span)
        if until.at is not None:
            latest = latest // DAY * DAY + until.at * 60
        return after(now, 0, max(latest - now.latest, 0), self._span)

    def _due(self, condition: Condition, now: Moment) -> tuple[tuple[str, float], ...]:
        """When the date fields that a condition says come soon are over, besides what was known of them."""
        known = dict(now.due)
        for test in sure_tests(condition):
            if test.test.op == "in the next" and not test.test.negated:
                known[test.field] = now.latest + float(test.test.args[0])
        return tuple(sorted(known.items()))

    def _repeated(self, step: Repeat, now: Moment) -> Moment | None:
        """Walk as many passes as it takes until one is like the one before, and as many again at the end."""
        every = (step.every.seconds, self._most(step.every)) if step.every is not None else None
        ends: list[Moment | None] = [now] if step.until is not None else []
        begin, since, number, before = begun(now), now.since, 0, None
        while (end := self._walk(step.path, begin)) is not None:
            number += 1
            if step.until is not None or number == step.times:
                ends.append(behind(end, since))
            if number == step.times:
                break
            following = followed(begin, end, every, self._span)
            took, passes = following.since, 0
            if shape(following) == before and step.times > 2 * number:
                passes = step.times - 2 * number
                following = skipped(following, passes * (every[0] if every is not None else 0), passes * took)
            since, number, before = since + (passes + 1) * took, number + passes, shape(following)
            begin = begun(following)
        return joined(ends, self._span)
