"""The page of a preview in a real browser: nothing sticks out, everything can be read, the e-mails are there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

from care.rendering import Renderer
from care.rulebook.workspace import load
from care.trying.previews import Preview
from care.web.preview_page import preview_page
from care.web.trial import try_journey
from tests.looks import stand_at
from tests.pages.test_layout import CONTRAST, open_everything

ROOT = Path(__file__).parents[2]
SUNDAY = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SCALED = """
return [...document.querySelectorAll('.frames iframe')].filter(f => f.checkVisibility()).map(f => {
  const there = f.getBoundingClientRect(), around = f.parentElement.getBoundingClientRect();
  return [f.contentWindow.innerWidth, Math.abs(there.width - around.width) < 3,
    f.contentDocument.body.innerText.trim() != ''];
});
"""


@pytest.fixture
def page(tmp_path: Path) -> str:
    rulebook = load(ROOT / "rules").rulebook
    assert rulebook is not None
    asked = Preview("first_purchase", types=("discount",), score="5", buys="Fri 22:40")
    trial = try_journey(rulebook, asked, SUNDAY, Renderer(ROOT / "templates"), "http://127.0.0.1:8600")
    file = tmp_path / "page.html"
    file.write_text(preview_page(trial), encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out_and_everything_can_be_read(chrome: Chrome, page: str, width: int, scheme: str) -> None:
    stand_at(chrome, width, scheme)
    chrome.get(page)
    open_everything(chrome)
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
    assert chrome.execute_script(CONTRAST) == []
    assert chrome.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_an_email_stands_at_both_widths_on_a_desk_and_at_one_on_a_phone(chrome: Chrome, page: str) -> None:
    stand_at(chrome, 1440)
    chrome.get(page)
    assert chrome.execute_script(SCALED) == [[390, True, True], [1440, True, True]] * 4
    stand_at(chrome, 390)
    assert chrome.execute_script(SCALED) == [[390, True, True]] * 4
    chrome.execute_script("document.querySelectorAll('[value=desk]').forEach(each => each.click())")
    assert chrome.execute_script(SCALED) == [[1440, True, True]] * 4


def test_the_emails_can_be_seen_in_the_dark_while_it_is_light(chrome: Chrome, page: str) -> None:
    chrome.get(page)
    asked = "return document.querySelector('iframe').contentWindow.matchMedia('(prefers-color-scheme: dark)').matches"
    assert chrome.execute_script(asked) is False
    chrome.execute_script("document.querySelector('[name=scheme][value=dark]').click()")
    WebDriverWait(chrome, 10).until(lambda _: chrome.execute_script(asked))
