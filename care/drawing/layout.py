"""Lays a whole chart out: how customers enter, what ends the journey early, and the steps below."""

from dataclasses import dataclass

from care.drawing.blocks import BETWEEN, DROP, GAP, flow_block
from care.drawing.paper import Card, Mark, Wire, card, column, extent
from care.drawing.shapes import Chart

WIDE = 1160.0
NARROW = 344.0


@dataclass(frozen=True, slots=True)
class Layout:
    """A chart on paper, as large as it came out."""

    width: float
    height: float
    marks: tuple[Mark, ...]


def layout(chart: Chart, room: float = WIDE) -> Layout:
    """Lay a chart out on paper of a width; what is nested too deeply makes the paper wider."""
    cards = _head(chart, room)
    entry = next(each for each in cards if each.box is chart.entry)
    top = max(each.bottom for each in cards) + GAP
    block = flow_block(chart.flow, room)
    down = Wire(((block.axis, entry.bottom), (block.axis, top)), arrow=True)
    marks = (*cards, down, *block.moved(0, top))
    if chart.words is not None:
        marks = (*marks, card(chart.words, column(room) / 2, column(room), extent(marks)[1] + GAP))
    return Layout(*extent(marks), marks)


def _head(chart: Chart, room: float) -> list[Card]:
    """The entry, and beside it what ends the journey early; on narrow paper that stands above it."""
    wide = column(room)
    beside = (chart.entry, *chart.early)
    if len(beside) * (wide + BETWEEN) - BETWEEN <= room:
        return [card(box, wide / 2 + number * (wide + BETWEEN), wide) for number, box in enumerate(beside)]
    cards: list[Card] = []
    for box in (*chart.early, chart.entry):
        top = cards[-1].bottom + DROP if cards else 0.0
        cards.append(card(box, wide / 2, wide, top))
    return cards
