"""Proving: promises held against every life that the rules tell apart; a broken one comes with its shortest story."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from care.domain.audit import Entry
from care.domain.catalogue import DAY
from care.domain.conditions import Value
from care.domain.rulebook import Rulebook
from care.rulebook.promises import Promise
from care.spreading import Job, spread
from care.trying.hours import against_the_law
from care.trying.judging import Broken, Judge, consent, welcome
from care.trying.lives import Lives, OneLife
from care.trying.reaching import without_a_way
from care.trying.suiting import field_tests

Verdict = Literal["kept", "broken", "not proven"]
LONGEST = 400 * DAY
_LIVES = (
    "each begun by one event: every value and answer that some rule tells apart; answers, closed tickets and awaited "
    "events come soon, late or never, other events (a return, an opt-out, another purchase) do not come"
)
CONSENT = Promise("No marketing without consent", "never")
WELCOME = Promise("No offer while a ticket is open or after an unhappy answer", "never")
TYPES = Promise("Every customer type has a journey it can enter", "never")
HOURS = Promise("Never outside the hours the law allows, in any time zone", "never")
ENDS = Promise("Every journey ends within 400 days", "ends", seconds=LONGEST)


@dataclass(frozen=True, slots=True)
class Story:
    """A life that breaks a promise.

    Attributes:
        given: What is known of the customer, as far as it matters; ``None`` for not known.
        events: What happens, in words.
    """

    journey: str
    starts: datetime
    given: dict[str, Value | None]
    events: tuple[tuple[datetime, str], ...]
    broken: Broken
    timeline: tuple[Entry, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of one promise.

    Attributes:
        how: How it was looked at, with the limit where there is one.
    """

    promise: Promise
    verdict: Verdict
    how: str
    story: Story | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """Lives to look at: those that begin with a journey's trigger and these choices."""

    journey: str
    choices: tuple[int, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """What came of a part: how many lives, whether those were all, and the simplest life that breaks each promise.

    Attributes:
        entered: The journeys that somebody entered.
        broken: By the promise's number: how simple the life is, and its choices.
    """

    journey: str
    lived: int
    complete: bool
    entered: frozenset[str]
    broken: dict[int, tuple[tuple[int, int, datetime], tuple[int, ...]]]


@dataclass(slots=True)
class _Looked:
    """How much was looked at, put together from the parts; ``unentered`` are journeys that nobody entered so far."""

    unentered: set[str]
    lived: int = 0
    complete: bool = True

    def add(self, seen: _Seen) -> None:
        self.lived += seen.lived
        self.complete = self.complete and seen.complete
        self.unentered -= seen.entered

    def doubt(self, promise: Promise) -> str:
        """Why a promise that nothing broke is not proven by it, or empty."""
        if not self.complete:
            return "there are more lives than were looked at (--limit)"
        empty = sorted(name for name in self.unentered if promise.journey in ("", name))
        return f"nobody entered {', '.join(empty)}, so nothing was seen there" if empty else ""


class _Proving(Job[_Part, _Seen]):
    """Looks at parts of all lives, in any process."""

    def __init__(self, rulebook: Rulebook, promises: Sequence[Promise]) -> None:
        self.rulebook = rulebook
        self._promises = tuple(promises)

    def do(self, part: _Part) -> _Seen:
        """Judge every life of a part by every promise."""
        judge, lived, complete, entered = Judge(self.rulebook), 0, False, set[str]()
        seen: dict[int, tuple[tuple[int, int, datetime], tuple[int, ...]]] = {}
        for life in self.lives(part.journey).all(part.limit + 1, part.choices):
            complete = lived < part.limit
            if not complete:
                break
            lived += 1
            entered.update(each.journey for decision, _ in life.steps for each in decision.entered)
            for number, promise in enumerate(self._promises):
                broken = asked(judge, promise, life)
                if broken is not None:
                    size = (len(life.events), life.unusual, broken.at)
                    seen[number] = min(seen.get(number, (size, life.choices)), (size, life.choices))
        return _Seen(part.journey, lived, complete, frozenset(entered), seen)

    def lives(self, journey: str) -> Lives:
        """The lives that begin with a journey's trigger."""
        tests = [test for each in self._promises if each.when is not None for test in field_tests(each.when)]
        return Lives(self.rulebook, self.rulebook.entering[journey].plan, tests)


def asked(judge: Judge, promise: Promise, life: OneLife) -> Broken | None:
    """Where a life breaks a promise, if it does."""
    if promise == CONSENT:
        return consent(life)
    return welcome(life) if promise == WELCOME else judge.broken(promise, life)


def prove(
    rulebook: Rulebook,
    promises: Sequence[Promise] = (),
    *,
    limit: int = 200_000,
    jobs: int = 1,
    told: Callable[[int, int, int], object] = lambda lived, done, parts: None,
) -> list[Proof]:
    """Hold the built-in promises and these against every life.

    Args:
        limit: How many lives to look at.
        jobs: How many processes at most.
        told: Called with how many lives were looked at, how many parts are done, and how many there are.
    """
    every = [*built_in(rulebook), *promises]
    proving = _Proving(rulebook, every)
    parts = [
        _Part(walked[0].plan.journey, choices, limit)
        for walked in rulebook.by_trigger.values()
        for choices in proving.lives(walked[0].plan.journey).parts()
    ]
    looked, done = _Looked(set(rulebook.entering)), 0
    worst: dict[int, tuple[tuple[int, int, datetime], str, tuple[int, ...]]] = {}
    for seen in spread(proving, parts, jobs):
        looked.add(seen)
        done += 1
        for number, (size, choices) in seen.broken.items():
            found = (size, seen.journey, choices)
            worst[number] = min(worst.get(number, found), found)
        told(looked.lived, done, len(parts))
        if looked.lived >= limit:
            break
    looked.complete = looked.complete and done == len(parts)
    return [
        *_types(rulebook),
        _hours(rulebook),
        *(_proof(proving, promise, worst.get(number), looked) for number, promise in enumerate(every)),
    ]


def _types(rulebook: Rulebook) -> Iterator[Proof]:
    """Every customer type has a way: exact, by the facts that give each type."""
    if rulebook.types:
        lost = [f"{field} {value}" for field, value in without_a_way(rulebook)]
        how = f"no journey lets in: {', '.join(lost)}" if lost else "every type, with facts that give it"
        yield Proof(TYPES, "broken" if lost else "kept", how)


def _hours(rulebook: Rulebook) -> Proof:
    """Nothing leaves outside the law's hours: exact, minute by minute."""
    trouble = against_the_law(rulebook)
    how = "every minute of a week, on the customer's own clock, by every policy pack and every part of its country"
    return Proof(HOURS, "broken" if trouble else "kept", trouble or how)


def built_in(rulebook: Rulebook) -> Iterator[Promise]:
    """What every rulebook must keep."""
    if rulebook.catalogue.company.marketing_consent == "explicit":
        yield CONSENT
    cap = rulebook.catalogue.company.frequency_cap
    if cap is not None:
        text = f"Never more than {cap.count} messages in {cap.seconds // DAY} days"
        yield Promise(text, "at_most", count=cap.count, seconds=cap.seconds)
    yield WELCOME
    yield ENDS


def _proof(
    proving: _Proving,
    promise: Promise,
    worst: tuple[tuple[int, int, datetime], str, tuple[int, ...]] | None,
    looked: _Looked,
) -> Proof:
    how = f"{looked.lived:,} lives, {_LIVES}"
    if worst is not None:
        _, journey, choices = worst
        return Proof(promise, "broken", how, _story(proving, promise, journey, choices))
    doubt = looked.doubt(promise)
    return Proof(promise, "not proven" if doubt else "kept", f"{how}; {doubt}" if doubt else how)


def _story(proving: _Proving, promise: Promise, journey: str, choices: tuple[int, ...]) -> Story:
    life = proving.lives(journey).retold(choices)
    broken = asked(Judge(proving.rulebook), promise, life)
    assert broken is not None
    timeline = tuple(entry for decision, _ in life.steps for entry in decision.entries)
    return Story(journey, life.starts, life.given_at_start, tuple(life.events), broken, timeline)
