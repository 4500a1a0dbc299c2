"""The elements a picture is drawn with: text, cards, tags, wires and badges, as SVG."""

import re
from html import escape
from itertools import pairwise
from math import hypot

from care.drawing.icons import ICONS
from care.drawing.measure import width
from care.drawing.palette import HUES, painted
from care.drawing.paper import LIGHT, SLIM, SMALL, SMALL_LINE, TITLE, TITLE_LINE, Card, Point, Tag, Wire, inside

_BEND, _TIP = 9.0, 7.0
_BADGE = 18.0
_HEXAGONS = frozenset({"branch", "split", "table", "exit"})
_DASHED = frozenset({"goal", "leave", "again", "words"})
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def number(value: float) -> str:
    """A coordinate, with as few digits as it needs."""
    return f"{value:.1f}".removesuffix(".0")


def escaped(text: str) -> str:
    """Text as XML may hold it; a character that XML cannot hold is shown as unreadable."""
    return escape(_NOT_XML.sub("\ufffd", text))


def text(lines: tuple[str, ...], at: Point, size: float, role: str, *, bold: bool = False, leading: float = 0) -> str:
    """Lines of text below each other; ``at`` is where the first one's base line begins."""
    (x, y), leading = at, leading or size * 1.36
    spans = "".join(
        f'<tspan x="{number(x)}" y="{number(y + line * leading)}">{escaped(words)}</tspan>'
        for line, words in enumerate(lines)
    )
    weight = ' font-weight="600"' if bold else ""
    return f'<text font-size="{number(size)}"{weight} {painted(role)}>{spans}</text>'


def wire(line: Wire) -> str:
    """A line with round bends, and the tip of an arrow where it has one."""
    points = list(line.points)
    end, tip = points[-1], ""
    if line.arrow:
        tip, points[-1] = _tip(points[-2], end)
    role, dashes = ("violet", ' stroke-dasharray="5 4"') if line.back else ("wire", "")
    return f'<path d="{_bent(points)}" stroke-width="1.6"{dashes} {painted(stroke=role)}/>' + (
        f'<path d="{tip}" {painted(role)}/>' if tip else ""
    )


def _tip(before: Point, end: Point) -> tuple[str, Point]:
    """An arrow's tip, and where its line ends."""
    (x, y), length = end, hypot(end[0] - before[0], end[1] - before[1]) or 1
    dx, dy = (x - before[0]) / length * _TIP, (y - before[1]) / length * _TIP
    left, right = (x - dx - dy * 0.6, y - dy + dx * 0.6), (x - dx + dy * 0.6, y - dy - dx * 0.6)
    return f"M{_at(end)}L{_at(left)}L{_at(right)}Z", (x - dx, y - dy)


def _bent(points: list[Point]) -> str:
    parts = [f"M{_at(points[0])}"]
    for (before, corner), (_, after) in pairwise(pairwise(points)):
        parts.append(f"L{_at(_towards(corner, before))}Q{_at(corner)} {_at(_towards(corner, after))}")
    return "".join([*parts, f"L{_at(points[-1])}"])


def _towards(corner: Point, other: Point) -> Point:
    """A point a bend's length away from a corner, or half-way where that is nearer."""
    length = hypot(other[0] - corner[0], other[1] - corner[1]) or 1
    part = min(_BEND, length / 2) / length
    return corner[0] + (other[0] - corner[0]) * part, corner[1] + (other[1] - corner[1]) * part


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def tag(words: Tag) -> str:
    """The words on a wire."""
    middle = words.x + words.width / 2
    shape = _rect(words.x, words.y, words.width, words.height, 9)
    top = words.y + 4 + SMALL
    shown = [_centred(words.lines, (middle, top), "violet", bold=True)]
    if words.path:
        shown.append(_centred(words.path, (middle, top + len(words.lines) * SMALL_LINE), "soft", bold=False))
    full = f"<title>{escaped(words.text)}</title>"
    return f"<g>{full}<rect {shape} {painted('paper', 'edge')}/>{''.join(shown)}</g>"


