"""Where a journey can lead: loops, steps nobody reaches, names nobody uses and days that are already past."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from care.domain.catalogue import DAY
from care.domain.journey import MAIN, Plan
from care.domain.moments import For, UntilDay
from care.domain.steps import CONTINUE, EXIT, Branch, Exit, Repeat, Split, Step, Wait, WaitFor
from care.rulebook.checks.unused import check_unused
from care.rulebook.circles import DEEPEST, circles, too_deep
from care.rulebook.draft import Draft
from care.rulebook.reader import Node

# A path reached at more moments than this is not walked again, and then nothing is claimed about days.
_OFTEN = 100
_MOST_PASSES = 1_000


def check_flow(plan: Plan, draft: Draft, root: Node) -> None:
    """Note J030, J031, J032 and J034: what can be seen of a journey without a customer in it."""
    leads = {name: _leads(steps, plan) for name, steps in plan.paths.items()}
    check_unused(leads, draft, root)
    if not _check_loops(leads, draft):
        _check_passes(plan, draft)
        _Walk(plan, draft).all()


def targets(name: str, plan: Plan) -> Iterator[str]:
    """Where a ``then`` may lead: itself, or whatever a table of that name chooses (and no row holding continues)."""
    table = plan.tables.get(name)
    if table is None:
        yield name
        return
    yield CONTINUE
    if "path" in table.choose:
        at = table.choose.index("path")
        yield from (row.values[at] for row in table.rows)


def _named_by(step: Step) -> tuple[str, ...]:
    match step:
        case Branch():
            return tuple(rule.then for rule in step.rules)
        case Split():
            return tuple(share.then for share in step.shares)
        case Repeat():
            return (step.path,)
        case WaitFor():
            return (step.otherwise,)
        case Wait():
            return (step.if_past,)
        case _:
            return ()


def goes_on(step: Branch | Split) -> bool:
    """Whether some customers take none of the ways a step names."""
    if isinstance(step, Split):
        return step.holdout > 0 or not step.shares
    return not any(rule.when is None for rule in step.rules)


def led_to(step: Step, plan: Plan) -> list[str]:
    """The paths a step may lead to."""
    names = dict.fromkeys(target for name in _named_by(step) for target in targets(name, plan))
    return [name for name in names if name in plan.paths and name != MAIN]


def _leads(steps: tuple[Step, ...], plan: Plan) -> list[str]:
    return list(dict.fromkeys(name for step in steps for name in led_to(step, plan)))


def _check_loops(leads: Mapping[str, list[str]], draft: Draft) -> bool:
    """Note every circle of paths; true when there is one, or paths lead too deep to be walked."""
    found = circles(leads)
    for circle in found:
        words = " → ".join([*circle, circle[0]])
        hint = "a path cannot lead back to itself; write the steps out again, or end it with 'continue'"
        draft.findings.add("J032", draft.paths[circle[0]].key, f"endless loop: {words}", hint)
    if found:
        return True
    deep = too_deep(leads, MAIN)
    if deep:
        message = f"paths lead into one another more than {DEEPEST} deep"
        draft.findings.add("J032", draft.paths[leads[MAIN][0]].key, message, "split this into several journeys")
    return deep


def _check_passes(plan: Plan, draft: Draft) -> None:
    """Note J032 where repeats stand in one another, so that a path would be walked thousands of times."""
    most = {MAIN: 1}
    found = [MAIN]
    told: set[str] = set()
    while found:
        path = found.pop()
        for step in plan.paths[path]:
            walks = most[path] * (step.times if isinstance(step, Repeat) else 1)
            led = {target for name in _named_by(step) for target in targets(name, plan)} & set(plan.paths)
            if walks > _MOST_PASSES and step.id not in told:
                told.add(step.id)
                message = f"this is walked up to {walks:,} times: repeats stand in one another"
                hint = f"write fewer times; together they may come to {_MOST_PASSES:,}"
                draft.findings.add("J032", draft.marks[step.id], message, hint)
            elif walks <= _MOST_PASSES:
                more = [name for name in led if walks > most.get(name, 0)]
                most.update(dict.fromkeys(more, walks))
                found.extend(more)


@dataclass(frozen=True)
class _Moment:
    """The earliest a place is reached.

    Attributes:
        clock: Seconds since the local midnight before entry.
        elapsed: Seconds since entry.
        why: What above makes it so.
    """

    clock: int = 0
    elapsed: int = 0
    why: str = field(default="", compare=False)

    def after(self, seconds: int) -> "_Moment":
        """This much later."""
        clock = self.clock + seconds
        return _Moment(clock, self.elapsed + seconds, f"the waits above lead to day {clock // DAY} or later")

    def at_least(self, until: UntilDay) -> "_Moment":
        """Not before a calendar day."""
        start = until.day * DAY + (until.at or 0) * 60
        elapsed = until.day * DAY if until.at is None else start - DAY
        why = f"{_day(until)} is above" if start > self.clock else self.why
        return _Moment(max(self.clock, start), max(self.elapsed, elapsed), why)

    def is_past(self, until: UntilDay) -> bool:
        """Whether that calendar day's moment is gone for certain."""
        if until.at is not None:
            return self.clock > until.day * DAY + until.at * 60
        return self.clock >= (until.day + 1) * DAY or self.elapsed > until.day * DAY


