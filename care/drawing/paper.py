"""What stands on the paper: cards, the wires between them and the tags on the wires. Pixels, from the top left."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from care.drawing.measure import width, wrapped
from care.drawing.shapes import Arm, Box

TITLE, SMALL = 14.0, 12.5
TITLE_LINE, SMALL_LINE = 19.0, 17.0
_COLUMN, _NARROWEST = 300.0, 226.0
_TAG_PAD = 9.0
# These are as wide as their words; the others fill their column.
SLIM = frozenset({"wait", "end", "branch", "exit", "table", "split", "again"})
LIGHT = frozenset({"wait", "again"})

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Inside:
    """How a card holds its words: what is free above, before and behind them, and how large its sign is."""

    top: float
    left: float
    right: float
    sign: float
    between: float


_SLIM = Inside(top=7.0, left=38.0, right=12.0, sign=16.0, between=1.0)
_FULL = Inside(top=10.0, left=47.0, right=12.0, sign=26.0, between=3.0)


def inside(box: Box) -> Inside:
    """How a box's card holds its words."""
    return _SLIM if box.kind in SLIM else _FULL


@dataclass(frozen=True, slots=True)
class Card:
    """A box with its words broken into lines; ``x`` and ``y`` are its top left corner."""

    box: Box
    x: float
    y: float
    width: float
    height: float
    title: tuple[str, ...]
    details: tuple[tuple[str, ...], ...]

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Tag:
    """Words on a wire: when this way is taken, and below it the path it leads to."""

    text: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    path: tuple[str, ...] = ()

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Wire:
    """A line through some points, with an arrow at its end or not; ``back`` leads up again."""

    points: tuple[Point, ...]
    arrow: bool = False
    back: bool = False


Mark = Card | Tag | Wire


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the picture with its own corner; customers come in, and go out when it is ``open``, on ``axis``."""

    width: float
    height: float
    axis: float
    marks: tuple[Mark, ...] = ()
    open: bool = True

    def moved(self, dx: float, dy: float) -> tuple[Mark, ...]:
        """Its marks, with its corner there."""
        return tuple(_moved(mark, dx, dy) for mark in self.marks)


def _moved(mark: Mark, dx: float, dy: float) -> Mark:
    if isinstance(mark, Wire):
        return replace(mark, points=tuple((x + dx, y + dy) for x, y in mark.points))
    return replace(mark, x=mark.x + dx, y=mark.y + dy)


def column(room: float) -> float:
    """How wide steps are where there is so much room."""
    return max(_NARROWEST, min(_COLUMN, room))


def card(box: Box, axis: float, room: float, top: float = 0.0) -> Card:
    """A box as a card, as wide as its kind needs, centred on ``axis``."""
    within = inside(box)
    beside = within.left + within.right
    bold = box.kind not in LIGHT
    title = wrapped(box.title, room - beside, TITLE, bold=bold)
    details = tuple(wrapped(detail, room - beside, SMALL, most=6) for detail in box.details)
    wide = room
    if box.kind in SLIM:
        texts = [width(line, TITLE, bold=bold) for line in title]
        texts += [width(line, SMALL) for detail in details for line in detail]
        wide = min(room, max(texts, default=0.0) + beside)
    high = len(title) * TITLE_LINE + sum(len(detail) * SMALL_LINE + within.between for detail in details)
    return Card(box, axis - wide / 2, top, wide, max(high, within.sign) + 2 * within.top, title, details)


def tag(arm: Arm, at: Point, room: float) -> Tag:
    """An arm's words, centred below a point."""
    axis, top = at
    lines = wrapped(arm.label, room - 2 * _TAG_PAD, SMALL, bold=True)
    path = wrapped(f"→ {arm.path}" if arm.path else "", room - 2 * _TAG_PAD, SMALL, most=2)
    widths = [width(line, SMALL, bold=True) for line in lines] + [width(line, SMALL) for line in path]
    wide = max(widths, default=0.0) + 2 * _TAG_PAD
    return Tag(arm.label, axis - wide / 2, top, wide, (len(lines) + len(path)) * SMALL_LINE + 8, lines, path)


def extent(marks: Iterable[Mark]) -> Point:
    """The right and the lower edge of everything."""
    rights, bottoms = [0.0], [0.0]
    for mark in marks:
        if isinstance(mark, Wire):
            rights.extend(x for x, _ in mark.points)
            bottoms.extend(y for _, y in mark.points)
        else:
            rights.append(mark.x + mark.width)
            bottoms.append(mark.bottom)
    return max(rights), max(bottoms)
