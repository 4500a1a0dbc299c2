"""Runs rule tests: each story is played by the simulator, each expectation is held against what happened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from care.domain.audit import Entry, place, why_lines
from care.domain.conditions import Value
from care.domain.happenings import Event
from care.domain.journey import Plan
from care.domain.rulebook import Rulebook, WalkedPlan
from care.domain.simulation import Person, Scripted, simulate
from care.domain.timing import counts_within, instant_of, zone_of
from care.rulebook.ruletests import Expectation, Happening, Moment, RuleTest, RuleTestFile
from care.rulebook.workspace import Workspace

OWN_ORDER = "own order"
OTHER_ORDER = "another order"
_DID = frozenset({"sending", "asked", "reminded", "ticket", "set", "calling", "repeated"})
_DID_BY_VERB = frozenset({("branched", "split"), ("exited", "exit")})


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that was not met.

    Attributes:
        line: Where the expectation stands in the test file.
        near: The explanation of the nearest step that differed.
    """

    line: int
    message: str
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestResult:
    """One rule test that was played."""

    journey: str
    name: str
    line: int
    failures: tuple[Failure, ...]
    timeline: tuple[str, ...]
    entries: tuple[Entry, ...] = field(default=(), repr=False)

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return not self.failures


def run_tests(workspace: Workspace, journeys: frozenset[str] = frozenset()) -> Iterator[TestResult]:
    """Play the rule tests of a workspace, in order; of these journeys only, when any are named."""
    rulebook = workspace.rulebook
    if rulebook is None:
        return
    for file in workspace.tests:
        if (not journeys or file.journey in journeys) and file.journey in rulebook.entering:
            yield from _run_file(rulebook, file)


def _run_file(rulebook: Rulebook, file: RuleTestFile) -> Iterator[TestResult]:
    walked = rulebook.entering[file.journey]
    by_hash = {walked.plan.hash: walked}
    alone = Rulebook(rulebook.catalogue, rulebook.types, {file.journey: walked}, by_hash, policies=rulebook.policies)
    for test in file.tests:
        story = _Story(alone, walked, test)
        failures = [failure for expected in test.expect if (failure := story.missed(expected)) is not None]
        yield TestResult(file.journey, test.name, test.line, tuple(failures), tuple(story.timeline()), story.entries)


