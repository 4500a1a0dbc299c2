"""A chart as SVG: text that can be selected, colours for light and dark paper, and a group for each step."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from care.drawing.layout import NARROW, WIDE, layout
from care.drawing.measure import wrapped
from care.drawing.outline import outline
from care.drawing.palette import FONTS, MARKS, canvas_sheet, painted, style_sheet
from care.drawing.paper import SLIM, SMALL, SMALL_LINE, Card, Mark, Point, Tag, Wire
from care.drawing.shapes import Chart
from care.drawing.strokes import badge, badge_width, card, escaped, number, tag, text, wire

_MARGIN, _INLINE_MARGIN = 18.0, 4.0
# How far from the middle of a column a badge may reach: to its edge, or into the gap behind it.
_BEFORE, _BEHIND = 150.0, 172.0
_HEADING, _HEADING_LINE = 20.0, 27.0
STYLE = canvas_sheet() + style_sheet()
"""The style sheet of a picture that stands alone."""
_SHEET = f"<style>{STYLE}</style>"
_PAPER = f'{_SHEET}<rect width="100%" height="100%" {painted("paper")}/>'


@dataclass(frozen=True, slots=True)
class Look:
    """How a chart is shown.

    Attributes:
        narrow: Whether it is laid out for a phone.
        inline: Whether it becomes part of a page that has a heading, paper and ``style_sheet`` of its own.
        counts: How many customers are at a step now, by step id.
        marks: What became of a step, by step id: ``added``, ``changed`` or ``removed``.
        links: Where a step's box leads, by step id.
        prefix: Put before every id, for a page that shows a chart twice.
    """

    narrow: bool = False
    inline: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished picture: its SVG, and its size in pixels."""

    text: str
    width: float
    height: float


def svg(chart: Chart, look: Look | None = None) -> str:
    """Draw a chart as one SVG element, the same for the same chart and look."""
    return drawing(chart, look or Look()).text


def drawing(chart: Chart, look: Look) -> Drawing:
    """Draw a chart as SVG, and say how large it came out."""
    laid = layout(chart, NARROW if look.narrow else WIDE)
    margin = _INLINE_MARGIN if look.inline else _MARGIN
    wide = laid.width + 2 * margin
    heading, top = ("", margin) if look.inline else _heading(chart, laid.width)
    high = top + laid.height + margin
    name = escaped(f"{look.prefix}{chart.journey}")
    parts = [
        _opened((wide, high), name, look),
        f'<title id="{name}-title">{escaped(chart.title)}</title>',
        f'<desc id="{name}-desc">{escaped(outline(chart))}</desc>',
        "" if look.inline else _PAPER,
        heading,
        f'<g transform="translate({number(margin)} {number(top)})">',
        *_drawn(laid.marks, look),
        "</g></svg>",
    ]
    return Drawing("\n".join(part for part in parts if part) + "\n", wide, high)


def _opened(size: Point, name: str, look: Look) -> str:
    wide, high = number(size[0]), number(size[1])
    shape = f'width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"'
    # An image hides what is in it from screen readers, links too.
    role = "group" if look.links else "img"
    labels = f'aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {shape} role="{role}" {labels} font-family="{FONTS}">'


def _heading(chart: Chart, room: float) -> tuple[str, float]:
    title = wrapped(chart.title, room, _HEADING, bold=True)
    origin = wrapped(chart.origin, room, SMALL)
    below = _MARGIN + len(title) * _HEADING_LINE
    shown = text(title, (_MARGIN, _MARGIN + _HEADING), _HEADING, "ink", bold=True, leading=_HEADING_LINE)
    shown += text(origin, (_MARGIN, below + SMALL), SMALL, "soft", leading=SMALL_LINE)
    return shown, below + len(origin) * SMALL_LINE + _MARGIN


def _drawn(marks: tuple[Mark, ...], look: Look) -> list[str]:
    """Wires first, so that tags and cards lie on them."""
    wires = [wire(mark) for mark in marks if isinstance(mark, Wire)]
    tags = [tag(mark) for mark in marks if isinstance(mark, Tag)]
    return [*wires, *tags, *(_step(mark, look) for mark in marks if isinstance(mark, Card))]


def _step(shown: Card, look: Look) -> str:
    box = shown.box
    mark, count = (look.marks.get(box.step, ""), look.counts.get(box.step, 0)) if box.step else ("", 0)
    place = f' data-step="{escaped(box.step)}"' if box.step else ""
    parts = [
        f'<g id="{escaped(look.prefix + box.anchor)}" data-kind="{box.kind}"{place}>',
        f"<title>{escaped(_told(shown))}</title>",
        card(shown, MARKS.get(mark, "")),
        _badge(shown, mark, MARKS[mark], before=True) if mark else "",
        _badge(shown, f"{count:,} here", "teal", before=False) if count else "",
        "</g>",
    ]
    drawn = "".join(parts)
    link = look.links.get(box.step, "") if box.step else ""
    return f'<a href="{escaped(link)}">{drawn}</a>' if link else drawn


def _told(shown: Card) -> str:
    """All there is to say of a box, for who points at it."""
    box = shown.box
    place = f"{box.step} (path {box.path}{f', line {box.line}' if box.line else ''})" if box.step else ""
    return "\n".join(part for part in (box.title, *box.details, place) if part)


def _badge(shown: Card, words: str, role: str, *, before: bool) -> str:
    """A label beside a small card, else at one of its upper corners."""
    wide, right = badge_width(words), shown.x + shown.width
    if shown.width / 2 + 6 + wide <= (_BEFORE if before else _BEHIND):
        return badge(words, (shown.x - wide - 6 if before else right + 6, shown.middle), role)
    y = shown.y - 5 if shown.box.kind in SLIM else shown.y
    return badge(words, (shown.x + 12 if before else right - wide - 12, y), role)
