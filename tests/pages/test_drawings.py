"""Pictures of journeys in a real browser: words keep inside their boxes, and dark screens get dark pictures."""

from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from care.drawing.palette import style_sheet
from care.drawing.picture import chart
from care.drawing.svg import Look, svg
from care.rulebook.workspace import load
from tests.drawn import everything
from tests.looks import stand_at

RULES = Path(__file__).parents[2] / "rules"
# Words that stick out of what they are written on.
STICKING_OUT = """
return [...document.querySelectorAll('g > text tspan')].filter(words => {
  const group = words.closest('g'), sheet = [...group.children].find(each => 'rect path'.includes(each.localName));
  const [w, s] = [words, sheet].map(each => each.getBoundingClientRect());
  return group.querySelectorAll('rect').length < 2 &&
    (w.left < s.left || w.right > s.right || w.top < s.top - 1 || w.bottom > s.bottom + 1);
}).map(words => words.textContent);
"""
GROUND = "return getComputedStyle(document.querySelector('rect')).fill"


def journeys() -> dict[str, str]:
    """Pictures by name, as files and for a phone."""
    rulebook = load(RULES).rulebook
    assert rulebook is not None
    charts = [chart(walked.plan, rulebook.catalogue) for walked in rulebook.entering.values()] + [chart(everything())]
    return {
        f"{each.journey}{' for a phone' * narrow}": svg(each, Look(narrow=narrow))
        for each in charts
        for narrow in (False, True)
    }


@pytest.mark.parametrize("font", ["", "Liberation Sans", "Inter"])
def test_words_keep_inside_their_boxes(chrome: Chrome, tmp_path: Path, font: str) -> None:
    file = tmp_path / "picture.svg"
    for name, picture in journeys().items():
        file.write_text(picture.replace('font-family="', f'font-family="{font}, ' if font else 'font-family="', 1))
        chrome.get(file.as_uri())
        assert (name, chrome.execute_script(STICKING_OUT)) == (name, [])


def test_a_dark_screen_gets_a_dark_picture(chrome: Chrome, tmp_path: Path) -> None:
    file = tmp_path / "picture.svg"
    file.write_text(svg(chart(everything())), encoding="utf-8")
    stand_at(chrome, 1440, "dark")
    chrome.get(file.as_uri())
    assert chrome.execute_script(GROUND) == "rgb(22, 22, 20)"
    stand_at(chrome, 1440, "light")
    assert chrome.execute_script(GROUND) == "rgb(251, 250, 247)"


def test_a_page_shows_a_picture_as_wide_as_a_phone_without_a_style_of_its_own(chrome: Chrome, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    (tmp_path / "picture.css").write_text(style_sheet(), encoding="utf-8")
    picture = svg(chart(everything()), Look(inline=True, narrow=True, counts={"send:hello": 37}))
    policy = "default-src 'none'; style-src 'self' file:"
    file.write_text(
        f'<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="picture.css">'
        f"<title>Picture</title>{picture}",
        encoding="utf-8",
    )
    stand_at(chrome, 390)
    chrome.get(file.as_uri())
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= 390
    assert chrome.execute_script(
        "return document.querySelector('[data-step=\"send:hello\"]').textContent.includes('37 here')"
    )
    assert not [entry for entry in chrome.get_log("browser") if "Security" in entry["message"]]  # type: ignore[no-untyped-call]
