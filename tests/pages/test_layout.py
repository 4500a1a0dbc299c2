"""How the pages stand on a phone and on a desk: nothing sticks out, everything can be read, nothing is blocked."""

from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.pages.conftest import Served

WIDTHS = (320, 390, 1440)
# For every element with text of its own: the contrast between its colour and what lies behind it.
CONTRAST = """
const parse = c => { const n = c.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n };
const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
  if (c[3] > 0) return c } return parse(getComputedStyle(document.documentElement).backgroundColor) };
const poor = [];
for (const e of document.querySelectorAll('body *')) {
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  const style = getComputedStyle(e);
  if (!own || !e.checkVisibility() || e.closest('[aria-hidden]')) continue;
  const [a, b] = [light(parse(style.color)), light(behind(e))].sort((x, y) => y - x);
  const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  const ratio = (a + .05) / (b + .05);
  if (ratio < (large ? 3 : 4.5)) poor.push([e.textContent.trim().slice(0, 40), ratio]);
}
return poor;
"""


def pages(served: Served) -> dict[str, str]:
    return {
        "overview": "/",
        "tickets": "/tickets",
        "customer": f"/customers/{served.key(2)}",
        "customer in English": f"/customers/{served.key(3)}?order=oldest",
        "search": f"/customers?keys={served.key(1)},{served.key(2)}",
        "e-mail": f"/messages/{served.claim(1, 'email')}",
        "sms": f"/messages/{served.claim(1, 'sms')}",
        "journeys": "/journeys",
        "journey": "/journeys/washing_machine_care?step=survey:csat",
        "draft": "/journeys/washing_machine_care?version=draft",
        "differences": "/journeys/washing_machine_care/revisions/1..draft",
        "trial": "/journeys/first_purchase/preview?as=vip&csat=2",
        "mailbox": "/mailbox",
        "mail": "/mailbox/1",
        "problem": "/customers/nobody",
        "csat": served.survey(1, "csat", 4),
        "nps": served.survey(3, "nps"),
        "ces": served.survey(3, "ces"),
        "unsubscribe": served.unsubscribe(1),
        "forged": "/s/forged",
    }


def stand_at(chrome: Chrome, width: int, scheme: str = "light") -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def open_everything(chrome: Chrome) -> None:
    chrome.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")


def test_no_page_is_wider_than_the_screen(chrome: Chrome, served: Served) -> None:
    too_wide = []
    for width in WIDTHS:
        stand_at(chrome, width)
        for name, path in pages(served).items():
            chrome.get(served.url + path)
            open_everything(chrome)
            wide: Any = chrome.execute_script("return document.documentElement.scrollWidth")
            if wide > width:
                too_wide.append(f"{name} at {width}: {wide}")
    assert too_wide == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(chrome: Chrome, served: Served, scheme: str) -> None:
    stand_at(chrome, 1440, scheme)
    poor = {}
    for name, path in pages(served).items():
        chrome.get(served.url + path)
        open_everything(chrome)
        poor[name] = chrome.execute_script(CONTRAST)
    assert {name: found for name, found in poor.items() if found} == {}


def test_the_browser_blocks_nothing_and_complains_of_nothing(chrome: Chrome, served: Served) -> None:
    expected = ("/customers/nobody", "/s/forged", "favicon.ico")
    complaints = []
    for path in pages(served).values():
        chrome.get(served.url + path)
        complaints += [each["message"] for each in chrome.get_log("browser")]  # type: ignore[no-untyped-call]
    assert [each for each in complaints if not any(known in each for known in expected)] == []


def test_every_field_has_a_label_and_every_page_one_heading(chrome: Chrome, served: Served) -> None:
    unlabelled = """return [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
        .filter(each => !each.labels.length).map(each => each.outerHTML)"""
    for path in pages(served).values():
        chrome.get(served.url + path)
        assert chrome.execute_script(unlabelled) == []
        assert chrome.execute_script("return document.querySelectorAll('h1').length") == 1
        assert chrome.execute_script("return document.documentElement.lang") in ("en", "vi")
