"""Unsubscribing in one click (RFC 8058): only a POST acts, at once, without redirect, cookie or login."""

from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from care.store import consents, facts, schema
from care.store.engine import reading
from care.store.plans import RulebookCache
from tests.integration.web.life import Life
from tests.integration.web.shop import KEY, Shop, a_delivery

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def life(shop: Shop) -> Life:
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        await api.post("/v1/events", json=a_delivery())
    life = Life(shop)
    await life.hear()
    return life


def path(shop: Shop, message: str = "e_1/send:thank_you/1:email", purpose: str = "marketing") -> str:
    url = shop.links.unsubscribe_url(message, shop.key(), "email", purpose)
    return url.removeprefix(shop.settings.public_url)


def said(shop: Shop) -> list[tuple[str, bool]]:
    with reading(shop.engine) as conn:
        return [(each.purpose, each.given) for each in consents.listing(conn, shop.key())]


async def test_reading_the_page_changes_nothing(browser: AsyncClient, shop: Shop, life: Life) -> None:
    before = shop.count()
    page = await browser.get(path(shop))
    assert page.status_code == 200
    assert '<form method="post"' in page.text
    assert (await browser.head(path(shop))).status_code == 200
    assert shop.count() == before


@pytest.mark.parametrize("multipart", [True, False])
async def test_one_click_ends_it_at_once(shop: Shop, life: Life, multipart: bool) -> None:
    async with shop.served() as mail_program:
        if multipart:
            answer = await mail_program.post(path(shop), files={"List-Unsubscribe": (None, "One-Click")})
        else:
            answer = await mail_program.post(path(shop), content=ONE_CLICK, headers=FORM)
    assert answer.status_code == 200
    assert answer.history == []
    assert "set-cookie" not in answer.headers
    await life.hear()
    assert said(shop) == [("marketing", False)]
    assert shop.count("suppressions") == 1


async def test_one_click_is_the_last_word_though_the_shops_clock_is_ahead_of_ours(shop: Shop, life: Life) -> None:
    yes = {"channel": "email", "purpose": "marketing", "method": "checkbox", "wording": "Tôi đồng ý"}
    ahead = (shop.clock() + timedelta(hours=3)).isoformat()
    agreed = {**a_delivery(), "id": "yes-1", "type": "consent.given", "time": ahead, "data": yes}
    agreed.pop("order")
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        assert (await api.post("/v1/events", json=agreed)).status_code == 202
        await api.post(path(shop), content=ONE_CLICK, headers=FORM)
    await life.hear()
    assert said(shop) == [("marketing", True), ("marketing", False)]
    assert shop.count("suppressions") == 1


async def test_the_page_confirms_what_stops_and_when_it_was_asked_for(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    first = await browser.post(path(shop))
    words = "Chúng tôi nhận được yêu cầu của anh/chị lúc 10:00, 02/03/2026. Kể từ lúc đó, chúng tôi không gửi "
    assert words + "tin ưu đãi và quảng cáo qua thư điện tử nữa." in first.text
    shop.clock.pass_(minutes=30)
    again = await browser.post(path(shop))
    assert words in again.text
    assert 'href="http' in again.text.partition("<main>")[2].partition("</main>")[0]


async def test_nothing_is_sent_between_the_click_and_its_decision(shop: Shop, life: Life) -> None:
    async with shop.served() as mail_program:
        await mail_program.post(path(shop), content=ONE_CLICK, headers=FORM)
    with reading(shop.engine) as conn:
        known = facts.load(conn, shop.key(), None, RulebookCache(shop.engine).current(conn), shop.clock())
    assert known.suppressed["email", "marketing"] == "consent withdrawn"
    statement = known.statement("email", "marketing")
    assert statement is not None
    assert not statement.given


async def test_the_proof_says_where_and_how_it_was_withdrawn(browser: AsyncClient, shop: Shop, life: Life) -> None:
    await browser.post(path(shop), content=ONE_CLICK, headers=FORM)
    with reading(shop.engine) as conn:
        (withdrawn,) = consents.listing(conn, shop.key())
    assert (withdrawn.method, withdrawn.place) == ("one-click", shop.settings.public_url.rstrip("/") + "/u/")
    assert withdrawn.evidence.startswith("message ")


async def test_the_button_on_the_page_ends_it_too(browser: AsyncClient, shop: Shop, life: Life) -> None:
    answer = await browser.post(path(shop, purpose="care"))
    assert (answer.status_code, "Đã hủy nhận tin" in answer.text) == (200, True)
    await life.hear()
    assert sorted(said(shop)) == [("care", False), ("marketing", False)]


async def test_clicking_again_is_the_same_click_until_the_customer_agrees_again(shop: Shop, life: Life) -> None:
    consent = {"channel": "email", "purpose": "marketing"}
    async with shop.served(authorization=f"Bearer {KEY}") as client:
        for _ in range(3):
            shop.clock.pass_(minutes=1)
            assert (await client.post(path(shop), content=ONE_CLICK, headers=FORM)).status_code == 200
        assert [row.type for row in shop.inbox()].count("consent.withdrawn") == 1
        await life.hear()
        shop.clock.pass_(minutes=1)
        at = shop.clock().isoformat()
        await client.post(
            "/v1/events", json=a_delivery(2, type="consent.given", data=consent, time=at) | {"customer": {"id": "KH-1"}}
        )
        await life.hear()
        shop.clock.pass_(minutes=1)
        await client.post(path(shop), content=ONE_CLICK, headers=FORM)
        await life.hear()
    assert said(shop) == [("marketing", False), ("marketing", True), ("marketing", False)]


async def test_the_short_link_of_an_sms_ends_that_kind_of_sms(browser: AsyncClient, shop: Shop, life: Life) -> None:
    await life.pass_(days=4)
    claims = schema.claims
    with reading(shop.engine) as conn:
        sent = conn.execute(select(claims.c.reference, claims.c.purpose).where(claims.c.channel == "sms")).first()
    assert sent is not None
    short = shop.links.short_unsubscribe_url(sent.reference).removeprefix(shop.settings.public_url)
    assert (await browser.get(short)).status_code == 200
    assert said(shop) == []
    assert (await browser.post(short)).status_code == 200
    await life.hear()
    ended = shop.inbox()[-1].body["data"]
    assert (ended["channel"], ended["purpose"]) == ("sms", sent.purpose)


@pytest.mark.parametrize("token", ["forged", "Zm9v.Zm9v"])
async def test_a_forged_link_ends_nothing(browser: AsyncClient, shop: Shop, token: str) -> None:
    for answer in (
        await browser.get(f"/u/{token}"),
        await browser.post(f"/u/{token}", content=ONE_CLICK, headers=FORM),
    ):
        assert answer.status_code == 404
    assert shop.count() == 0


async def test_a_customer_nobody_knows_any_more_gets_a_polite_page(browser: AsyncClient, shop: Shop) -> None:
    url = shop.links.unsubscribe_url("m", "c_00000000000000000000", "email", "care")
    assert (await browser.post(url.removeprefix(shop.settings.public_url))).status_code == 410


async def test_a_form_no_one_can_read_ends_it_all_the_same(browser: AsyncClient, shop: Shop, life: Life) -> None:
    broken = {"content-type": "multipart/form-data"}
    answer = await browser.post(path(shop), content=b"nonsense", headers=broken)
    assert answer.status_code == 200
    await life.hear()
    assert said(shop) == [("marketing", False)]
