"""A forecast: every live customer led forward, part by part, over the cores."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from care.backtest.habits import Habits
from care.backtest.sources import Stretch
from care.domain.limits import WINDOWS
from care.domain.rulebook import Rulebook
from care.forecast.live import Live, life_of
from care.forecast.sends import Sends
from care.spreading import Job, spread


class LiveSource(Protocol):
    """Where live customers are read from; it can be sent to another process."""

    def stretches(self) -> Sequence[Stretch]:
        """Everybody on the way, in stretches of some hundred enrolments (which are counted as events)."""

    def open(self) -> None:
        """Open what is read, once in each process."""

    def close(self) -> None:
        """Close it."""

    def read(self, stretch: Stretch, rulebook: Rulebook, now: datetime) -> Iterator[Live]:
        """The customers of a stretch."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is forecast: from when to when (UTC), by which rules, with what habits."""

    rulebook: Rulebook
    habits: Habits
    now: datetime
    until: datetime

    @property
    def first_minute(self) -> datetime:
        """The minute of the clock that it begins in; messages are counted by these."""
        return self.now.replace(second=0, microsecond=0)


class ForecastJob(Job[Stretch, Sends]):
    """Leads the customers of a stretch forward."""

    def __init__(self, source: LiveSource, outlook: Outlook) -> None:
        self.source, self.outlook = source, outlook

    def begin(self) -> None:
        """Open the store."""
        self.source.open()

    def end(self) -> None:
        """Close the store."""
        self.source.close()

    def do(self, part: Stretch) -> Sends:
        """Lead one stretch forward."""
        outlook, found = self.outlook, Sends()
        for live in self.source.read(part, outlook.rulebook, outlook.now):
            found.customers += 1
            found.enrolments.update(kept.journey for kept in live.state.enrolments)
            waiting = {
                (kept.id, kept.step)
                for kept in live.state.enrolments
                if kept.wish is not None and kept.wish.held in WINDOWS
            }
            life = life_of(live, outlook.rulebook, outlook.habits, outlook.now)
            for decision, _ in life.decisions(outlook.until):
                found.count(decision, outlook.first_minute, waiting)
        return found


def forecast(source: LiveSource, outlook: Outlook, jobs: int, told: Callable[[int], None] | None = None) -> Sends:
    """Lead everybody forward and count.

    Args:
        source: The live customers.
        outlook: What is forecast.
        jobs: How many processes at most.
        told: Called with the number of customers that are done since the last call.
    """
    whole = Sends()
    for part in spread(ForecastJob(source, outlook), source.stretches(), jobs):
        whole.add(part)
        if told is not None:
            told(part.customers)
    return whole
