"""The marketers' pages in a real browser: at a phone and a desk, in the dark, and without JavaScript."""

from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from tests.looks import stand_at
from tests.pages.conftest import Served
from tests.pages.test_a_day_at_the_console import text, until
from tests.pages.test_layout import CONTRAST, open_everything

JOURNEY = "/journeys/washing_machine_care"
TRIAL = "/journeys/first_purchase/preview"
# Every text of the pictures that are shown: the contrast between its fill and the first shape of its card.
FAINT = """
const light = c => c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
  .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const shown = [...document.querySelectorAll('.picture svg')].filter(s => s.checkVisibility());
return shown.flatMap(s => [...s.querySelectorAll('text')]).map(t => {
  const ground = t.previousElementSibling?.matches('rect') ? t.previousElementSibling
    : t.parentElement.querySelector('rect, path');
  const [a, b] = [light(getComputedStyle(t).fill), light(getComputedStyle(ground).fill)].sort((x, y) => y - x);
  return [t.textContent, (a + .05) / (b + .05)];
}).filter(([, ratio]) => ratio < 4.5);
"""
CARET = """
const caret = document.querySelector('.excerpt .caret').getBoundingClientRect();
const at = [...document.querySelector('.excerpt .at').childNodes].find(n => n.nodeType === 3);
const range = document.createRange(), column = at.textContent.indexOf('reveiw_please');
range.setStart(at, column); range.setEnd(at, column + 1);
return [range.getBoundingClientRect().left, caret.left, caret.top - range.getBoundingClientRect().top];
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out_and_everything_can_be_read(chrome: Chrome, served: Served, width: int, scheme: str) -> None:
    stand_at(chrome, width, scheme)
    for path in (
        "/journeys",
        f"{JOURNEY}?version=1",
        f"{JOURNEY}?version=draft",
        f"{JOURNEY}/revisions/1..draft",
        TRIAL,
    ):
        chrome.get(served.url + path)
        open_everything(chrome)
        assert chrome.execute_script("return document.documentElement.scrollWidth") <= width, path
        assert chrome.execute_script(CONTRAST) == [], path
        assert chrome.execute_script(FAINT) == [], path
        assert chrome.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_a_press_on_a_step_of_the_picture_lists_who_is_there(chrome: Chrome, served: Served) -> None:
    for width in (1440, 390):
        stand_at(chrome, width)
        chrome.get(served.url + JOURNEY)
        steps = chrome.find_elements(By.CSS_SELECTOR, ".picture svg a g[data-step='survey:csat']")
        shown = [step for step in steps if step.is_displayed()]
        assert len(shown) == 1
        shown[0].find_element(By.CSS_SELECTOR, "rect").click()
        until(chrome, lambda: "step=survey" in chrome.current_url)
        people = chrome.find_elements(By.CSS_SELECTOR, ".people a")
        wanted = [f"{served.url}/customers/{served.key(number)}" for number in (1, 3)]
        assert [person.get_attribute("href") for person in people] == wanted
        assert all(person.is_displayed() for person in people)


def test_a_problem_is_shown_at_its_line_with_the_caret_below_its_column(chrome: Chrome, served: Served) -> None:
    file = Path(served.shop.settings.rules_dir) / "journeys" / "washing_machine_care.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("send: review_please", "send: reveiw_please"), "utf-8")
    for width in (1440, 390):
        stand_at(chrome, width)
        chrome.get(f"{served.url}/journeys")
        assert "unknown template 'reveiw_please'" in text(chrome)
        column, caret, below = chrome.execute_script(CARET)
        assert abs(column - caret) < 1.5
        assert 10 < below < 40
        assert chrome.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_journey_is_tried_without_javascript(chrome: Chrome, served: Served) -> None:
    chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    chrome.get(served.url + TRIAL)
    Select(chrome.find_element(By.NAME, "csat")).select_by_value("1")
    chrome.find_element(By.NAME, "buys").send_keys("Fri 22:40")
    assert "Answered 1 to CSAT" not in text(chrome)
    chrome.find_element(By.XPATH, "//button[normalize-space()='Try it']").click()
    until(chrome, lambda: "csat=1" in chrome.current_url)
    assert "Answered 1 to CSAT" in text(chrome)
    assert chrome.find_element(By.NAME, "buys").get_attribute("value") == "Fri 22:40"


def test_a_trial_follows_what_is_typed(chrome: Chrome, served: Served) -> None:
    chrome.get(served.url + TRIAL)
    zone = chrome.find_element(By.NAME, "tz")
    zone.send_keys("Asia/Toky")
    until(chrome, lambda: "is not a time zone" in text(chrome))
    assert chrome.execute_script("return document.activeElement.name") == "tz"
    assert zone.get_attribute("aria-invalid") == "true"
    zone.send_keys("o")
    until(chrome, lambda: "on the clock of Asia/Tokyo" in text(chrome))
    assert zone.get_attribute("aria-invalid") is None
    assert "tz=Asia%2FTokyo" in chrome.current_url
    Select(chrome.find_element(By.NAME, "csat")).select_by_value("5")
    until(chrome, lambda: "Answered 5 to CSAT" in text(chrome))


def test_the_emails_of_a_trial_are_shown_with_their_styles(chrome: Chrome, served: Served) -> None:
    chrome.get(served.url + TRIAL)
    chrome.switch_to.frame(chrome.find_element(By.CSS_SELECTOR, ".at-phone iframe"))
    assert chrome.find_element(By.TAG_NAME, "body").text.strip()
    assert chrome.execute_script("return document.styleSheets.length + document.querySelectorAll('[style]').length") > 0
