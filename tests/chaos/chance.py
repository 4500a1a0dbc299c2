"""Chance from a seed: the same seed draws the same customers and the same faults."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Chance:
    """Draws by name: what is drawn under one name never depends on what else was drawn."""

    seed: str

    def number(self, *name: object) -> float:
        """A number from 0 up to 1."""
        digest = sha256("/".join(map(str, (self.seed, *name))).encode()).digest()
        return int.from_bytes(digest[:6]) / 2**48

    def between(self, low: float, high: float, *name: object) -> float:
        """A number from ``low`` up to ``high``."""
        return low + (high - low) * self.number(*name)

    def happens(self, share: float, *name: object) -> bool:
        """Whether something happens that happens to this share."""
        return self.number(*name) < share

    def one_of(self, items: Sequence[Item], *name: object) -> Item:
        """One of some things."""
        return items[int(self.number(*name) * len(items))]

    def shuffled(self, items: Sequence[Item], *name: object) -> list[Item]:
        """All of them in another order."""
        return [items[at] for at in sorted(range(len(items)), key=lambda at: self.number(*name, at))]
