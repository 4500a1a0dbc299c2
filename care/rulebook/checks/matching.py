"""Matching: which conditions can never be chosen, which hold together, and what none of them takes. Exact."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from care.domain.catalogue import Field
from care.domain.conditions import Condition
from care.rulebook.checks.boxes import Box
from care.rulebook.checks.space import Space

_FEW = 16


class Matching:
    """Conditions of which the first that holds is chosen; they are counted from 0.

    Attributes:
        boxes: The cases of each condition.
        never: The conditions that are never chosen, because they never hold or those before match all their cases.
        left: The cases that no condition takes.

    Raises:
        UnprovableError: When the cases cannot be told apart exactly.
    """

    def __init__(self, fields: Mapping[str, Field], conditions: Sequence[Condition]) -> None:
        self.space = Space(fields, conditions)
        self.boxes: list[list[Box]] = [self.space.where(condition) for condition in conditions]
        self.never: list[int] = []
        grid = self.space.grid
        self.left: list[Box] = [grid.full]
        for number, boxes in enumerate(self.boxes):
            if not any(grid.touches(self.left, box) for box in boxes):
                self.never.append(number)
            self.left = grid.remaining(self.left, boxes)

    @cached_property
    def taken(self) -> list[Box]:
        """The cases of all conditions."""
        return [box for boxes in self.boxes for box in boxes]

    def overlaps(self) -> Iterator[tuple[int, int]]:
        """Every two conditions that may hold together, the earlier one first.

        Raises:
            UnprovableError: When they are too many to be compared.
        """
        for late, boxes in enumerate(self.boxes):
            self.space.grid.spend(late)
            for early in range(late):
                if any(self.space.grid.touches(self.boxes[early], box) for box in boxes):
                    yield early, late

    def common(self, early: int, late: int) -> list[Box]:
        """The cases of two conditions together."""
        return self.space.grid.both(self.boxes[early], self.boxes[late])

    def covering(self, number: int) -> list[int]:
        """Conditions before one that is never chosen which together match all its cases; of a few, none is spare.

        Raises:
            UnprovableError: When they are too many to be compared.
        """
        grid, left, found = self.space.grid, self.boxes[number], []
        grid.spend(number)
        for each in range(number):
            if any(grid.touches(left, box) for box in self.boxes[each]):
                found.append(each)
                left = grid.remaining(left, self.boxes[each])
        for each in reversed(found if len(found) <= _FEW else ()):
            others = [other for other in found if other != each]
            if not grid.remaining(self.boxes[number], [box for other in others for box in self.boxes[other]]):
                found = others
        return found