def _centred(lines: tuple[str, ...], at: Point, role: str, *, bold: bool) -> str:
    shown = text(lines, at, SMALL, role, bold=bold, leading=SMALL_LINE)
    return shown.replace("<text ", '<text text-anchor="middle" ', 1)


def card(shown: Card, mark: str = "") -> str:
    """A card with its sign and its words; ``mark`` is the colour of the edge of a step that was touched."""
    return "".join((_outline(shown, mark), _sign(shown), _words(shown)))


def _outline(shown: Card, mark: str) -> str:
    kind, hue = shown.box.kind, HUES[shown.box.kind]
    dashes = ' stroke-dasharray="5 4"' if kind in _DASHED else ""
    stroke = f'stroke-width="{"3" if mark else "1.2"}"{dashes}'
    if kind in _HEXAGONS:
        return f'<path d="{_hexagon(shown)}" {stroke} {painted(f"{hue}-wash", mark or hue)}/>'
    fill = f"{hue}-wash" if kind in ("wait", "end", "entry") else "card"
    edge = mark or (hue if kind in ("entry", "end", "goal", "leave") else "edge")
    bend = min(shown.height / 2, 18) if kind in SLIM else 10
    return f"<rect {_rect(shown.x, shown.y, shown.width, shown.height, bend)} {stroke} {painted(fill, edge)}/>"


def _hexagon(shown: Card) -> str:
    left, right, point = shown.x, shown.x + shown.width, 12
    corners = (
        (left + point, shown.y),
        (right - point, shown.y),
        (right, shown.middle),
        (right - point, shown.bottom),
        (left + point, shown.bottom),
        (left, shown.middle),
    )
    return f"M{'L'.join(_at(corner) for corner in corners)}Z"


def _sign(shown: Card) -> str:
    """The sign of a card's kind; on a round ground of its own where there is room for one."""
    hue, within = HUES[shown.box.kind], inside(shown.box)
    half, slim = within.sign / 2, shown.box.kind in SLIM
    x = shown.x + within.left - half - (8 if slim else 9)
    y = shown.y + within.top + (TITLE_LINE / 2 if slim else half)
    strokes = f'stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" {painted(stroke=hue)}'
    sign = f'<path d="{ICONS[shown.box.kind]}" transform="translate({_at((x - 8, y - 8))})" {strokes}/>'
    if slim or shown.box.kind == "entry":
        return sign
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(half)}" {painted(f"{hue}-wash")}/>{sign}'


def _words(shown: Card) -> str:
    within = inside(shown.box)
    x, y = shown.x + within.left, shown.y + within.top + TITLE
    parts = [text(shown.title, (x, y), TITLE, "ink", bold=shown.box.kind not in LIGHT, leading=TITLE_LINE)]
    y += len(shown.title) * TITLE_LINE
    for detail in shown.details:
        y += within.between
        parts.append(text(detail, (x, y - 1), SMALL, "soft", leading=SMALL_LINE))
        y += len(detail) * SMALL_LINE
    return "".join(parts)


def badge(words: str, at: Point, role: str) -> str:
    """A small label on the edge of a card; ``at`` is the middle of its left side."""
    x, y = at
    wide = width(words, 11.5, bold=True) + 14
    shape = _rect(x, y - _BADGE / 2, wide, _BADGE, _BADGE / 2)
    return f"<rect {shape} {painted(role)}/>{text((words,), (x + 7, y + 4), 11.5, 'card', bold=True)}"


def badge_width(words: str) -> float:
    """How wide a badge is."""
    return width(words, 11.5, bold=True) + 14


def _rect(x: float, y: float, wide: float, high: float, bend: float) -> str:
    return f'x="{number(x)}" y="{number(y)}" width="{number(wide)}" height="{number(high)}" rx="{number(bend)}"'
