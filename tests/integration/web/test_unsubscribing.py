"""Unsubscribing in one click (RFC 8058): only a POST acts, at once, without redirect, cookie or login."""

import pytest
from httpx import AsyncClient

from care.store import consents, customers
from care.store.engine import reading
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


def key(shop: Shop) -> str:
    with reading(shop.engine) as conn:
        return str(customers.by_id(conn, "KH-1"))


def path(shop: Shop, message: str = "e_1/send:thank_you/1:email", purpose: str = "marketing") -> str:
    url = shop.links.unsubscribe_url(message, key(shop), "email", purpose)
    return url.removeprefix(shop.settings.public_url)


def said(shop: Shop) -> list[tuple[str, bool]]:
    with reading(shop.engine) as conn:
        return [(each.purpose, each.given) for each in consents.listing(conn, key(shop))]


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
