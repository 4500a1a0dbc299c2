"""The preference and confirmation pages as a customer uses them: on a phone, with a browser that runs no script."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from care.store import consents
from care.store.engine import reading
from tests.looks import stand_at
from tests.pages.conftest import Served


@pytest.fixture
def phone(chrome: Chrome) -> Chrome:
    chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    chrome.implicitly_wait(10)
    stand_at(chrome, 390)
    return chrome


def ticked(browser: Chrome) -> set[str | None]:
    boxes = browser.find_elements(By.CSS_SELECTOR, "input[type=checkbox]")
    return {box.get_dom_attribute("name") for box in boxes if box.is_selected()}


def test_a_customer_changes_what_they_hear_and_sees_it_stored(phone: Chrome, served: Served) -> None:
    phone.get(served.url + served.preferences(1))
    assert "email.marketing" in ticked(phone)
    phone.find_element(By.NAME, "email.marketing").click()
    phone.find_element(By.CSS_SELECTOR, "button:not([name])").click()
    assert "Đã lưu lúc" in phone.find_element(By.CSS_SELECTOR, "[role=status]").text
    phone.get(served.url + served.preferences(1))
    assert "email.marketing" not in ticked(phone)
    assert "email.care" in ticked(phone)
    with reading(served.shop.engine) as conn:
        last = consents.listing(conn, served.key(1))[-1]
    assert (last.channel, last.purpose, last.given, last.method) == ("email", "marketing", False, "preference page")


def test_one_button_ends_everything(phone: Chrome, served: Served) -> None:
    phone.get(served.url + served.preferences(3))
    phone.find_element(By.NAME, "stop").click()
    assert "have stopped all of these messages" in phone.find_element(By.CSS_SELECTOR, "[role=status]").text
    assert ticked(phone) == set()


def test_consent_is_confirmed_by_the_button_and_leads_to_the_preferences(phone: Chrome, served: Served) -> None:
    phone.get(served.url + served.confirm(3))
    wording = phone.find_element(By.CSS_SELECTOR, "main p").text
    phone.find_element(By.CSS_SELECTOR, "button").click()
    phone.find_element(By.CLASS_NAME, "picture")
    assert wording in phone.find_element(By.TAG_NAME, "main").text
    with reading(served.shop.engine) as conn:
        last = consents.listing(conn, served.key(3))[-1]
    assert (last.wording, last.method, last.given) == (wording, "double opt-in", True)
    assert phone.find_element(By.CSS_SELECTOR, "main a").get_dom_attribute("href")
