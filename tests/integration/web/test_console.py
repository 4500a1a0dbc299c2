"""The console as a support lead uses it: finding, reading, and acting under a name."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import update

from care.peers.exchange import EXCHANGE_FILE, Exchange, Taken
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.store import claims, schema
from care.store.engine import reading, writing
from tests.integration.web.life import Life
from tests.integration.web.shop import KEY, Shop, a_delivery

HOSTILE = "<script>alert('lan')</script>"


@pytest.fixture
async def life(shop: Shop) -> Life:
    """Two customers; the second one, with a hostile name, was unhappy and waits for a person."""
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        second = a_delivery(2)
        second["customer"]["name"] = HOSTILE
        await api.post("/v1/events", json=[a_delivery(1), second])
        life = Life(shop)
        await life.pass_(days=8)
        answer = a_delivery(
            2,
            id="answer",
            type="csat.answered",
            time=shop.clock().isoformat(),
            customer={"id": "KH-2"},
            data={"score": 1, "comment": f"Tệ {HOSTILE}"},
        )
        await api.post("/v1/events", json=answer)
        await life.pass_(hours=2)
    return life


def hidden(page: Response, action: str = "") -> dict[str, str]:
    """The hidden fields of the form with this action."""
    for form in re.findall(r'<form[^>]*action="([^"]+)".*?>(.*?)</form>', page.text, re.S):
        if form[0].endswith(action):
            return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[1]))
    raise AssertionError(f"no form acts on {action}")


async def seek(browser: AsyncClient, text: str) -> Response:
    return await browser.post("/find", data=hidden(await browser.get("/"), "/find") | {"text": text})


async def test_the_first_page_tells_how_the_shop_is_doing(browser: AsyncClient, shop: Shop, life: Life) -> None:
    page = (await browser.get("/")).text
    assert "Điện máy An Nhà" in page
    assert "Khách chấm 1/5 sau 7 ngày dùng máy giặt" in page
    assert "due in 22 h" in page


@pytest.mark.parametrize("text", ["KH-1", "kh-1", "lan1@example.vn", "0912 345 601", "+84912345601", "DH-1"])
async def test_a_customer_is_found_by_id_mail_phone_or_order(
    browser: AsyncClient, shop: Shop, life: Life, text: str
) -> None:
    answer = await seek(browser, text)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/customers/{shop.key(1)}")


async def test_a_customers_page_says_what_may_not_be_sent(browser: AsyncClient, shop: Shop, life: Life) -> None:
    page = (await browser.get(f"/customers/{shop.key(1)}")).text
    assert "no consent to marketing was given" in page.partition("What may not be sent")[2]


async def test_a_search_for_nobody_says_how_to_search(browser: AsyncClient, shop: Shop, life: Life) -> None:
    for text in ("nobody@example.vn", "", "%", HOSTILE):
        answer = await seek(browser, text)
        assert answer.status_code == 404
        assert HOSTILE not in answer.text


async def test_several_customers_with_one_phone_are_told_apart(browser: AsyncClient, shop: Shop, life: Life) -> None:
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        await api.post("/v1/events", json=a_delivery(3, customer={"id": "KH-3", "phone": "0912345601"}))
    await life.hear()
    answer = await seek(browser, "0912345601")
    page = await browser.get(answer.headers["location"])
    assert "0912345601" not in answer.headers["location"]
    assert f"/customers/{shop.key(1)}" in page.text
    assert f"/customers/{shop.key(3)}" in page.text


async def test_the_timeline_tells_what_was_sent_and_why(browser: AsyncClient, shop: Shop, life: Life) -> None:
    page = (await browser.get(f"/customers/{shop.key(1)}")).text
    assert "Sent thank_you by email" in page
    assert "washing_machine_care.yaml:40 @ v1" in page
    assert "under the frequency cap" in page
    assert "Waits for the customer" in page
    assert page.index("Monday 9 March 2026") < page.index("Monday 2 March 2026")
    oldest = (await browser.get(f"/customers/{shop.key(1)}?order=oldest")).text
    assert oldest.index("Monday 9 March 2026") > oldest.index("Monday 2 March 2026")


async def test_the_timeline_can_be_narrowed(browser: AsyncClient, shop: Shop, life: Life) -> None:
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        fridge = a_delivery(1, id="fridge", order={"id": "DH-9", "category": "fridge", "total": 1})
        await api.post("/v1/events", json=fridge)
    await life.hear()
    sent = (await browser.get(f"/customers/{shop.key(1)}?show=messages")).text
    held = (await browser.get(f"/customers/{shop.key(1)}?show=not_sent")).text
    assert "Sent thank_you" in sent
    assert "Did not enter" not in sent
    assert "Sent thank_you" not in held
    assert "Did not enter washing_machine_care" in held


@pytest.mark.parametrize("path", ["/", "/tickets", "/customers/{key}", "/customers/{key}?show=messages"])
async def test_what_customers_write_is_only_ever_text(browser: AsyncClient, shop: Shop, life: Life, path: str) -> None:
    page = (await browser.get(path.format(key=shop.key(2)))).text
    assert "&lt;script&gt;" in page
    assert "<script" not in page


async def test_a_message_is_shown_as_it_was_sent(browser: AsyncClient, shop: Shop, life: Life) -> None:
    page = (await browser.get(f"/customers/{shop.key(2)}")).text
    mail, sms = (re.search(rf'href="(/messages/[^"]+{channel})"', page) for channel in ("email", "sms"))
    assert mail is not None
    assert sms is not None
    shown = (await browser.get(mail[1])).text
    assert '<iframe sandbox title="The e-mail as it was sent"' in shown
    assert "List-Unsubscribe" in shown
    letter = await browser.get(mail[1].replace("/messages/", "/message-html/"))
    assert letter.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "<script" not in letter.text
    assert "2 segments, UCS-2" in (await browser.get(sms[1])).text


async def test_every_page_has_a_twin_in_json(browser: AsyncClient, shop: Shop, life: Life) -> None:
    customer = f"/customers/{shop.key(1)}"
    with reading(shop.engine) as conn:
        message = conn.exec_driver_sql("select key from claims limit 1").scalar_one()
    for path in ("/tickets", customer, "/customers", "/mailbox", "/messages/" + quote(message)):
        by_suffix = await browser.get(path + ".json")
        assert by_suffix.headers["content-type"] == "application/json"
        assert by_suffix.json() == (await browser.get(path + "?format=json")).json()
    assert (await browser.get("/index.json")).json()["summary"]["customers"] == 2
    lines = [line for day in (await browser.get(customer + ".json")).json()["days"] for line in day["lines"]]
    assert {"sentence": "Sent thank_you by email"}.items() <= lines[-2].items()
    missing = await browser.get("/customers/c_0.json")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")


async def test_a_ticket_is_closed_by_a_named_person(browser: AsyncClient, shop: Shop, life: Life) -> None:
    page = await browser.get("/tickets")
    form = hidden(page, "/close") | {"operator": "Mai Phương", "note": "Đã gọi lại."}
    action = re.search(r'action="([^"]+/close)"', page.text)
    assert action is not None
    for _ in range(2):
        answer = await browser.post(action[1], data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/customers/{shop.key(2)}")
    assert [row.type for row in shop.inbox()].count("ticket.closed") == 1
    await life.hear()
    closed = (await browser.get("/tickets")).text
    assert "closed by Mai Phương" in closed
    assert "Đã gọi lại." in closed
    assert 'name="operator" maxlength="80" required autocomplete="name" placeholder' in closed
    timeline = (await browser.get(f"/customers/{shop.key(2)}")).text
    assert "by Mai Phương: Đã gọi lại." in timeline


async def test_a_customer_is_paused_and_resumed_under_a_name_asked_once(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    path = f"/customers/{shop.key(1)}"
    form = hidden(await browser.get(path), "/pause")
    assert (await browser.post(path + "/pause", data=form)).status_code == 422
    assert (await browser.post(path + "/pause", data=form | {"operator": "Mai"})).status_code == 303
    await life.hear()
    paused = await browser.get(path)
    assert "Paused: nothing is sent" in paused.text
    assert "Your name, kept in this browser" not in paused.text
    form = hidden(paused, "/resume")
    assert (await browser.post(path + "/resume", data=form)).status_code == 303
    await life.hear()
    assert [row.body["operator"] for row in shop.inbox()[-2:]] == ["Mai", "Mai"]
    assert "Paused: nothing is sent" not in (await browser.get(path)).text


@pytest.mark.parametrize("fault", ["token", "site", "cookie"])
async def test_a_form_that_is_not_ours_does_nothing(browser: AsyncClient, shop: Shop, life: Life, fault: str) -> None:
    path = f"/customers/{shop.key(1)}"
    form = hidden(await browser.get(path), "/pause") | {"operator": "Eve"}
    headers: dict[str, str] = {}
    if fault == "token":
        form["token"] = "0" * 64
    elif fault == "site":
        headers["sec-fetch-site"] = "cross-site"
    else:
        browser.cookies.clear()
        headers["cookie"] = 'care_operator="WyJFdmUiLCAiYSJd.0000"'
    before = shop.count()
    answer = await browser.post(path + "/pause", data=form, headers=headers)
    assert answer.status_code == 403
    assert shop.count() == before


async def test_a_form_leads_back_into_the_console_only(browser: AsyncClient, shop: Shop, life: Life) -> None:
    token = hidden(await browser.get(f"/customers/{shop.key(1)}"), "/pause")["token"]
    for back in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = await browser.post("/operator", data={"token": token, "operator": "Mai", "back": back})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("path", ["pause", "resume", "tickets/t_0/close"])
async def test_nothing_can_be_done_to_what_is_not_there(
    browser: AsyncClient, shop: Shop, life: Life, path: str
) -> None:
    form = {"token": hidden(await browser.get(f"/customers/{shop.key(1)}"), "/pause")["token"], "operator": "Mai"}
    assert (await browser.post(f"/customers/c_00000000000000000000/{path}", data=form)).status_code == 404


async def test_the_mailbox_shows_what_was_caught(browser: AsyncClient, shop: Shop) -> None:
    data = shop.settings.data_dir
    mails, texts = Mailbox(data / MAILBOX_FILE), Handset(data / HANDSET_FILE)
    for number in range(60):
        content = f"Subject: Letter {number}\nContent-Type: text/html\n\n<b>{number}</b>".encode()
        mails.add(content, "cskh@dienmay.example", ["lan@example.vn"], shop.clock())
        texts.add("+84901234567", "+84912345678", f"Tin {number} ạ", shop.clock())
    mails.close()
    texts.close()
    first = (await browser.get("/mailbox")).text
    assert "Letter 59" in first
    assert "Tin 59 ạ" in first
    assert "Letter 9<" not in first
    older = re.findall(r'href="(\?[^"]+)"', first)
    assert "Letter 9<" in (await browser.get("/mailbox" + older[0])).text
    assert "Tin 9 ạ" in (await browser.get("/mailbox" + older[1])).text
    assert "Letter 0" in (await browser.get("/mailbox/1")).text
    assert (await browser.get("/mailbox/1/html")).headers["content-security-policy"].startswith("sandbox")
    assert (await browser.get("/mailbox/99")).status_code == 404


async def test_the_mailbox_shows_what_the_other_gateways_took(shop: Shop) -> None:
    shop.settings = shop.settings.model_copy(update={"sms_channel": "esms", "email_channel": "outbox"})
    exchange = Exchange(shop.settings.data_dir / EXCHANGE_FILE)
    for number in range(60):
        body = f"Lich hen {number}."
        exchange.add(Taken(0, shop.clock(), "esms", "AFTERCARE", "+84912345678", body, f"r{number}"))
    exchange.close()
    async with shop.served(accept="text/html") as browser:
        first = (await browser.get("/mailbox")).text
        [older] = re.findall(r'href="(\?taken_skip[^"]+)"', first)
        second = (await browser.get("/mailbox" + older)).text
    assert "Lich hen 59." in first
    assert "+84912345678 by esms" in first
    assert "Lich hen 9." not in first
    assert "Lich hen 9." in second


async def test_there_is_no_mailbox_when_messages_leave_the_machine(shop: Shop) -> None:
    outside: dict[str, Any] = {"smtp_host": "smtp.example.vn", "sms_url": "https://api.example.vn"}
    shop.settings = shop.settings.model_copy(update=outside)
    async with shop.served(accept="text/html") as browser:
        assert (await browser.get("/mailbox")).status_code == 404
        assert "/mailbox" not in (await browser.get("/")).text


async def test_a_message_nobody_knows_of_is_settled_by_a_named_person(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    with writing(shop.engine) as conn:
        message = next(claim for claim in claims.listing(conn, shop.key(1)) if claim.phase == "sent")
        conn.execute(update(schema.claims).where(schema.claims.c.key == message.key).values(phase="unknown"))
    path = f"/messages/{quote(message.key)}"
    page = await browser.get(path)
    form = hidden(page, quote(message.key)) | {"operator": "Mai", "note": "Khách đã đọc.", "outcome": "sent"}
    act = f"/message-outcome/{quote(message.key)}"
    assert (await browser.post(act, data=form | {"token": "0" * 64})).status_code == 403
    assert (await browser.post(act, data=form | {"outcome": "lost"})).status_code == 422
    for _ in range(2):
        answer = await browser.post(act, data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    settled = (await browser.get(path)).text
    assert "by Mai: Khách đã đọc." in settled
    assert "message-outcome" not in settled
    timeline = (await browser.get(f"/customers/{shop.key(1)}")).text
    assert timeline.count("sent after all") == 1
    assert (await browser.post("/message-outcome/nope", data=form)).status_code == 404
