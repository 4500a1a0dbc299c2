"""How the pages stand on a phone and on a desk: nothing sticks out, everything can be read, nothing is blocked."""

from typing import Any

import pytest
from selenium.webdriver import Chrome

from care.templating.browsing import contrast_script
from tests.looks import stand_at
from tests.pages.conftest import Served

WIDTHS = (320, 390, 1440)
CONTRAST = f"{contrast_script()} return faint(window);"


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
        "preferences": served.preferences(1),
        "preferences in English": served.preferences(3),
        "confirm": served.confirm(1),
        "forged": "/s/forged",
    }


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
