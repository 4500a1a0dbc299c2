"""Double opt-in: consent to marketing counts once its page was confirmed by a press, and never by opening the link."""

from dataclasses import replace
from html import unescape

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from care.domain.consents import Statement
from care.store import consents, facts, schema
from care.store.engine import reading
from care.store.plans import RulebookCache
from tests.integration.web.life import Life
from tests.integration.web.shop import CATALOGUE, KEY, Shop, a_delivery

CONSENT = {"channel": "email", "purpose": "marketing", "method": "form", "wording": "Tôi đồng ý"}


@pytest.fixture
async def life(shop: Shop) -> Life:
    """A shop that asks for confirmation, and Lan, who ticked a box on its site and got a message."""
    shop.publish(replace(CATALOGUE, company=replace(CATALOGUE.company, double_opt_in=("email",))))
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        await api.post("/v1/events", json=a_delivery())
        given = a_delivery(2, type="consent.given", data=CONSENT) | {"customer": {"id": "KH-1"}}
        assert (await api.post("/v1/events", json=given)).status_code == 202
    life = Life(shop)
    await life.hear()
    return life


def path(shop: Shop) -> str:
    claim = first_message(shop)
    return shop.links.confirm_url(claim, shop.key(), "email").removeprefix(shop.settings.public_url)


def first_message(shop: Shop) -> str:
    with reading(shop.engine) as conn:
        return str(conn.execute(select(schema.claims.c.key)).scalars().first())


def standing(shop: Shop) -> Statement | None:
    with reading(shop.engine) as conn:
        known = facts.load(conn, shop.key(), None, RulebookCache(shop.engine).current(conn), shop.clock())
    return known.statement("email", "marketing")


async def test_consent_is_unconfirmed_until_the_button_is_pressed(browser: AsyncClient, shop: Shop, life: Life) -> None:
    before = shop.count()
    shown = await browser.get(path(shop))
    assert shown.status_code == (await browser.head(path(shop))).status_code == 200
    assert shop.count() == before
    assert standing(shop) == Statement(True, "unconfirmed", shop.clock())
    pressed = await browser.post(path(shop))
    assert (pressed.status_code, pressed.history) == (200, [])
    assert "Đã ghi nhận sự đồng ý" in pressed.text
    await life.hear()
    assert standing(shop) == Statement(True, "written", shop.clock())
    with reading(shop.engine) as conn:
        proof = consents.listing(conn, shop.key())[-1]
    assert (proof.method, proof.place) == ("double opt-in", shop.settings.public_url.rstrip("/") + "/c/")
    assert proof.wording in unescape(shown.text)
    assert proof.frequency in proof.wording


async def test_pressing_twice_is_agreeing_once(browser: AsyncClient, shop: Shop, life: Life) -> None:
    for _ in range(3):
        shop.clock.pass_(minutes=1)
        assert (await browser.post(path(shop))).status_code == 200
    assert len([row for row in shop.inbox() if row.source == "aftercare"]) == 1


async def test_the_link_expires_and_says_so_politely(browser: AsyncClient, shop: Shop, life: Life) -> None:
    shop.clock.pass_(days=31)
    gone = await browser.post(path(shop))
    assert gone.status_code == 410
    assert standing(shop) != Statement(True, "written", shop.clock())


async def test_a_link_of_a_message_that_was_never_sent_confirms_nothing(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    url = shop.links.confirm_url("e_9/test/1:email", shop.key(), "email").removeprefix(shop.settings.public_url)
    assert (await browser.post(url)).status_code == 410
    assert (await browser.post("/c/forged")).status_code == 404


async def test_an_unconfirmed_yes_does_not_open_an_address_that_was_closed(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    leaving = shop.links.unsubscribe_url("m", shop.key(), "email", "marketing").removeprefix(shop.settings.public_url)
    await browser.post(leaving)
    shop.clock.pass_(hours=1)
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        again = a_delivery(3, type="consent.given", data=CONSENT, time=shop.clock().isoformat())
        await api.post("/v1/events", json=again | {"customer": {"id": "KH-1"}})
    await life.hear()
    with reading(shop.engine) as conn:
        known = facts.load(conn, shop.key(), None, RulebookCache(shop.engine).current(conn), shop.clock())
    assert ("email", "marketing") in known.suppressed
    shop.clock.pass_(minutes=1)
    await browser.post(path(shop))
    await life.hear()
    with reading(shop.engine) as conn:
        known = facts.load(conn, shop.key(), None, RulebookCache(shop.engine).current(conn), shop.clock())
    assert ("email", "marketing") not in known.suppressed
    assert known.consents["email", "marketing"] is True
