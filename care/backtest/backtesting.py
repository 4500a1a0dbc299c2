"""A back-test: every customer's past, part by part, lived by the past rules and by the draft."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from care.backtest.comparing import Differences, changes_of
from care.backtest.habits import Habits, Outcome, learnt
from care.backtest.histories import History, history_of
from care.backtest.living import Liver, Onlooker, Rules
from care.backtest.past import Past, Period
from care.backtest.sources import Source, Stretch
from care.backtest.tally import Tally
from care.domain.timing import zone_of
from care.spreading import Job, spread

SAMPLE = 500
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Setting:
    """What a back-test is asked."""

    rules: Rules
    period: Period
    habits: Habits


@dataclass(slots=True)
class Outcomes:
    """What came of a back-test, or of a part of it.

    Attributes:
        was: Counts by the past rules; ``None`` when there are none to compare with.
        now: Counts by the draft.
        orders: Orders first heard of in the period.
        events: Events that were lived again, those before the period included.
        refused: How many lines of a file told no event; ``problems`` are the first of them.
    """

    was: Tally | None
    now: Tally = field(default_factory=Tally)
    differences: Differences = field(default_factory=Differences)
    orders: int = 0
    events: int = 0
    refused: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: "Outcomes") -> None:
        """Add another part."""
        if self.was is not None and other.was is not None:
            self.was.add(other.was)
        self.now.add(other.now)
        self.differences.add(other.differences)
        self.orders += other.orders
        self.events += other.events
        self.refuse(other.refused, other.problems)

    def take(self, past: Past, history: History, period: Period) -> None:
        """Count what one customer's past holds."""
        self.events += len(past.told)
        self.orders += sum(at in period for at in history.bought)
        self.refuse(len(past.refused), past.refused)

    def refuse(self, count: int, problems: Iterable[tuple[int, str]]) -> None:
        """Note lines that tell no event."""
        if count:
            self.refused += count
            self.problems = sorted([*self.problems, *problems])[:SHOWN]


class BacktestJob(Job[Stretch, Outcomes]):
    """Lives the customers of a stretch again."""

    def __init__(self, source: Source, setting: Setting) -> None:
        self.source, self.setting = source, setting

    def begin(self) -> None:
        """Open the past."""
        self.source.open()

    def end(self) -> None:
        """Close the past."""
        self.source.close()

    def do(self, part: Stretch) -> Outcomes:
        """Live one stretch."""
        setting = self.setting
        company = setting.rules.draft.catalogue.company
        zone, language = zone_of(company.timezone, "UTC"), company.locale
        liver = Liver(setting.rules, setting.period, setting.habits)
        found = Outcomes(Tally() if setting.rules.past is not None else None)
        for past in self.source.read(part):
            history = history_of(past)
            was, now = liver.live(history)
            found.take(past, history, setting.period)
            found.now.count(now, zone, language)
            if was is not None and found.was is not None:
                found.was.count(was, zone, language)
                found.differences.note(past.customer, past.name, changes_of(was, now))
        return found


def run(source: Source, setting: Setting, jobs: int, told: Callable[[int], None] | None = None) -> Outcomes:
    """Live everybody's past again and count.

    Args:
        source: The past.
        setting: Rules, period and habits.
        jobs: How many processes at most.
        told: Called with the number of events that are done since the last call.
    """
    whole = Outcomes(Tally() if setting.rules.past is not None else None)
    for part in spread(BacktestJob(source, setting), source.stretches(), jobs):
        whole.add(part)
        if told is not None:
            told(part.events)
    whole.differences.people.sort(key=lambda person: (-person.changes, person.name))
    return whole


def with_learnt(source: Source, setting: Setting, seen: Onlooker | None = None, most: int = SAMPLE) -> Setting:
    """The setting with the habits that a sample of the customers shows.

    Args:
        source: The past.
        setting: Rules, period, and the habits so far.
        seen: Told of every message the sample gets.
        most: About how many customers are looked at, from all over.
    """
    liver = Liver(setting.rules, setting.period, setting.habits, seen=seen)
    stretches = source.stretches()
    step = max(1, sum(stretch.customers for stretch in stretches) // most)
    known: list[tuple[str, Outcome]] = []
    source.open()
    try:
        for stretch in stretches[::step]:
            for past in source.read(stretch):
                was, now = liver.live(history_of(past))
                known.extend((question.habit, question.outcome) for question in (was or now).questions)
    finally:
        source.close()
    return replace(setting, habits=replace(setting.habits, kinds=learnt(known)))
