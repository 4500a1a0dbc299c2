"""Mails that came back, handed over by HTTP, and what a support lead sees of them."""

from collections.abc import Mapping
from urllib.parse import quote

import pytest
from httpx import AsyncClient, Response

from care.domain.orders import reference
from care.store import claims, customers
from care.store.claims import Claim
from care.store.engine import reading
from tests.bounces import a_complaint, a_dsn, returned
from tests.integration.web.life import Life
from tests.integration.web.shop import KEY, Shop, a_delivery

MAIL = {"content-type": "message/rfc822"}
NOBODYS = a_dsn(returned(f"<{reference('unknown')}@shop.example>"))


@pytest.fixture
async def sent(shop: Shop, api: AsyncClient) -> Claim:
    """An e-mail the customer KH-1 got."""
    await api.post("/v1/events", json=a_delivery())
    await Life(shop).pass_(days=8)
    with reading(shop.engine) as conn:
        messages = claims.listing(conn, str(customers.by_id(conn, "KH-1")))
    return next(each for each in messages if each.channel == "email" and each.phase == "sent")


def _of(claim: Claim) -> str:
    return f"<{claim.reference}@dienmay.example>"


async def _post(api: AsyncClient, mail: bytes, headers: Mapping[str, str] = MAIL) -> Response:
    return await api.post("/v1/mail/reports", content=mail, headers=dict(headers))


async def test_a_bounce_handed_over_closes_the_address_and_becomes_an_event(
    api: AsyncClient, shop: Shop, sent: Claim
) -> None:
    mail = a_dsn(returned(_of(sent)))
    answer = await _post(api, mail)
    assert answer.status_code == 202
    told = answer.json()
    assert (told["kind"], told["duplicate"], told["message"], told["closed"]) == ("bounced", False, sent.key, "bounced")
    assert shop.inbox()[-1].type == "message.bounced"
    assert (await _post(api, mail)).json()["duplicate"] is True


async def test_a_bounce_of_nobodys_message_closes_nothing(api: AsyncClient) -> None:
    told = (await _post(api, NOBODYS)).json()
    assert (told["kind"], told["message"], told["closed"]) == ("bounced", None, None)
    assert "no message of ours" in told["reason"]


@pytest.mark.parametrize(
    ("mail", "headers", "status"),
    [(b"{}", {"content-type": "application/json"}, 415), (b" \n", MAIL, 400), (b"x" * 3_000_000, MAIL, 413)],
)
async def test_what_is_no_mail_is_refused(
    api: AsyncClient, shop: Shop, mail: bytes, headers: Mapping[str, str], status: int
) -> None:
    answer = await _post(api, mail, headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert shop.count("receipts") == 0


async def test_nobody_without_the_key_hands_over_anything(shop: Shop) -> None:
    async with shop.served(authorization=f"Bearer not-{KEY}") as stranger:
        assert (await _post(stranger, NOBODYS)).status_code == 401
    assert shop.count("receipts") == 0


async def test_the_message_page_tells_what_was_heard_later(api: AsyncClient, browser: AsyncClient, sent: Claim) -> None:
    path = f"/messages/{quote(sent.key)}"
    assert "What was heard later" not in (await browser.get(path)).text
    await _post(api, a_dsn(returned(_of(sent)), action="delayed", status="4.4.1", name="<r1@mx.example>"))
    await _post(api, a_complaint(returned(_of(sent)), name="<r2@mx.example>"))
    page = (await browser.get(path)).text
    assert "What was heard later" in page
    assert "goes on trying" in page
    assert "4.4.1" in page
    assert "the reader called the message unwanted" in page
