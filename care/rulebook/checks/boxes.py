"""Boxes: sets of cases, with on every axis some of its cells.

A box is one whole number: the cells of the axes side by side, a bit each, and above each axis a guard bit that is 0.
Adding ``full`` carries into the guard of every axis that has a cell left; so one addition tells whether a box is empty.
"""

from collections.abc import Iterable, Sequence

from care.domain.errors import CareError

Box = int

MOST = 200_000
# A second or two of work, whatever somebody writes.
MOST_STEPS = 10_000_000


class UnprovableError(CareError):
    """The cases cannot be told apart exactly; the message says why."""


class Grid:
    """The axes, and what can be done with boxes on them. A list of boxes stands for everything in any of them.

    Args:
        sizes: How many cells each axis has.

    Attributes:
        axes: For each axis the box of all its cells and of nothing else.
        starts: For each axis the place of its first cell.
        full: The box of every case.
    """

    def __init__(self, sizes: Iterable[int]) -> None:
        axes, starts, guards, place = [], [], 0, 0
        for size in sizes:
            axes.append(((1 << size) - 1) << place)
            starts.append(place)
            guards |= 1 << place + size
            place += size + 1
        self.axes: Sequence[Box] = axes
        self.starts: Sequence[int] = starts
        self.full: Box = sum(axes)
        self._guards = guards
        self._steps = 0

    def is_empty(self, box: Box) -> bool:
        """Whether some axis has no cell left."""
        return box + self.full & self._guards != self._guards

    def some(self, boxes: Iterable[Box]) -> list[Box]:
        """The boxes that are not empty, each once."""
        return [box for box in dict.fromkeys(boxes) if not self.is_empty(box)]

    def both(self, left: Sequence[Box], right: Sequence[Box]) -> list[Box]:
        """What two lists of boxes have in common.

        Raises:
            UnprovableError: When that is more boxes than can be gone through.
        """
        found: dict[Box, None] = {}
        for one in left:
            found.update(dict.fromkeys(self.some(one & other for other in right)))
            self._refuse_many(len(found), len(right))
        return self.joined(found)

    def joined(self, boxes: Iterable[Box]) -> list[Box]:
        """The same cases in fewer boxes: those that differ on one axis only become one."""
        found = list(dict.fromkeys(boxes))
        for axis in self.axes if len(found) > 1 else ():
            rows: dict[Box, Box] = {}
            for box in found:
                others = box & ~axis
                rows[others] = rows.get(others, 0) | box
            found = list(rows.values())
        return found

    def without(self, boxes: Sequence[Box], taken: Box) -> list[Box]:
        """What is left of boxes when one is taken out, in boxes that do not overlap if they did not before.

        Raises:
            UnprovableError: When that is more boxes than can be gone through.
        """
        full, guards, left = self.full, self._guards, []
        narrow = [axis for axis in self.axes if taken & axis != axis]
        for box in boxes:
            common = box & taken
            if common + full & guards != guards:
                left.append(box)
                continue
            for axis in narrow:
                outside = (box ^ common) & axis
                if outside:
                    left.append(box & ~axis | outside)
                    box ^= outside
        self._refuse_many(len(left), len(boxes))
        return left

    def remaining(self, boxes: Sequence[Box], taken: Iterable[Box]) -> list[Box]:
        """What is left when several boxes are taken out.

        Raises:
            UnprovableError: As ``without``.
        """
        left = list(boxes)
        for box in taken:
            if not left:
                break
            left = self.without(left, box)
        return left

    def touches(self, boxes: Iterable[Box], other: Box) -> bool:
        """Whether boxes have a case in common with another one."""
        full, guards = self.full, self._guards
        return any((box & other) + full & guards == guards for box in boxes)

    def spend(self, steps: int) -> None:
        """Count work that is done outside.

        Raises:
            UnprovableError: When it was too much altogether.
        """
        self._refuse_many(0, steps)

    def _refuse_many(self, count: int, steps: int) -> None:
        self._steps += steps
        if count > MOST or self._steps > MOST_STEPS:
            raise UnprovableError(f"the tests cut it into more than {MOST:,} cases")
