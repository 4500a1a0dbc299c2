"""Witnesses: the simplest case that shows a gap or an overlap, in a marketer's words."""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import or_

from care.rulebook.checks.axes import KNOWN, MISSING
from care.rulebook.checks.boxes import Box
from care.rulebook.checks.space import Space

# So many boxes are made wider in search of a simple case; more of them seldom lead to a simpler one.
_TRIED = 8


def gaps(space: Space, left: Sequence[Box], taken: Sequence[Box], most: int) -> list[Box]:
    """The simplest cases among those that are left, the very simplest first.

    Args:
        left: What no rule takes; there is something.
        taken: What the rules take.
        most: How many cases are wanted at most.
    """
    found = [simplest(space, _wide(space, left, taken))]
    while len(found) < most and (left := space.grid.without(left, found[-1])):
        found.append(simplest(space, _wide(space, left, [*taken, *found])))
    return found


def simplest(space: Space, boxes: Iterable[Box]) -> Box:
    """The box that takes the fewest words; "no value" is left out of it where there are values too."""
    return min((_told(space, box) for box in boxes), key=lambda box: _effort(space, box))


def words(space: Space, box: Box) -> str:
    """A case as ``csat.score 4 or 5, customer.type vip``."""
    return _joined(_said(space, box)) or "every case"


def fields_named(space: Space, box: Box) -> list[str]:
    """The fields of which a case asks for certain values."""
    return [field for field, tests in _said(space, box).items() if tests != [MISSING]]


def _wide(space: Space, left: Sequence[Box], taken: Sequence[Box]) -> Iterator[Box]:
    """Boxes outside of what is taken, as wide as they get: those that need one axis only, or else some of several."""
    axes, full = space.grid.axes, space.grid.full
    free = full & ~reduce(or_, taken, 0)
    alone = [full & ~axis | free & axis for axis in axes if free & axis]
    yield from alone
    if any(fields_named(space, box) for box in alone):
        return
    for seed in left[:: 1 + len(left) // _TRIED]:
        yield _widened(space, seed, taken, axes)
        yield _widened(space, seed, taken, axes[::-1])


def _widened(space: Space, box: Box, taken: Sequence[Box], axes: Sequence[Box]) -> Box:
    """A box made as wide as it gets without touching what is taken: first whole axes are let go, then single cells."""
    grid = space.grid
    for axis in axes:
        if not grid.touches(taken, box | axis):
            box |= axis
    for axis in axes:
        touched = (common for other in taken if not grid.is_empty(common := other & (box | axis)))
        box |= axis & ~reduce(or_, touched, 0)
    return box


def _told(space: Space, box: Box) -> Box:
    """A box without "no value" wherever it holds values too, but not all there is."""
    for number, axis in enumerate(space.axes):
        cells = space.cells(box, number)
        known = axis.known(cells)
        if known and cells != (1 << axis.size) - 1:
            box ^= (cells ^ known) << space.grid.starts[number]
    return box


def _said(space: Space, box: Box) -> dict[str, list[str]]:
    """The tests that tell a box from every case, by field."""
    said: dict[str, list[str]] = {}
    for number, axis in enumerate(space.axes):
        cells = space.cells(box, number)
        tests = said.setdefault(axis.field, [])
        if cells != (1 << axis.size) - 1 and tests != [MISSING]:
            tests.append(axis.words(cells))
    return {field: [test for test in tests if test != KNOWN] or [KNOWN] for field, tests in said.items() if tests}


def _effort(space: Space, box: Box) -> tuple[int, int, int, Box]:
    """Fewer fields before known values before fewer words; the last makes the choice the same every time."""
    said = _said(space, box)
    missing = sum(tests == [MISSING] for tests in said.values())
    return len(said), missing, len(_joined(said)), box


def _joined(said: dict[str, list[str]]) -> str:
    return ", ".join(f"{field} {' and '.join(tests)}" for field, tests in said.items())
