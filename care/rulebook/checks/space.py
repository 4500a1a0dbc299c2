"""The space of all cases that a set of conditions tells apart, and the boxes in which each condition holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from care.domain.catalogue import Field
from care.domain.conditions import Condition, FieldTest, Group, Named, Test
from care.rulebook.checks.axes import Axis, axes_of
from care.rulebook.checks.boxes import Box, Grid, UnprovableError


class Space:
    """Exact boxes for conditions, in three-valued logic: where there is no value, no test holds and none fails.

    Args:
        fields: The catalogue's fields by name.
        conditions: Every condition that will be asked about.

    Attributes:
        axes: In the order in which the conditions first speak of their fields.

    Raises:
        UnprovableError: When dates depend on each other in a way that boxes cannot show.
    """

    def __init__(self, fields: Mapping[str, Field], conditions: Iterable[Condition]) -> None:
        tests: dict[str, dict[Test, None]] = {}
        for each in tests_of(conditions):
            tests.setdefault(each.field, {})[each.test] = None
        axes = {name: axes_of(fields[name], asked) for name, asked in tests.items()}
        _refuse_mixed_dates(fields, axes)
        self.axes: Sequence[Axis] = [axis for each in axes.values() for axis in each]
        self.grid = Grid(axis.size for axis in self.axes)
        self._numbers: dict[str, list[int]] = {}
        for number, axis in enumerate(self.axes):
            self._numbers.setdefault(axis.field, []).append(number)
        self._asked: dict[tuple[str, Test], tuple[list[Box], list[Box]]] = {
            (name, test): self._boxes(name, test) for name, asked in tests.items() for test in asked
        }
        self._named: dict[tuple[int, bool], list[Box]] = {}

    def where(self, condition: Condition, wanted: bool = True) -> list[Box]:
        """Where a condition is true, or false when that is wanted.

        Raises:
            UnprovableError: When that is more boxes than can be gone through.
        """
        if isinstance(condition, FieldTest):
            return self._asked[condition.field, condition.test][not wanted]
        if isinstance(condition, Named):
            return self._defined(condition.condition, wanted is condition.wanted)
        parts = [self.where(part, wanted is (condition.join != "none")) for part in condition.parts]
        if wanted is (condition.join == "any"):
            return self.grid.joined(box for part in parts for box in part)
        found = [self.grid.full]
        for part in parts:
            found = self.grid.both(found, part)
        return found

    def cells(self, box: Box, number: int) -> int:
        """The cells of one axis, by its number, that a box holds."""
        return (box & self.grid.axes[number]) >> self.grid.starts[number]

    def _defined(self, condition: Condition, wanted: bool) -> list[Box]:
        """Definitions are shared: each is worked out once."""
        key = (id(condition), wanted)
        if key not in self._named:
            self._named[key] = self.where(condition, wanted)
        return self._named[key]

    def _boxes(self, name: str, test: Test) -> tuple[list[Box], list[Box]]:
        """Where a test holds, and where it fails."""
        there, nowhere = self._presence(name)
        if test.op in ("missing", "known"):
            holds, fails = ([there], [nowhere]) if test.op == "known" else ([nowhere], [there])
        else:
            holds, rest = [], there
            for number in self._numbers[name]:
                inside = self.axes[number].cells.holding(test) << self.grid.starts[number]
                holds.append(there & ~self.grid.axes[number] | inside)
                rest &= ~inside
            fails = [rest]
        if test.negated:
            holds, fails = fails, holds
        return self.grid.some(holds), self.grid.some(fails)

    def _presence(self, name: str) -> tuple[Box, Box]:
        """The cases in which a field has a value, and those in which it has none."""
        number = self._numbers[name][0]
        axis, full = self.axes[number], self.grid.full
        last = 1 << self.grid.starts[number] + axis.cells.size if axis.missing else 0
        return full & ~last, full & ~self.grid.axes[number] | last


def tests_of(conditions: Iterable[Condition]) -> Iterator[FieldTest]:
    """Every test of conditions, behind definitions too; what stands behind a name comes once."""
    opened: set[int] = set()
    waiting = list(conditions)[::-1]
    while waiting:
        condition = waiting.pop()
        if isinstance(condition, FieldTest):
            yield condition
        elif isinstance(condition, Group):
            waiting.extend(reversed(condition.parts))
        elif isinstance(condition, Named) and id(condition.condition) not in opened:
            opened.add(id(condition.condition))
            waiting.append(condition.condition)


def _refuse_mixed_dates(fields: Mapping[str, Field], axes: Mapping[str, Sequence[Axis]]) -> None:
    """One date that is near, and early, says what day it is; so another one cannot be near and late."""
    mixed = [name for name, each in axes.items() if fields[name].type == "date" and len(each) > 1]
    if len(mixed) > 1:
        raise UnprovableError(f"{mixed[0]} and {mixed[1]} are compared both with now and with days of the calendar")