def _day(until: UntilDay) -> str:
    return f"day {until.day}" + (f" at {until.at // 60:02}:{until.at % 60:02}" if until.at is not None else "")


class _Walk:
    """Walks every way through a journey, keeping the earliest moment each step is reached."""

    def __init__(self, plan: Plan, draft: Draft) -> None:
        self._plan = plan
        self._draft = draft
        self._walks: dict[str, dict[_Moment, _Moment | None]] = {}
        self._cut_short = False
        self._visited: set[tuple[str, int]] = set()
        self._past: dict[tuple[str, int], list[tuple[bool, _Moment]]] = {}

    def all(self) -> None:
        """Walk from the start, then tell what no way reaches and what every way reaches too late."""
        self._walk(MAIN, _Moment())
        for path, steps in self._plan.paths.items():
            for at, step in enumerate(steps):
                if (path, at) in self._visited:
                    self._tell_past(step, self._past.get((path, at), []))
                elif (path, at - 1) in self._visited:
                    self._tell_unreached(step, steps[at - 1])

    def _tell_past(self, step: Step, seen: list[tuple[bool, _Moment]]) -> None:
        if self._cut_short:
            return
        if seen and all(past for past, _ in seen) and isinstance(step, Wait) and isinstance(step.until, UntilDay):
            message = f"{_day(step.until)} has already passed here ({seen[0][1].why})"
            hint = "write a later day, or a length: 'wait: 2 days'"
            self._draft.findings.add("J034", self._draft.marks[step.id], message, hint)

    def _tell_unreached(self, step: Step, before: Step) -> None:
        ends = "the journey ends" if isinstance(before, Exit) else f"every way through the {before.verb} ends"
        message = f"this step is never reached: {ends} on line {before.line}"
        hint = "remove it, or end the journey only sometimes, with 'only_if'"
        self._draft.findings.add("J030", self._draft.marks[step.id], message, hint)

    def _walk(self, path: str, moment: _Moment) -> _Moment | None:
        """When the path's end is reached at the earliest; ``None`` when every way ends the journey."""
        walks = self._walks.setdefault(path, {})
        if moment not in walks and len(walks) == _OFTEN:
            self._cut_short = True
            return moment if any(end is not None for end in walks.values()) else None
        if moment not in walks:
            now: _Moment | None = moment
            for at, step in enumerate(self._plan.paths[path]):
                if now is None:
                    break
                self._visited.add((path, at))
                now = self._through(step, now, (path, at))
            walks[moment] = now
        return walks[moment]

    def _through(self, step: Step, now: _Moment, place: tuple[str, int]) -> _Moment | None:
        ways = list(self._ways(step, now, place))
        if step.only_if is not None or step.id in self._draft.shaky:
            ways.append(now)
        return min((way for way in ways if way is not None), key=lambda way: (way.clock, way.elapsed), default=None)

    def _ways(self, step: Step, now: _Moment, place: tuple[str, int]) -> Iterator[_Moment | None]:
        match step:
            case Exit():
                yield None
            case Branch() | Split():
                for name in _named_by(step):
                    yield from self._follow(name, now)
                if goes_on(step):
                    yield now
            case Repeat():
                yield from self._repeat(step, now)
            case WaitFor():
                yield now
                yield from self._follow(step.otherwise, now.after(step.up_to.seconds))
            case Wait():
                yield from self._wait(step, now, place)
            case _:
                yield now

    def _wait(self, step: Wait, now: _Moment, place: tuple[str, int]) -> Iterator[_Moment | None]:
        match step.until:
            case For(duration=length):
                yield now.after(length.seconds)
            case UntilDay() as until:
                self._past.setdefault(place, []).append((now.is_past(until), now))
                if not now.is_past(until):
                    yield now.at_least(until)
                yield from self._follow(step.if_past, now.at_least(until))
            case _:
                yield now
                yield from self._follow(step.if_past, now)

    def _repeat(self, step: Repeat, now: _Moment) -> Iterator[_Moment | None]:
        """Without 'until' every pass is walked, and the last one begins no earlier than ``every`` says."""
        if step.until is not None:
            yield now
        every = step.every.seconds if step.every is not None and step.until is None else 0
        last = now.after(every * (step.times - 1)) if every else now
        for end in self._follow(step.path, now):
            yield None if end is None else max(end, last, key=lambda moment: (moment.clock, moment.elapsed))

    def _follow(self, name: str, now: _Moment) -> Iterator[_Moment | None]:
        for target in targets(name, self._plan):
            if target == CONTINUE:
                yield now
            elif target == EXIT:
                yield None
            elif target in self._plan.paths:
                yield self._walk(target, now)