class _Story:
    """One test, played."""

    def __init__(self, rulebook: Rulebook, walked: WalkedPlan, test: RuleTest) -> None:
        self._test = test
        self._zone = zone_of(test.timezone or "", rulebook.catalogue.company.timezone)
        self._played = simulate(rulebook, _person(test), list(self._script(walked.plan)))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything that happened."""
        return tuple(self._played.entries)

    def _script(self, plan: Plan) -> Iterator[Scripted]:
        given = self._test.given
        own = {name: value for name, value in given.items() if name.startswith("order.")}
        entry = {name.removeprefix("event."): value for name, value in given.items() if name.startswith("event.")}
        yield Scripted(self._instant(None), Event("entry", plan.trigger.event, OWN_ORDER, entry), own)
        for number, happening in enumerate(self._test.happens, 1):
            yield self._scripted(number, happening, own)

    def _scripted(self, number: int, happening: Happening, own: Mapping[str, Value]) -> Scripted:
        mine = happening.order == "own"
        facts = happening.facts
        order = {name: value for name, value in facts.items() if name.startswith("order.")}
        fields = {name: value for name, value in facts.items() if name not in order}
        event = Event(f"event {number}", happening.event, OWN_ORDER if mine else OTHER_ORDER, happening.data)
        return Scripted(self._instant(happening.at), event, {**own, **order} if mine else order, fields)

    def _instant(self, moment: Moment | None) -> datetime:
        starts = self._test.starts
        if moment is None:
            return instant_of(starts, self._zone)
        day = starts.date() + timedelta(days=moment.day)
        return instant_of(datetime.combine(day, time(moment.minute // 60, moment.minute % 60)), self._zone)

    def missed(self, expected: Expectation) -> Failure | None:
        """Why the expectation is not met, or ``None`` when it is."""
        match expected.kind:
            case "at":
                return self._missed_step(expected)
            case "never":
                return self._missed_never(expected)
            case "ends":
                return self._missed_end(expected)
            case "at_most":
                return self._missed_bound(expected)

    def _missed_step(self, expected: Expectation) -> Failure | None:
        assert expected.when is not None
        wanted = self._instant(expected.when)
        alike = [
            entry for entry in self._played.entries if entry.verb == expected.verb and _named(entry, expected.name)
        ]
        if any(_did(entry) and _minute(entry.at) == wanted for entry in alike):
            return None
        what = f"{expected.verb}: {expected.name}"
        done = [entry for entry in alike if _did(entry)]
        but = f"it happened at {', '.join(self._said(entry.at) for entry in done)}" if done else "it never happened"
        message = f"expected {what} at {_moment(expected.when)}, but {but}"
        nearest = min(done or self._of_steps(alike), key=lambda entry: abs(entry.at - wanted), default=None)
        return Failure(expected.line, message, tuple(self._lines(nearest)) if nearest is not None else ())

    def _of_steps(self, alike: Sequence[Entry]) -> list[Entry]:
        """What became of the steps of these entries, the last word first; everything, where there are none."""
        steps = {entry.step for entry in alike}
        told = [entry for entry in self._played.entries if entry.step in steps and entry.kind != "exited"]
        return (told or self._played.entries)[::-1]

    def _missed_never(self, expected: Expectation) -> Failure | None:
        for entry in self._played.entries:
            verb = not expected.verb or entry.verb == expected.verb
            if _did(entry) and verb and (not expected.name or _named(entry, expected.name)):
                what = expected.name or expected.verb
                message = f"expected {what} never to happen, but it did at {self._said(entry.at)}"
                return Failure(expected.line, message, tuple(self._lines(entry)))
        return None

    def _missed_end(self, expected: Expectation) -> Failure | None:
        assert expected.when is not None
        ends = [entry for entry in self._played.entries if entry.kind == "exited"]
        wanted = self._instant(expected.when)
        if any(_minute(entry.at) == wanted for entry in ends):
            return None
        but = f"it ended at {self._said(ends[-1].at)}" if ends else "it never ended"
        near = tuple(self._lines(ends[-1])) if ends else ()
        return Failure(expected.line, f"expected the journey to end at {_moment(expected.when)}, but {but}", near)

    def _missed_bound(self, expected: Expectation) -> Failure | None:
        sent = [message.at for message in self._played.messages]
        span = timedelta(seconds=expected.seconds)
        for at, count in counts_within(sent, span):
            if count > expected.count:
                words = f"{expected.count} messages in {expected.seconds // 86400} days"
                return Failure(expected.line, f"expected at most {words}, but there were {count} by {self._said(at)}")
        return None

    def _said(self, at: datetime) -> str:
        there = at.astimezone(self._zone)
        return f"day {(there.date() - self._test.starts.date()).days} {there:%H:%M}"

    def _lines(self, entry: Entry) -> Iterator[str]:
        until = f" until {self._said(entry.until)}" if entry.until is not None else ""
        reason = f" ({entry.reason})" if entry.reason else ""
        yield f"{self._said(entry.at):<14}{entry.what}{until}{reason}   {place(entry)}"
        yield from (f"    {line}" for line in why_lines(entry.why))

    def timeline(self) -> Iterator[str]:
        """The whole story as lines, every entry with its why."""
        for entry in self._played.entries:
            yield from self._lines(entry)


def _person(test: RuleTest) -> Person:
    fields = {name: value for name, value in test.given.items() if not name.startswith(("order.", "event."))}
    zone = test.timezone or ""
    if not test.customer:
        return Person(fields, zone, test.reach, test.consents, replies=test.replies)
    return Person(fields, zone, test.reach, test.consents, test.customer, test.replies)


def _did(entry: Entry) -> bool:
    """Whether a step did what its verb says; a journey may end for other reasons than an ``exit``."""
    return entry.kind in _DID or (entry.kind, entry.verb) in _DID_BY_VERB


def _named(entry: Entry, name: str) -> bool:
    return name in (entry.template, entry.step, entry.step.partition(":")[2])


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _moment(moment: Moment) -> str:
    return f"day {moment.day} {moment.minute // 60:02}:{moment.minute % 60:02}"
