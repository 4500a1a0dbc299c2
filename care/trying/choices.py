"""Choices: every way a customer's life can go, walked one after the other by playing it again with another choice.

A choice is made only when somebody asks: a field no rule looks at on this way divides nothing.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

_T = TypeVar("_T")


class Choices:
    """One walk through the tree of choices, first things first; ``more`` turns to the next walk.

    Args:
        pinned: What is taken at the first choices of every walk.
    """

    def __init__(self, pinned: Sequence[int] = ()) -> None:
        self._pinned = len(pinned)
        self._taken = [(taken, 0) for taken in pinned]
        self._at = 0

    def one_of(self, things: Sequence[_T]) -> _T:
        """One of the things; every other is taken in another walk."""
        if self._at == len(self._taken):
            self._taken.append((0, len(things)))
        taken, _ = self._taken[self._at]
        self._at += 1
        return things[taken]

    @property
    def unusual(self) -> int:
        """How many choices of this walk were not the first: a measure of how simple its story is."""
        return sum(taken > 0 for taken, _ in self._taken[: self._at])

    def first(self, depth: int) -> tuple[int, ...]:
        """What was taken at the first choices of this walk."""
        return tuple(taken for taken, _ in self._taken[: min(depth, self._at)])

    def more(self, depth: int | None = None) -> bool:
        """Turn to the next walk; false when every one was made.

        Args:
            depth: Only the first choices are made otherwise.
        """
        del self._taken[self._at if depth is None else min(depth, self._at) :]
        self._at = 0
        while len(self._taken) > self._pinned:
            taken, count = self._taken.pop()
            if taken + 1 < count:
                self._taken.append((taken + 1, count))
                return True
        return False


class Chosen(dict[Any, Any]):
    """A mapping whose values are chosen when they are first asked for; ``None`` leaves the key absent.

    Args:
        choose: Gives the value of a key; raises LookupError where there is nothing to choose and the key is absent.

    Attributes:
        chosen: Every choice that was made, ``None`` for an absent key; what was set later is not among them.
    """

    def __init__(self, choose: Callable[[Any], Any | None]) -> None:
        super().__init__()
        self._choose = choose
        self._asked: set[Hashable] = set()
        self.chosen: dict[Any, Any | None] = {}

    def __contains__(self, key: object) -> bool:
        """Whether the key has a value, chosen now if nobody asked before."""
        self._ask(key)
        return super().__contains__(key)

    def __getitem__(self, key: Hashable) -> Any:
        """The value of a key, chosen now if nobody asked before."""
        self._ask(key)
        return super().__getitem__(key)

    def get(self, key: Hashable, default: Any = None) -> Any:
        """The value of a key, chosen now if nobody asked before."""
        self._ask(key)
        return super().get(key, default)

    def __setitem__(self, key: Hashable, value: Any) -> None:
        """Set a value that is known; nobody chooses it any more."""
        self._asked.add(key)
        super().__setitem__(key, value)

    def update(self, *others: Any, **more: Any) -> None:
        """Set several values that are known."""
        for key, value in dict(*others, **more).items():
            self[key] = value

    def _ask(self, key: Any) -> None:
        if key not in self._asked:
            self._asked.add(key)
            try:
                value = self.chosen[key] = self._choose(key)
            except LookupError:
                return
            if value is not None:
                super().__setitem__(key, value)
