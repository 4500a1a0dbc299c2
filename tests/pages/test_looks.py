"""Every e-mail and customer page in a real browser: nothing sticks out, no picture is missing, all can be read."""

from typing import Any

import pytest
from selenium.webdriver import Chrome

from care.templating.browsing import faint_words
from care.templating.reading import read_html
from tests.looks import SCHEMES, WIDTHS, Looked, looks, show, stand_at
from tests.pages.test_layout import CONTRAST

STICKING_OUT = """
const wide = document.documentElement.clientWidth;
return [...document.querySelectorAll('body *')].filter(e => e.checkVisibility())
  .filter(e => e.getBoundingClientRect().right > wide + 1 || e.getBoundingClientRect().left < -1)
  .map(e => e.tagName + ' ' + e.className + ' ' + e.textContent.trim().slice(0, 30));
"""
UNSEEN = """
return [...document.images].filter(e => !e.complete || !e.naturalWidth || !e.hasAttribute('alt')).map(e => e.src);
"""
SMALL = """
return [...document.querySelectorAll('a.score, .button a, button, .scale label')].filter(e => e.checkVisibility())
  .map(e => [e.textContent.trim(), e.getBoundingClientRect()]).filter(([, box]) => box.height < 24 || box.width < 24)
  .map(([text]) => text);
"""


@pytest.fixture(scope="module")
def seen() -> list[Looked]:
    return list(looks())


def test_there_is_a_look_of_every_language_and_kind(seen: list[Looked]) -> None:
    assert {(look.kind, look.locale) for look in seen} == {(k, loc) for k in ("email", "page") for loc in ("vi", "en")}
    names = {look.name for look in seen}
    assert {"welcome", "csat_washing_machine-reminder", "survey-nps", "thanks-unhappy", "unsubscribed"} <= names


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_message_and_page_stands_and_reads_well(
    chrome: Chrome, seen: list[Looked], width: int, scheme: str
) -> None:
    stand_at(chrome, width, scheme)
    wrong: dict[str, Any] = {}
    for look in seen:
        show(chrome, look.html)
        found = chrome.execute_script(
            f"const run = source => new Function(source)(); return {{wide: document.documentElement.scrollWidth, "
            f"out: run({STICKING_OUT!r}), unseen: run({UNSEEN!r}), small: run({SMALL!r}), faint: run({CONTRAST!r})}}"
        )
        if found["wide"] > width or any(found[what] for what in ("out", "unseen", "small", "faint")):
            wrong[f"{look.kind} {look.name} {look.locale}"] = found
    assert wrong == {}


def test_an_email_is_dark_where_the_device_is(chrome: Chrome, seen: list[Looked]) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    for scheme, dark in (("light", False), ("dark", True)):
        stand_at(chrome, 390, scheme)
        for look in seen:
            show(chrome, look.html)
            assert (sum(chrome.execute_script(ground)) < 200) == dark, f"{look.name} {scheme}"


def test_the_browser_finds_a_word_that_can_hardly_be_read_and_a_picture_that_is_not_there(chrome: Chrome) -> None:
    stand_at(chrome, 1440)
    parts = '<p style="color:#999">faint</p><img src="data:image/png;base64,x"><div style="width:1900px">out</div>'
    show(chrome, f'<body style="background:#fff">{parts}')
    assert [each["words"] for each in chrome.execute_script(CONTRAST)] == ["faint"]
    assert chrome.execute_script(UNSEEN) != []
    assert chrome.execute_script(STICKING_OUT) != []


def test_the_check_by_a_browser_finds_what_is_faint_in_the_light_and_in_the_dark() -> None:
    dark = "@media (prefers-color-scheme: dark) { body { background: #111 } p { color: #eee } p.dim { color: #333 } }"
    page = f"<style>body {{ background: #fff }} {dark}</style><p>well</p><p class='dim'>dim &amp; dark</p>"
    faint = '<body style="background:#fff"><p style="color:#999">faint</p>'
    assert [[each.words for each in found] for found in faint_words([page, faint], "light")] == [[], ["faint"]]
    assert [[each.words for each in found] for found in faint_words([page], "dark")] == [["dim & dark"]]


def test_the_check_by_reading_finds_the_same_as_the_browser(seen: list[Looked]) -> None:
    mails = [look.html.replace("#55625f", "#b5b5b5") for look in seen if look.kind == "email"]
    painted = faint_words(mails, "light")
    for html, found in zip(mails, painted, strict=True):
        assert found
        assert {each.ink for each in found} == {each.ink for each in read_html(html).faint}
