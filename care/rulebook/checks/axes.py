"""Axes: how a field falls into cells by all the tests that one set of rules asks of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from care.domain.catalogue import Field
from care.domain.conditions import Test
from care.rulebook.checks.cells import Cells, Choices, Holding, Presence
from care.rulebook.checks.lines import amounts, days, moments

MISSING = "missing"
KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction in which cases differ.

    Attributes:
        missing: Whether one more cell, the last, stands for "no value".
    """

    field: str
    cells: Cells
    missing: bool = False

    @property
    def size(self) -> int:
        """How many cells there are, with the one for "no value"."""
        return self.cells.size + self.missing

    def known(self, cells: int) -> int:
        """Those of some cells that stand for values."""
        return cells & ((1 << self.cells.size) - 1)

    def words(self, cells: int) -> str:
        """Some cells, but not all, as a marketer would write them; of "no value" only when there is nothing else."""
        known = self.known(cells)
        if not known:
            return MISSING
        return KNOWN if known == self.known(-1) else self.cells.words(known)


def axes_of(field: Field, tests: Iterable[Test]) -> tuple[Axis, ...]:
    """The axes of a field; when there are several, the first may be the one that tells whether there is a value.

    A list has an axis for every name that is asked for, and a date one for its distance from now and one for its day:
    each of them may be anything whatever the others are.
    """
    parts = tuple(_parts(field, tuple(tests))) or (Presence(),)
    if len(parts) == 1:
        return (Axis(field.name, parts[0], missing=not field.always),)
    presence = () if field.always else (Axis(field.name, Presence(), missing=True),)
    return (*presence, *(Axis(field.name, part) for part in parts))


def _parts(field: Field, tests: tuple[Test, ...]) -> Iterator[Cells]:
    match field.type:
        case "choice":
            yield Choices(field.choices)
        case "yes/no":
            yield Choices((True, False))
        case "text":
            yield Choices(tuple(dict.fromkeys(value for test in tests for value in test.args)), others=True)
        case "number" | "percent":
            yield amounts(field, tests)
        case "list":
            yield from (Holding(str(name)) for name in dict.fromkeys(name for test in tests for name in test.args))
        case "date":
            yield from (line for line in (moments(tests), days(tests)) if line.size > 1)
