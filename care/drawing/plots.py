"""Plots: counts over time as bars, with a line beside them to compare with, in panels below each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10

from care.drawing.measure import width
from care.drawing.palette import FONTS, painted, style_sheet
from care.drawing.strokes import escaped, number, text
from care.drawing.svg import Drawing

_WIDE, _LEFT, _RIGHT, _TOP = 980.0, 64.0, 20.0, 96.0
_HIGH, _GAP, _BELOW = 150.0, 46.0, 44.0
_TITLE, _SMALL = 19.0, 12.0


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Attributes:
        title: What is counted here.
        bars: A count for each label of the plot.
        line: A count for each label to compare with, or empty.
        limit: A height that should not be passed, as a dashed line, or ``None``.
    """

    title: str
    bars: Sequence[float]
    line: Sequence[float] = ()
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot.

    Attributes:
        labels: One for each bar, from left to right.
        marks: What is written below the bars, as much as there is room for; an empty word writes nothing.
        bars: What the bars are, for the legend; ``line`` likewise.
        about: What it shows, in a sentence, for who cannot see it.
    """

    title: str
    about: str
    labels: Sequence[str]
    marks: Sequence[str]
    panels: Sequence[Panel]
    bars: str
    line: str = ""
    limit: str = ""


def plotted(plot: Plot) -> Drawing:
    """Draw a plot as SVG."""
    high = _TOP + len(plot.panels) * (_HIGH + _GAP) + _BELOW - _GAP
    size = f'width="{number(_WIDE)}" height="{number(high)}" viewBox="0 0 {number(_WIDE)} {number(high)}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONTS}">',
        f"<title>{escaped(plot.title)}</title><desc>{escaped(plot.about)}</desc>",
        f'<style>{style_sheet()}</style><rect width="100%" height="100%" {painted("paper")}/>',
        text((plot.title,), (_LEFT, 32), _TITLE, "ink", bold=True),
        *_legend(plot),
    ]
    for place, panel in enumerate(plot.panels):
        parts.extend(_panel(panel, plot.labels, _TOP + place * (_HIGH + _GAP)))
    parts.extend(_marks(plot.marks, high - _BELOW + 20))
    return Drawing("\n".join([*parts, "</svg>"]) + "\n", _WIDE, high)


def _legend(plot: Plot) -> list[str]:
    x, y, parts = _LEFT, 56.0, []
    marks = (
        (
            plot.bars,
            f'<rect x="{{x}}" y="{number(y - 9)}" width="12" height="10" fill-opacity=".55" {painted("teal")}/>',
        ),
        (plot.line, f'<path d="M{{x}} {number(y - 4)}h12" stroke-width="2" {painted(stroke="amber")}/>'),
        (
            plot.limit,
            f'<path d="M{{x}} {number(y - 4)}h12" stroke-width="1.6" stroke-dasharray="4 3" {painted(stroke="red")}/>',
        ),
    )
    for words, mark in marks:
        if words:
            parts += [mark.replace("{x}", number(x)), text((words,), (x + 18, y), _SMALL, "soft")]
            x += 18 + width(words, _SMALL) + 22
    return parts


def _panel(panel: Panel, labels: Sequence[str], top: float) -> list[str]:
    limit = (panel.limit,) if panel.limit is not None else ()
    most, step = _scale(max([*panel.bars, *panel.line, *limit, 1.0]))
    room = (_WIDE - _LEFT - _RIGHT) / max(len(panel.bars), 1)

    def height(value: float) -> float:
        return top + _HIGH * (1 - value / most)

    parts = [text((panel.title,), (_LEFT, top - 8), _SMALL + 1, "ink", bold=True)]
    value = 0.0
    while value <= most:
        y, words = height(value), _said(value)
        across = f"M{number(_LEFT)} {number(y)}H{number(_WIDE - _RIGHT)}"
        parts.append(f'<path d="{across}" stroke-width="1" {painted(stroke="edge")}/>')
        parts.append(text((words,), (_LEFT - 8 - width(words, _SMALL), y + 4), _SMALL, "soft"))
        value += step
    parts.extend(_bars(panel, labels, room, height))
    if panel.line:
        points = [f"{number(_LEFT + (at + 0.5) * room)} {number(height(count))}" for at, count in enumerate(panel.line)]
        parts.append(f'<path d="M{"L".join(points)}" stroke-width="2" {painted(stroke="amber")}/>')
    if panel.limit is not None:
        across = f"M{number(_LEFT)} {number(height(panel.limit))}H{number(_WIDE - _RIGHT)}"
        parts.append(f'<path d="{across}" stroke-width="1.6" stroke-dasharray="4 3" {painted(stroke="red")}/>')
    return parts


def _bars(panel: Panel, labels: Sequence[str], room: float, height: Callable[[float], float]) -> list[str]:
    wide = max(room * 0.78, room - 3, 0.6)
    parts = []
    for at, count in enumerate(panel.bars):
        if count:
            x, y = _LEFT + at * room + (room - wide) / 2, height(count)
            shape = f'x="{number(x)}" y="{number(y)}" width="{wide:.2f}" height="{number(height(0) - y)}"'
            told = f"{labels[at]}: {_said(count)}" + (f" ({_said(panel.line[at])})" if panel.line else "")
            parts.append(f'<rect {shape} fill-opacity=".55" {painted("teal")}><title>{escaped(told)}</title></rect>')
    return parts


def _marks(marks: Sequence[str], y: float) -> list[str]:
    """As many words as have room, at even distances."""
    written = [(at, words) for at, words in enumerate(marks) if words]
    if not written:
        return []
    room = (_WIDE - _LEFT - _RIGHT) / len(marks)
    wide = max(width(words, _SMALL) for _, words in written) + 16
    every = max(1, -int(-wide // (room * len(marks) / len(written))))
    parts = []
    for at, words in written[::every]:
        long = width(words, _SMALL)
        x = min(_LEFT + (at + 0.5) * room - long / 2, _WIDE - long - 4)
        parts.append(text((words,), (x, y), _SMALL, "soft"))
    return parts


def _scale(most: float) -> tuple[float, float]:
    """The top of an axis and the distance of its lines: 1, 2 or 5 and noughts, with two to five lines."""
    size = 10.0 ** floor(log10(most))
    step = next(each * size for each in (0.2, 0.5, 1.0, 2.0) if most / (each * size) <= 5)
    step = max(step, 1.0) if most >= 1 else step
    return -(-most // step) * step, step


def _said(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
