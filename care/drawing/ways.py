"""The ways of a chart one by one, from box to box, for those who lay it out themselves."""

from dataclasses import asdict, dataclass
from typing import Any

from care.drawing.shapes import Box, Chart, Flow, Fork, Item, boxes


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from one box to another, by their anchors; ``label`` says when it is taken, ``back`` that it leads up."""

    source: str
    target: str
    label: str = ""
    back: bool = False


_Loose = list[tuple[str, str]]


def arrows(chart: Chart) -> list[Arrow]:
    """Every way of a chart; only the entry has none that leads to it."""
    found: list[Arrow] = []
    _flow(chart.flow, [(chart.entry.anchor, "")], found)
    return found


def as_plain(chart: Chart) -> dict[str, Any]:
    """A chart as data for programs: its boxes, and the arrows between them by the boxes' anchors."""
    return {
        "journey": chart.journey,
        "title": chart.title,
        "origin": chart.origin,
        "boxes": [asdict(box) for box in boxes(chart)],
        "arrows": [asdict(arrow) for arrow in arrows(chart)],
    }


def _flow(flow: Flow, loose: _Loose, found: list[Arrow]) -> _Loose:
    """Tie the loose ends of what came before to a flow, and return its own: each a box and a label."""
    for item in flow.items:
        loose = _item(item, loose, found)
    return loose


def _item(item: Item, loose: _Loose, found: list[Arrow]) -> _Loose:
    box = item if isinstance(item, Box) else item.box
    found.extend(Arrow(source, box.anchor, label) for source, label in loose)
    if isinstance(item, Box):
        return [] if item.kind == "end" else [(box.anchor, "")]
    if isinstance(item, Fork):
        return [end for arm in item.arms for end in _flow(arm.flow, [(box.anchor, arm.label)], found)]
    ends = _flow(item.flow, [(box.anchor, "")], found)
    found.extend(Arrow(source, box.anchor, _both(label, item.again), back=True) for source, label in ends)
    past = [(box.anchor, item.past)] if item.past else []
    return [(source, _both(label, "then")) for source, label in ends] + past


def _both(label: str, more: str) -> str:
    return f"{label}, {more}" if label else more
