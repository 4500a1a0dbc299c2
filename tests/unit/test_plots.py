"""Plots: sound SVG with a bar for each count, a line to compare with, and as many words as have room."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from care.cli.sparks import spark, squeezed
from care.drawing.plots import Panel, Plot, plotted
from care.drawing.png import as_png

SVG = "{http://www.w3.org/2000/svg}"


def a_plot(*panels: Panel, count: int = 90, limit: str = "") -> Plot:
    labels = [f"{day:02}.03." for day in range(1, count + 1)]
    return Plot("Tin nhắn mỗi ngày", "Messages <per> day", labels, labels, panels, "draft", "revision 3", limit)


def rects(text: str) -> int:
    root = ElementTree.fromstring(text)
    return sum(1 for each in root.iter(f"{SVG}rect") if each.find(f"{SVG}title") is not None)


def test_every_count_has_a_bar_that_says_what_it_is() -> None:
    drawn = plotted(a_plot(Panel("email", [day % 7 for day in range(90)], [3] * 90)))
    assert rects(drawn.text) == 90 - 13
    assert "<title>02.03.: 1 (3)</title>" in drawn.text
    assert "Messages &lt;per&gt; day" in drawn.text
    assert plotted(a_plot(Panel("email", [day % 7 for day in range(90)], [3] * 90))).text == drawn.text


def test_words_below_the_bars_do_not_run_into_each_other_or_off_the_paper() -> None:
    drawn = plotted(a_plot(Panel("email", [1] * 90)))
    root = ElementTree.fromstring(drawn.text)
    words = [span for span in root.iter(f"{SVG}tspan") if (span.text or "").endswith(".03.")]
    places = [float(span.attrib["x"]) for span in words]
    assert 10 < len(words) < 20
    assert all(later - earlier > 45 for earlier, later in pairwise(places))
    assert max(places) < drawn.width - 30


def test_a_limit_is_drawn_and_fits_on_the_paper() -> None:
    drawn = plotted(a_plot(Panel("sms", [1, 2, 3], limit=40.0), count=3, limit="the limit"))
    assert "stroke-dasharray" in drawn.text
    assert ">40<" in drawn.text


@pytest.mark.parametrize("counts", [[], [0, 0], [0.5, 0.2], [1], [10**7, 3]])
def test_anything_can_be_plotted(counts: list[float]) -> None:
    assert rects(plotted(a_plot(Panel("email", counts), count=len(counts))).text) == sum(count > 0 for count in counts)


def test_a_plot_becomes_a_png() -> None:
    assert as_png(plotted(a_plot(Panel("email", [1, 2, 3]), count=3))).startswith(b"\x89PNG")


def test_sparks_show_the_largest_count_as_a_full_block() -> None:
    assert spark([0, 1, 4, 8]) == " ▂▅█"
    assert spark([1, 2], 16) == "▁▂"
    assert spark([]) == ""
    assert squeezed([1, 2, 3, 4, 5], 2) == [6, 9]
    assert squeezed([1, 2], 5) == [1, 2]
