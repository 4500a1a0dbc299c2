"""Chance that comes out the same each time: drawn from a hash of a seed and of what it is for."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")
_WHOLE = 2**56


class Chance:
    """A stream of draws.

    Args:
        names: What the draws are for; the same names give the same draws.
    """

    __slots__ = ("_key", "_left", "_round")

    def __init__(self, *names: object) -> None:
        self._key = "\n".join(map(str, names)).encode()
        self._round = 0
        self._left = b""

    def share(self) -> float:
        """A number from 0 to under 1."""
        if len(self._left) < 7:
            self._left = hashlib.blake2b(self._key + b"\n%d" % self._round).digest()
            self._round += 1
        drawn, self._left = self._left[:7], self._left[7:]
        return int.from_bytes(drawn, "big") / _WHOLE

    def happens(self, share: float) -> bool:
        """Whether something of that likelihood happens."""
        return self.share() < share

    def one_of(self, things: Sequence[_T]) -> _T:
        """One of the things, each as likely as another."""
        return things[int(self.share() * len(things))]

    def between(self, low: float, high: float) -> float:
        """A number between two, evenly."""
        return low + (high - low) * self.share()
