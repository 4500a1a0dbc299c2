"""The preference page: what is stored is shown, what is changed is stored, and only pressing a button changes it."""

import re
from dataclasses import replace
from html import unescape

import pytest
from httpx import AsyncClient, Response

from care.domain.catalogue import Topic
from care.store import consents, customers
from care.store.addresses import address_key
from care.store.engine import reading
from tests.integration.web.life import Life
from tests.integration.web.shop import CATALOGUE, KEY, Shop, a_delivery

ASKED = "consent.requested"
TOPICS = {"offers": Topic("offers", {"vi": "Ưu đãi", "en": "Offers"}), "tips": Topic("tips", {"vi": "Mẹo hay"})}


@pytest.fixture
async def life(shop: Shop) -> Life:
    company = replace(CATALOGUE.company, double_opt_in=("sms",))
    shop.publish(catalogue=replace(CATALOGUE, topics=TOPICS, company=company, events=(*CATALOGUE.events, ASKED)))
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        await api.post("/v1/events", json=a_delivery())
    life = Life(shop)
    await life.hear()
    return life


def path(shop: Shop, channel: str = "email") -> str:
    url = shop.links.preferences_url("e_1/send:thank_you/1:email", shop.key(), channel)
    return url.removeprefix(shop.settings.public_url)


def said(shop: Shop) -> list[tuple[str, str, bool, str]]:
    with reading(shop.engine) as conn:
        return [(each.channel, each.purpose, each.given, each.method) for each in consents.listing(conn, shop.key())]


def ticked(page: Response) -> set[str]:
    """The names of the boxes that are ticked."""
    return set(re.findall(r'<input type="checkbox" name="([\w.]+)" value="yes" checked', page.text))


def form(page: Response, *ticks: str, **more: str) -> dict[str, str]:
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return {**hidden, **dict.fromkeys(ticks, "yes"), **more}


def address_keys(shop: Shop) -> list[str]:
    with reading(shop.engine) as conn:
        person = customers.person(conn, shop.key())
    assert person is not None
    return [address_key("email", person.email), address_key("sms", person.phone)]


async def test_reading_the_page_shows_what_is_stored_and_changes_nothing(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    before = shop.count()
    page = await browser.get(path(shop))
    assert page.status_code == 200
    assert ticked(page) == {"email.care", "sms.care", "topic.offers", "topic.tips"}
    assert "Qua thư điện tử" in page.text
    assert "Ưu đãi" in page.text
    assert (await browser.head(path(shop))).status_code == 200
    assert shop.count() == before


async def test_what_is_changed_is_stored_at_once_with_its_proof(browser: AsyncClient, shop: Shop, life: Life) -> None:
    page = await browser.get(path(shop))
    saved = await browser.post(path(shop), data=form(page, "email.marketing", "email.care", "topic.tips"))
    assert saved.status_code == 200
    assert "Đã lưu lúc 10:00, 02/03/2026" in saved.text
    assert ticked(saved) == {"email.marketing", "email.care", "topic.tips"}
    assert said(shop) == [
        ("email", "marketing", True, "double opt-in"),
        ("sms", "care", False, "preference page"),
        ("sms", "marketing", False, "preference page"),
        ("", "topic:offers", False, ""),
    ]
    with reading(shop.engine) as conn:
        given = consents.listing(conn, shop.key())[0]
    assert given.wording in unescape(page.text)
    assert given.wording.startswith("Tôi đồng ý để Điện máy An Nhà gửi tin ưu đãi")
    assert given.frequency == "nhiều nhất 3 tin trong 7 ngày"
    assert given.frequency in given.wording
    assert given.place == shop.settings.public_url.rstrip("/") + "/p/"
    assert re.fullmatch(r"message [0-9a-f]{32}", given.evidence)
    await life.hear()
    assert len(said(shop)) == 4
    assert ticked(await browser.get(path(shop))) == {"email.marketing", "email.care", "topic.tips"}


async def test_sending_the_same_form_again_says_nothing_new(browser: AsyncClient, shop: Shop, life: Life) -> None:
    answer = form(await browser.get(path(shop)), "email.care")
    for _ in range(3):
        shop.clock.pass_(minutes=1)
        assert (await browser.post(path(shop), data=answer)).status_code == 200
    assert len([row for row in shop.inbox() if row.source == "aftercare"]) == 3


async def test_only_what_the_customer_changed_is_recorded(browser: AsyncClient, shop: Shop, life: Life) -> None:
    old = form(await browser.get(path(shop)), "email.care", "sms.care", "topic.offers", "topic.tips")
    await browser.post(path(shop), data=form(await browser.get(path(shop)), "email.care", "topic.offers", "topic.tips"))
    before = said(shop)
    again = await browser.post(path(shop), data=old)
    assert said(shop) == before
    assert "sms.care" not in ticked(again)


async def test_one_button_stops_everything(browser: AsyncClient, shop: Shop, life: Life) -> None:
    page = await browser.get(path(shop))
    await browser.post(path(shop), data=form(page, "email.marketing", "email.care", "sms.care", "topic.offers"))
    stopped = await browser.post(path(shop), data={"stop": "all"})
    assert ticked(stopped) == {"topic.offers"}
    assert "đã ngừng gửi tất cả các loại tin này ngay từ lúc đó" in stopped.text
    with reading(shop.engine) as conn:
        closed = {(each.channel, each.purpose) for each in consents.closed(conn, address_keys(shop))}
    assert closed == {(channel, purpose) for channel in ("email", "sms") for purpose in ("care", "marketing")}


async def test_agreeing_on_a_channel_the_link_does_not_prove_waits_for_its_own_confirmation(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    page = await browser.get(path(shop))
    ticks = ("sms.marketing", "email.care", "sms.care", "topic.offers", "topic.tips")
    saved = await browser.post(path(shop), data=form(page, *ticks))
    assert said(shop) == [("sms", "marketing", True, "preference page")]
    assert "sms.marketing" not in ticked(saved)
    assert "Đang chờ anh/chị xác nhận" in saved.text
    assert [row.type for row in shop.inbox()][-2:] == ["consent.given", ASKED]


@pytest.mark.parametrize("token", ["forged", "Zm9v.Zm9v"])
async def test_a_forged_link_stores_nothing(browser: AsyncClient, shop: Shop, token: str) -> None:
    for answer in (await browser.get(f"/p/{token}"), await browser.post(f"/p/{token}", data={"stop": "all"})):
        assert answer.status_code == 404
    assert shop.count() == 0


async def test_a_link_for_one_page_opens_no_other(browser: AsyncClient, shop: Shop, life: Life) -> None:
    token = path(shop).rpartition("/")[2]
    assert [(await browser.get(f"/{page}/{token}")).status_code for page in "usc"] == [404, 404, 404]
