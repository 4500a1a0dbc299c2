"""Stacks the steps of a flow, and puts the ways of a fork side by side where the paper is wide enough for that.

The main way runs straight down on the left. What parts from it goes right, and comes back behind.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf

from care.drawing.paper import Block, Card, Mark, Point, Tag, Wire, card, column, tag
from care.drawing.shapes import Arm, Box, Flow, Fork, Item, Loop

GAP = 26.0
BETWEEN = 30.0
DROP = 14.0
_ARROW = 22.0
_RAIL, _LEFT, _RIGHT = 10.0, 30.0, 24.0


def flow_block(flow: Flow, room: float) -> Block:
    """The steps of a flow, one below the other."""
    wide = column(room)
    axis, top, right = wide / 2, 0.0, wide
    marks: list[Mark] = []
    came: float | None = None
    for item in flow.items:
        block = _item(item, room)
        if came is not None:
            marks.append(Wire(((axis, came), (axis, top)), arrow=True))
        marks.extend(block.moved(axis - block.axis, top))
        right = max(right, block.width)
        came = top + block.height if block.open else None
        top += block.height + GAP
    return Block(right, max(0.0, top - GAP), axis, tuple(marks), not flow.ends)


def _item(item: Item, room: float) -> Block:
    if isinstance(item, Box):
        wide = column(room)
        mark = card(item, wide / 2, wide)
        return Block(wide, mark.height, wide / 2, (mark,), item.kind != "end")
    if isinstance(item, Loop):
        return _loop(item, room)
    beside = _beside(item)
    return beside if beside.width <= room else _below(item, room)


@dataclass(frozen=True, slots=True)
class _Way:
    """One arm of a fork that has steps: its block, where it begins, and its words."""

    block: Block
    x: float
    tag: Tag

    @property
    def axis(self) -> float:
        return self.x + self.block.axis


def _beside(fork: Fork) -> Block:
    """The ways of a fork side by side, the straight one first."""
    wide = column(inf)
    head, axis = card(fork.box, wide / 2, wide), wide / 2
    straight = fork.arms[fork.straight]
    ways, x = [], 0.0
    for arm in [straight, *(arm for arm in fork.arms if arm is not straight)]:
        block = flow_block(arm.flow, inf)
        ways.append(_Way(block, x, tag(arm, (x + block.axis, head.bottom + DROP), wide)))
        x += max(block.width, wide) + BETWEEN
    top = max(way.tag.bottom for way in ways) + _ARROW
    end = top + max(way.block.height for way in ways)
    backs = [way.axis for way in ways[1:] if way.block.open]
    height = end + 2 * DROP if backs else end
    marks: list[Mark] = [head, *_bus(head, ways, top)]
    for way in ways:
        marks.extend((way.tag, *way.block.moved(way.x, top)))
        if way.axis in backs:
            # Only the farthest draws the whole way back; the others join it.
            home = ((axis, end + DROP), (axis, height)) if way.axis == backs[-1] else ((way.axis - DROP, end + DROP),)
            marks.append(Wire(((way.axis, top + way.block.height), (way.axis, end + DROP), *home)))
    if ways[0].block.open:
        marks.append(Wire(((axis, top + ways[0].block.height), (axis, height))))
    return Block(x - BETWEEN, height, axis, tuple(marks), any(way.block.open for way in ways))


def _bus(head: Card, ways: list[_Way], top: float) -> Iterator[Wire]:
    """From a fork's head straight down to the first way, and to the right to the others: one wire that some leave."""
    for way in ways:
        has_steps = bool(way.block.marks)
        if way.x == 0:
            yield Wire(((way.axis, head.bottom), (way.axis, top)), arrow=has_steps)
        else:
            start = head.x + head.width if way is ways[-1] else way.axis - DROP
            yield Wire(((start, head.middle), (way.axis, head.middle), (way.axis, top)), arrow=has_steps)


