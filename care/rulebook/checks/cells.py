"""Cells: the values of one field, put together as far as no test tells them apart.

A set of cells is a mask: bit 0 stands for the first cell, bit 1 for the second, and so on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from care.domain.conditions import Argument, Test

_FEW = 3


class Cells(Protocol):
    """One way to divide the known values of a field."""

    @property
    def size(self) -> int:
        """How many cells there are."""

    def holding(self, test: Test) -> int:
        """The cells in which a test, without its ``not``, holds; none when it asks about something else."""

    def words(self, mask: int) -> str:
        """Some of the cells, but not all, as a marketer would write them."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Values that stand each for themselves: choices, yes and no, or the texts that tests name.

    Attributes:
        others: Whether any other value may be there too; all of those are the last cell.
    """

    values: tuple[Argument, ...]
    others: bool = False

    @property
    def size(self) -> int:
        """How many cells there are."""
        return len(self.values) + self.others

    def holding(self, test: Test) -> int:
        """The cells of the values a test names."""
        if test.op not in ("is", "one of"):
            return 0
        return mask_of(self.values.index(value) for value in test.args)

    def words(self, mask: int) -> str:
        """The values, or those left out where that is shorter."""
        words = [_word(value) for value in self.values]
        inside = [word for cell, word in enumerate(words) if mask >> cell & 1]
        outside = [word for cell, word in enumerate(words) if not mask >> cell & 1]
        if self.others and mask >> len(words):
            return f"not {outside[0]}" if len(outside) == 1 else f"not one of {', '.join(outside)}"
        return f"not {outside[0]}" if len(outside) == 1 and len(words) > _FEW else listed(inside)


@dataclass(frozen=True, slots=True)
class Holding:
    """Whether a list holds one name: the first cell is yes, the second no."""

    name: str

    @property
    def size(self) -> int:
        """How many cells there are."""
        return 2

    def holding(self, test: Test) -> int:
        """The first cell, when the test asks for this name."""
        return int(test.op == "includes" and self.name in test.args)

    def words(self, mask: int) -> str:
        """As the test is written."""
        return f"includes {self.name}" if mask == 1 else f"not includes {self.name}"


@dataclass(frozen=True, slots=True)
class Presence:
    """Nothing but that there is a value: one cell."""

    @property
    def size(self) -> int:
        """How many cells there are."""
        return 1

    def holding(self, test: Test) -> int:
        """No cell: what asks for a value itself is asked of other cells."""
        return 0

    def words(self, mask: int) -> str:
        """As the test is written."""
        return "known"


def mask_of(cells: Iterable[int]) -> int:
    """The mask of some cells by number."""
    mask = 0
    for cell in cells:
        mask |= 1 << cell
    return mask


def listed(words: list[str], join: str = "or") -> str:
    """Words as ``a, b or c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {join} {words[-1]}"


def _word(value: Argument) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
