"""A measured number, and how often a second of one core does a piece of work."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes:
        target: What the project set itself, in words; empty when it only tells.
        share: How much of the target is reached; 1 and more is enough.
    """

    name: str
    unit: str
    median: float
    lowest: float
    highest: float
    target: str = ""
    share: float | None = None

    @property
    def met(self) -> bool:
        """Whether the target is reached; what has none always is."""
        return self.share is None or self.share >= 1


def figure(name: str, unit: str, seen: list[float], target: float | None = None, *, at_most: bool = False) -> Figure:
    """Sum up what was seen in several rounds.

    Args:
        target: What the median should reach, or stay below when ``at_most``.
    """
    median = statistics.median(seen)
    if target is None:
        return Figure(name, unit, median, min(seen), max(seen))
    word = "at most" if at_most else "at least"
    share = (target / median if median else float("inf")) if at_most else median / target
    return Figure(name, unit, median, min(seen), max(seen), f"{word} {target:,g}", share)


def per_second(work: Callable[[], object], count: int) -> list[float]:
    """How often the work is done in a second of one core, in each round."""
    rates = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(count):
            work()
        rates.append(count / (time.process_time() - started))
    return rates
