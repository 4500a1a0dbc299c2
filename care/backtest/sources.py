"""Where the past is read from: customers in stretches, so that several processes can share the work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from care.backtest.past import Past

EVENTS_A_STRETCH = 1_500


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of customers in the order of their keys, with how many events it holds."""

    first: str
    last: str
    customers: int
    events: int


class Source(Protocol):
    """Where the past is read from; it can be sent to another process."""

    @property
    def recorded(self) -> frozenset[str]:
        """Topics of which every answer is kept, but not what was asked (see ``Habits``)."""

    def stretches(self) -> Sequence[Stretch]:
        """Everybody, in stretches of a few hundred events."""

    def open(self) -> None:
        """Open what is read, once in each process."""

    def close(self) -> None:
        """Close it."""

    def read(self, stretch: Stretch) -> Iterator[Past]:
        """The pasts of a stretch, each with its events before the end of the period, oldest first."""


class Stretches:
    """Gathers customers, in the order of their keys, into stretches of some hundred events."""

    def __init__(self) -> None:
        self.found: list[Stretch] = []
        self._first = self._last = ""
        self._customers = self._events = 0

    def add(self, customer: str, events: int) -> None:
        """Take in the next customer."""
        self._first = self._first if self._customers else customer
        self._last = customer
        self._customers += 1
        self._events += events
        if self._events >= EVENTS_A_STRETCH:
            self.close()

    def close(self) -> list[Stretch]:
        """End the stretch that was begun; everything so far."""
        if self._customers:
            self.found.append(Stretch(self._first, self._last, self._customers, self._events))
        self._customers = self._events = 0
        return self.found
