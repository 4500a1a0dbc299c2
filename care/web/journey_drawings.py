"""Pictures of journeys as parts of a page: laid out for a desk and for a phone, the browser shows the one that fits."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from care.drawing.shapes import Chart, boxes
from care.drawing.svg import Look, drawing
from care.rulebook.comparing import Touch

_FITS = 1300.0


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn of a journey.

    Attributes:
        counts: How many are at a step now, by step id.
        links: Where a step leads: a page's query, by step id.
        below: Where such a page begins on a phone.
    """

    chart: Chart
    counts: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, Touch] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    below: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture for a desk, and one for a phone; one that ``scrolls`` would be too small to read in its place."""

    wide: Markup
    narrow: Markup
    scrolls: bool


def drawn(picture: Picture, prefix: str = "") -> Drawn:
    """Draw a picture for a page.

    Args:
        prefix: Put before the names of its parts, for a page with several pictures.
    """
    anchors = {box.step: box.anchor for box in boxes(picture.chart) if box.step}
    wide = drawing(
        picture.chart,
        Look(
            inline=True,
            counts=picture.counts,
            marks=picture.marks,
            links={step: f"{link}#{prefix}{anchors[step]}" for step, link in picture.links.items() if step in anchors},
            prefix=prefix,
        ),
    )
    narrow = drawing(
        picture.chart,
        Look(
            narrow=True,
            inline=True,
            counts=picture.counts,
            marks=picture.marks,
            links={step: f"{link}#{picture.below}" for step, link in picture.links.items()},
            prefix=f"{prefix}n-",
        ),
    )
    return Drawn(Markup(wide.text), Markup(narrow.text), wide.width > _FITS)
