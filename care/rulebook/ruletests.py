"""Reads rule tests: what is given, what happens, and what must follow."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal, NamedTuple, cast

from care.domain.conditions import Fact, Value
from care.domain.journey import Plan
from care.domain.references import references
from care.rulebook.catalogue_words import EXPECTATION, EXPECTED, HAPPENING, TEST, TEST_FILE
from care.rulebook.clocktimes import calendar_day, cap, minute_of_day, timezone
from care.rulebook.company import taken
from care.rulebook.findings import Findings, PhraseError, quoted
from care.rulebook.forms import Entries, fill, loosely
from care.rulebook.names import Known
from care.rulebook.reader import Node, Text
from care.rulebook.sides import customer_on
from care.rulebook.spelling import did_you_mean, meant
from care.rulebook.testdata import Story, read_given, read_payload
from care.rulebook.vocabulary import CHANNELS, STEPS, SURVEYS

ExpectationKind = Literal["at", "never", "ends", "at_most"]
_MOMENT = re.compile(r"day\s+(\d{1,4})\s+(?:at\s+)?(\S+)", re.IGNORECASE)
_KINDS: tuple[ExpectationKind, ...] = ("at", "never", "ends", "at_most")
_LISTS = {
    "send": ("templates", "template"),
    "offer": ("offers", "offer"),
    "ticket": ("queues", "queue"),
    "webhook": ("endpoints", "endpoint"),
}
_BY_STEP = ("split", "set", "repeat")


class Moment(NamedTuple):
    """A calendar day, counted from that of ``starts``, and minutes since midnight on the customer's clock."""

    day: int
    minute: int


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the story.

    Attributes:
        data: The event's payload by bare name, such as ``score``.
        facts: Fields that hold from this event on, by full name, such as ``order.total`` of its order.
        order: Whether it is about the order the customer entered with, or another one.
    """

    at: Moment
    event: str
    line: int
    data: Mapping[str, Value] = field(default_factory=dict)
    facts: Mapping[str, Value] = field(default_factory=dict)
    order: Literal["own", "other"] = "own"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be true of the story.

    Attributes:
        kind: ``at``: ``verb`` with ``name`` happens ``when``. ``never``: ``verb`` or ``name`` does not occur at all.
            ``ends``: the journey ends ``when``. ``at_most``: no more than ``count`` messages in any ``seconds``.
    """

    kind: ExpectationKind
    line: int
    when: Moment | None = None
    verb: str = ""
    name: str = ""
    count: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One story.

    Attributes:
        starts: When the customer enters: naive, on their own clock.
        timezone: IANA name, or ``None`` for the company's.
        given: Fields at the start, by full name; ``customer.locale`` may be among them.
        consents: ``(channel, purpose)`` to whether consent was given.
        reach: Channels with an address.
        customer: The key of a customer for whom every split falls as the test says; empty when it says nothing.
        replies: What an endpoint answers to a webhook: endpoint to place in the answer to value.
    """

    name: str
    line: int
    starts: datetime
    timezone: str | None = None
    given: Mapping[str, Value] = field(default_factory=dict)
    consents: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    reach: tuple[str, ...] = CHANNELS
    happens: tuple[Happening, ...] = ()
    expect: tuple[Expectation, ...] = ()
    customer: str = ""
    replies: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleTestFile:
    """The tests of one journey."""

    journey: str
    tests: tuple[RuleTest, ...]


def read_rule_tests(root: Node, name: str, plan: Plan | None, known: Known, findings: Findings) -> RuleTestFile | None:
    """The tests of a file; what is wrong is told.

    Args:
        name: The journey the file is called after.
        plan: That journey, when it could be read.
    """
    entries = fill(root, TEST_FILE, findings)
    if entries is None:
        return None
    journey = entries.text("journey")
    if journey is not None and journey.value != name:
        message = f"the tests are for {quoted(journey.value)}, but the file is called '{name}.test.yaml'"
        findings.add("J010", journey, message, f"write 'journey: {name}', or rename the file")
    reading = _Reading(plan, known, findings)
    tests = [test for item in entries.items("tests") if (test := reading.test(item)) is not None]
    return RuleTestFile(name, tuple(tests))


class _Reading:
    """Reads one test after the other."""

    def __init__(self, plan: Plan | None, known: Known, findings: Findings) -> None:
        self._plan = plan
        self._known = known
        self._findings = findings
        self._names: dict[str, int] = {}

    def test(self, node: Node) -> RuleTest | None:
        """One test, or ``None`` when it cannot be played."""
        entries = fill(node, TEST, self._findings)
        name = entries.text("test") if entries is not None else None
        if entries is None or name is None:
            return None
        if name.value in self._names:
            message = f"two tests are called {quoted(name.value)} (first on line {self._names[name.value]})"
            self._findings.add("J002", name, message, "give each test a name of its own")
        self._names.setdefault(name.value, name.line)
        starts = taken(entries, "starts", local_time, self._findings)
        zone = taken(entries, "timezone", timezone, self._findings)
        if starts is None:
            return None
        story = Story(starts, zone or self._known.catalogue.company.timezone, self._known, self._findings, self._plan)
        start = Moment(0, starts.hour * 60 + starts.minute)
        given = read_given(entries.sections("given"), story)
        customer = self._findings.take(name, customer_on, given.sides, self._plan) if self._plan and given.sides else ""
        happens = [each for item in entries.items("happens") if (each := self._happening(item, story, start))]
        expect = [each_ for item in entries.items("expect") if (each_ := self._expectation(item, start))]
        return RuleTest(
            name.value,
            name.line,
            starts,
            zone,
            given.facts,
            given.consents,
            given.reach,
            tuple(happens),
            tuple(expect),
            customer or "",
            given.replies,
        )

    def _happening(self, item: Node, story: Story, start: Moment) -> Happening | None:
        entries = loosely(item, HAPPENING, self._findings)
        if entries is None:
            return None
        for name in ("at", "event"):
            if name not in entries:
                self._findings.add("J003", entries.at, f"an event that happens needs '{name}'", "at: day 7 20:00")
        at, event = self._moment(entries, "at", start), entries.text("event")
        if event is None:
            return None
        self._known.check("events", "event", event.value, event, self._findings)
        order = cast(Literal["own", "other"], entries.choice("order", ("own", "other"), "own"))
        payload = tuple(pair for name, pair in entries.pairs.items() if name not in HAPPENING.names)
        data, facts = read_payload(event.value, payload, story)
        return None if at is None else Happening(at, event.value, event.line, data, facts, order)

    def _moment(self, entries: Entries, name: str, start: Moment) -> Moment | None:
        text = entries.text(name)
        moment = self._findings.take(text, moment_of, text.value) if text is not None else None
        if text is not None and moment is not None and moment < start:
            message = f"{quoted(text.value)} is before the customer enters ({_clock(start)} on day 0)"
            self._findings.add("J012", text, message, "write a later time, or an earlier 'starts'")
        return moment

    def _expectation(self, item: Node, start: Moment) -> Expectation | None:
        entries = fill(item, EXPECTATION, self._findings)
        if entries is None:
            return None
        kinds = [kind for kind in _KINDS if kind in entries]
        if len(kinds) != 1:
            message = "an expectation says one of: at, never, ends, at_most"
            self._findings.add("J003", entries.at, message, "for example 'at: day 3 09:00' with 'send: thank_you'")
            return None
        kind, line = kinds[0], item.line
        verbs = [verb for verb in EXPECTED if verb in entries]
        if verbs and kind != "at":
            message = f"'{verbs[0]}' belongs to 'at', not to '{kind}'"
            self._findings.add("J003", entries.key(verbs[0]), message, "begin it with '- at: day 3 09:00'")
        if kind == "at":
            return self._at(entries, verbs, line, start)
        if kind == "ends":
            return Expectation("ends", line, when=self._moment(entries, "ends", start))
        if kind == "at_most":
            limit = taken(entries, "at_most", cap, self._findings)
            return None if limit is None else Expectation(kind, line, count=limit.count, seconds=limit.seconds)
        return self._never(entries, line)

    def _at(self, entries: Entries, verbs: list[str], line: int, start: Moment) -> Expectation | None:
        when = self._moment(entries, "at", start)
        if len(verbs) != 1 and all(name in EXPECTATION.names for name in entries.pairs):
            message = f"'at' needs one of: {', '.join(EXPECTED)}"
            self._findings.add("J003", entries.key("at"), message, "for example 'send: thank_you' below it")
        name = entries.text(verbs[0]) if len(verbs) == 1 else None
        if name is None or when is None:
            return None
        self._check_name(verbs[0], name)
        return Expectation("at", line, when, verbs[0], name.value)

    def _check_name(self, verb: str, name: Text) -> None:
        if verb == "survey" and name.value not in SURVEYS:
            message = f"{quoted(name.value)} is not one of the surveys ({', '.join(SURVEYS)})"
            self._findings.add("J011", name, message, meant(name.value, SURVEYS))
        if verb in _BY_STEP and self._plan is not None:
            steps = [step for steps in self._plan.paths.values() for step in steps if step.verb == verb]
            names = {word for step in steps for word in (step.id, step.id.partition(":")[2]) if word}
            if name.value not in names:
                message = f"{self._plan.journey} has no {verb} {quoted(name.value)}"
                self._findings.add("J010", name, message, did_you_mean(name.value, names))
        if verb not in _LISTS:
            return
        section, what = _LISTS[verb]
        known = self._known.check(section, what, name.value, name, self._findings)
        used = getattr(references(self._plan), section) if self._plan is not None else None
        if known and used is not None and name.value not in used:
            message = f"{self._plan.journey if self._plan else ''} never uses {what} {quoted(name.value)}"
            self._findings.add("J010", name, message, did_you_mean(name.value, used))

    def _never(self, entries: Entries, line: int) -> Expectation | None:
        text = entries.text("never")
        if text is None:
            return None
        if text.value in STEPS:
            return Expectation("never", line, verb=text.value)
        sections = ("templates", "offers", "queues", "endpoints")
        names = {*SURVEYS, *(name for section in sections for name in self._known.names(section))}
        names |= {step.id for steps in self._plan.paths.values() for step in steps} if self._plan else set()
        sure = self._plan is not None and not self._known.unsure & set(sections)
        if text.value not in names and sure:
            hint = did_you_mean(text.value, {*names, *STEPS}) or "write a verb, or the name of a template or an offer"
            self._findings.add("J010", text, f"unknown name {quoted(text.value)}", hint)
        return Expectation("never", line, name=text.value)


def moment_of(text: str) -> Moment:
    """A moment of a story: ``day 7 20:00``.

    Raises:
        PhraseError: J012 when it is none.
    """
    match = _MOMENT.fullmatch(text)
    if match is None:
        hint = "write for example: day 7 20:00 (the customer enters on day 0)"
        raise PhraseError("J012", f"{quoted(text)} is not a moment of the story", hint)
    return Moment(int(match[1]), minute_of_day(match[2]))


def local_time(text: str) -> datetime:
    """A local time: ``2026-03-02 10:00``, naive.

    Raises:
        PhraseError: J012 when it is none.
    """
    day, _, clock = text.partition(" ")
    if not clock:
        raise PhraseError("J012", f"{quoted(text)} has no time of day", f"write for example {day} 10:00")
    minute = minute_of_day(clock)
    return datetime.combine(calendar_day(day), time(minute // 60, minute % 60))


def _clock(moment: Moment) -> str:
    return f"{moment.minute // 60:02}:{moment.minute % 60:02}"
