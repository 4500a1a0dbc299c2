"""A picture as PNG, for letters, slides and chats that show no SVG."""

import re
from math import sqrt
from pathlib import Path

from care.drawing.shapes import Chart
from care.drawing.svg import Drawing, Look, drawing

_FONTS = Path(__file__).with_name("fonts")
_SHARP = 2.0
_MOST_PIXELS = 24_000_000
# What the fonts beside this module hold: Latin letters, those of Vietnamese, and the signs a picture uses.
_HELD = re.compile(
    "[\\s!-~\xa0-\u017fƠơƯư\u0300-\u0304\u0306\u0309\u031b\u0323\u1ea0-\u1ef9‐-—‘-‚“-„•…‰′″‹›₫€™←-↓−≈≠≤≥●✓]*"
)


def png(chart: Chart, look: Look | None = None) -> bytes:
    """Draw a chart on light paper, at twice its size so that it is sharp; a huge one smaller."""
    return as_png(drawing(chart, look or Look()))


def as_png(drawn: Drawing) -> bytes:
    """Turn any drawing into dots.

    The letters come from the fonts beside this module, so that a picture is the same on every machine. Only for what
    they do not hold, such as a name in Chinese, the machine's own fonts are looked through.
    """
    from resvg_py import svg_to_bytes  # it loads a shared library that nothing else needs

    zoom = min(_SHARP, sqrt(_MOST_PIXELS / (drawn.width * drawn.height)))
    fonts = [str(path) for path in sorted(_FONTS.glob("*.ttf"))]
    held = _HELD.fullmatch(drawn.text) is not None
    return bytes(svg_to_bytes(svg_string=drawn.text, zoom=zoom, font_files=fonts, skip_system_fonts=held))
