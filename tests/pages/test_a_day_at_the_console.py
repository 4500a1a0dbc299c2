"""A support lead and a customer press real buttons."""

import asyncio
from collections.abc import Callable

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.pages.conftest import LONG, Served


def unfold(chrome: Chrome, words: str) -> None:
    chrome.find_element(By.XPATH, f"//summary[normalize-space()='{words}']").click()


def text(chrome: Chrome) -> str:
    return chrome.find_element(By.TAG_NAME, "body").text


def until(chrome: Chrome, seen: Callable[[], bool]) -> None:
    WebDriverWait(chrome, 20, ignored_exceptions=[StaleElementReferenceException]).until(lambda _: seen())


def press(chrome: Chrome, served: Served, words: str) -> None:
    """Press a button that makes an event, and let the event be decided."""
    before = served.shop.count()
    chrome.find_element(By.XPATH, f"//button[normalize-space()='{words}']").click()
    until(chrome, lambda: served.shop.count() == before + 1)
    asyncio.run(served.life.hear())


def test_a_lead_finds_a_customer_reads_why_and_closes_the_ticket(chrome: Chrome, served: Served) -> None:
    chrome.get(served.url)
    chrome.find_element(By.ID, "find").send_keys("DH-2\n")
    until(chrome, lambda: "/customers/" in chrome.current_url)
    assert LONG.split()[0] in chrome.find_element(By.TAG_NAME, "h1").text
    assert "overdue by" in text(chrome)

    chrome.find_element(By.LINK_TEXT, "oldest first").click()
    until(chrome, lambda: "order=oldest" in chrome.current_url)
    assert "order.category is washing_machine" not in text(chrome)
    unfold(chrome, "why")
    assert "order.category is washing_machine  (it is washing_machine)" in text(chrome)
    assert "washing_machine_care.yaml:6 @ v1" in text(chrome)

    unfold(chrome, "Close this ticket")
    chrome.find_element(By.CSS_SELECTOR, ".ticket input[name=operator]").send_keys("Mai Phương")
    chrome.find_element(By.CSS_SELECTOR, ".ticket textarea").send_keys("Đã gọi lại.")
    press(chrome, served, "Close the ticket")
    chrome.refresh()
    assert "closed by Mai Phương after 3 days, later than promised" in text(chrome)
    assert "Close this ticket" not in text(chrome)


def test_a_lead_pauses_and_resumes_and_is_asked_for_the_name_once(chrome: Chrome, served: Served) -> None:
    chrome.get(f"{served.url}/customers/{served.key(1)}")
    unfold(chrome, "Pause this customer")
    chrome.find_element(By.CSS_SELECTOR, "form[action$='/pause'] input[name=operator]").send_keys("Mai")
    press(chrome, served, "Pause")
    chrome.refresh()
    assert "Paused: nothing is sent to this customer until someone resumes." in text(chrome)
    unfold(chrome, "Resume this customer")
    assert chrome.find_elements(By.CSS_SELECTOR, "form[action$='/resume'] input[name=operator]") == []
    press(chrome, served, "Resume")
    chrome.refresh()
    assert "Paused: nothing is sent" not in text(chrome)


def test_a_lead_looks_at_the_message_as_it_was_sent(chrome: Chrome, served: Served) -> None:
    chrome.get(f"{served.url}/messages/{served.claim(1, 'email')}")
    chrome.switch_to.frame(chrome.find_element(By.TAG_NAME, "iframe"))
    assert "Chào anh/chị Nguyễn Thị Lan" in text(chrome)


def test_a_customer_answers_with_the_score_pressed_in_the_message(chrome: Chrome, served: Served) -> None:
    chrome.get(served.url + served.survey(1, "csat", 4))
    chosen = chrome.find_element(By.CSS_SELECTOR, "input[name=score]:checked")
    assert chosen.get_attribute("value") == "4"
    chrome.find_element(By.ID, "comment").send_keys("Máy chạy êm.")
    press(chrome, served, "Gửi câu trả lời")
    until(chrome, lambda: "Cảm ơn anh/chị!" in text(chrome))
    chrome.get(f"{served.url}/customers/{served.key(1)}")
    assert "Máy chạy êm." in text(chrome)
    assert "Answered 4 to CSAT" in text(chrome)


def test_a_customer_unsubscribes_with_one_button(chrome: Chrome, served: Served) -> None:
    chrome.get(served.url + served.unsubscribe(1))
    press(chrome, served, "Xác nhận hủy nhận tin")
    until(chrome, lambda: "Đã hủy nhận tin" in text(chrome))
    chrome.get(f"{served.url}/customers/{served.key(1)}")
    assert "withdrawn" in text(chrome)