def _below(fork: Fork, room: float) -> Block:
    """The ways of a fork one after another: a rail on the left leads to each, one on the right back from each."""
    wide, inner = column(room), room - _LEFT - _RIGHT
    head, axis = card(fork.box, wide / 2, wide), wide / 2
    start: tuple[Point, ...] = ((head.x, head.middle), (_RAIL, head.middle))
    marks: list[Mark] = [head]
    backs: list[Point] = []
    y, right = head.bottom, wide
    for arm in [arm for arm in fork.arms if arm.flow.items]:
        block = flow_block(arm.flow, inner)
        way = _Way(block, _LEFT, tag(arm, (_LEFT + block.axis, y + DROP), column(inner)))
        top = way.tag.bottom + _ARROW
        marks.append(Wire((*start, (_RAIL, way.tag.middle), (way.tag.x, way.tag.middle))))
        marks.append(Wire(((way.axis, way.tag.bottom), (way.axis, top)), arrow=True))
        marks.extend((way.tag, *block.moved(_LEFT, top)))
        start = ((_RAIL, way.tag.middle - DROP),)
        y, right = top + block.height, max(right, _LEFT + block.width + DROP)
        if block.open:
            backs.append((way.axis, y))
            y += DROP
    straight = fork.arms[fork.straight]
    if straight.flow.items:
        return _joined(marks, backs, (right, y), axis)
    last = tag(straight, (axis, y + DROP), wide - 4 * _RAIL)
    return _led_on(marks, backs, _Rail(start, last, axis), right)


@dataclass(frozen=True, slots=True)
class _Rail:
    """The end of a fork's rail: the way that leads straight on."""

    start: tuple[Point, ...]
    tag: Tag
    axis: float


def _led_on(marks: list[Mark], backs: list[Point], rail: _Rail, right: float) -> Block:
    """The rail led to the axis; where its words leave room for it, the last way comes back straight down."""
    words, axis = rail.tag, rail.axis
    aside = axis - _RAIL - 12
    turn: tuple[Point, ...] = ((_RAIL, words.middle), (words.x, words.middle))
    if words.width <= aside:
        words = replace(words, x=_RAIL + 6 + (aside - words.width) / 2)
        turn = ((_RAIL, words.middle), (axis, words.middle), (axis, words.bottom))
        if backs and backs[-1][1] + 2 * DROP >= words.y:
            x, bottom = backs.pop()
            marks.append(Wire(((x, bottom), (x, words.bottom))))
            backs.append((x, words.bottom))
    marks.extend((Wire((*rail.start, *turn)), words))
    return _joined(marks, [*backs, (axis, words.bottom)], (right, words.bottom), axis)


def _joined(marks: list[Mark], backs: list[Point], corner: Point, axis: float) -> Block:
    """A fork's ways led back together below it."""
    right, y = corner
    if not backs:
        return Block(right, y, axis, tuple(marks), open=False)
    height, whole = y + 2 * DROP, False
    for x, bottom in backs:
        if bottom + DROP >= y:
            turn = () if x == axis else ((x, y + DROP), (axis, y + DROP))
            marks.append(Wire(((x, bottom), *turn, (axis, height))))
            continue
        home = ((right, y + DROP), (axis, y + DROP), (axis, height)) if not whole else ((right, bottom + 2 * DROP),)
        marks.append(Wire(((x, bottom), (x, bottom + DROP), (right, bottom + DROP), *home)))
        whole = True
    return Block(right + _RAIL, height, axis, tuple(marks))


def _loop(loop: Loop, room: float) -> Block:
    """A path and the way back up to its beginning, on the right."""
    wide = column(room)
    head, axis = card(loop.box, wide / 2, wide), wide / 2
    body = flow_block(loop.flow, room - _RIGHT)
    shift, top = axis - body.axis, head.bottom + GAP
    end = top + body.height
    words = tag(Arm(f"again, {loop.again}", Flow()), (axis, end + DROP), column(room - _RIGHT))
    right = max(shift + body.width, words.x + words.width, wide) + DROP
    back = (
        (words.x + words.width, words.middle),
        (right, words.middle),
        (right, head.middle),
        (head.x + head.width, head.middle),
    )
    marks: tuple[Mark, ...] = (
        head,
        Wire(((axis, head.bottom), (axis, top)), arrow=bool(body.marks)),
        *body.moved(shift, top),
        Wire(((axis, end), (axis, words.y))),
        words,
        Wire(back, arrow=True, back=True),
    )
    return Block(right + _RAIL, words.bottom, axis, marks)
