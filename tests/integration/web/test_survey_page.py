"""The survey page: reading it records nothing, every press of the button is one answer."""

import re
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from care.store import answers, schema
from care.store.engine import reading
from tests.integration.web.life import Life
from tests.integration.web.shop import KEY, Shop, a_delivery


@pytest.fixture
async def life(shop: Shop) -> Life:
    """Lan was asked how happy she is, on the seventh day."""
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        await api.post("/v1/events", json=a_delivery())
    life = Life(shop)
    await life.pass_(days=7, hours=1)
    return life


def path(shop: Shop, kind: str = "csat", score: int | None = None) -> str:
    claims = schema.claims
    with reading(shop.engine) as conn:
        step_key = conn.execute(select(claims.c.step_key).where(claims.c.survey == "csat")).scalar_one()
    return shop.links.survey_url(step_key, kind, score).removeprefix(shop.settings.public_url)


def nonce_in(page: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def test_the_page_speaks_the_customers_language_and_shows_the_scale(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    page = await browser.get(path(shop))
    assert page.status_code == 200
    assert 'lang="vi"' in page.text
    assert re.findall(r'type="radio" name="score" value="(\d+)"', page.text) == ["1", "2", "3", "4", "5"]
    assert "checked" not in page.text.partition("</style>")[2]
    assert "script" not in page.headers["content-security-policy"]
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize(("kind", "last"), [("csat", "5"), ("nps", "10"), ("ces", "7")])
async def test_each_kind_of_survey_has_its_own_scale(
    browser: AsyncClient, shop: Shop, life: Life, kind: str, last: str
) -> None:
    page = await browser.get(path(shop, kind))
    assert re.findall(r'name="score" value="(\d+)"', page.text)[-1] == last


async def test_a_score_pressed_in_the_message_is_chosen_already_and_not_recorded(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    before = shop.count()
    for ask in (browser.get, browser.head):
        page = await ask(path(shop, score=4))
        assert page.status_code == 200
    assert re.search(r'value="4" required checked', (await browser.get(path(shop, score=4))).text)
    assert shop.count() == before


async def test_an_answer_is_recorded_through_the_inbox(browser: AsyncClient, shop: Shop, life: Life) -> None:
    page = await browser.get(path(shop))
    form = {"score": "2", "comment": "Máy kêu to.\r\nGọi không ai nghe.", "nonce": nonce_in(page.text)}
    thanks = await browser.post(path(shop), data=form)
    assert thanks.status_code == 200
    assert "Cảm ơn" in thanks.text
    await life.hear()
    row = shop.inbox()[-1]
    assert (row.source, row.type, row.status) == ("aftercare", "csat.answered", "decided")
    with reading(shop.engine) as conn:
        (answer,) = answers.listing(conn, row.customer)
    assert (answer.score, answer.comment) == (2, "Máy kêu to.\nGọi không ai nghe.")
    assert shop.count("tickets") == 1


async def test_the_button_pressed_twice_is_one_answer(browser: AsyncClient, shop: Shop, life: Life) -> None:
    before = shop.count()
    form = {"score": "5", "nonce": nonce_in((await browser.get(path(shop))).text)}
    for _ in range(2):
        shop.clock.pass_(seconds=3)
        assert (await browser.post(path(shop), data=form)).status_code == 200
    assert shop.count() == before + 1


async def test_a_changed_mind_is_a_new_answer_and_the_last_one_counts(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    nonce = nonce_in((await browser.get(path(shop))).text)
    for score in ("5", "1"):
        shop.clock.pass_(minutes=1)
        await browser.post(path(shop), data={"score": score, "nonce": nonce})
        await life.hear()
    with reading(shop.engine) as conn:
        given = answers.listing(conn, shop.inbox()[-1].customer)
    assert [(answer.score, answer.counts) for answer in given] == [(5, False), (1, True)]


@pytest.mark.parametrize("score", ["", "0", "6", "-1", "four", "٣", "1e1"])
async def test_a_score_outside_the_scale_is_asked_for_again(
    browser: AsyncClient, shop: Shop, life: Life, score: str
) -> None:
    before = shop.count()
    page = await browser.post(path(shop), data={"score": score})
    assert page.status_code == 422
    assert 'name="score"' in page.text
    assert shop.count() == before


async def test_the_short_link_of_an_sms_opens_the_same_survey(browser: AsyncClient, shop: Shop, life: Life) -> None:
    claims = schema.claims
    with reading(shop.engine) as conn:
        asked = conn.execute(select(claims.c.reference, claims.c.step_key).where(claims.c.survey == "csat")).one()
    short = shop.links.short_survey_url(asked.reference).removeprefix(shop.settings.public_url)
    assert len(short) == 37
    assert (await browser.get(short)).status_code == 200
    assert (await browser.post(short, data={"score": "4"})).status_code == 200
    assert shop.inbox()[-1].body["data"]["survey"] == asked.step_key
    gone = shop.links.short_survey_url("0" * 32).removeprefix(shop.settings.public_url)
    assert (await browser.get(gone)).status_code == 410


@pytest.mark.parametrize(("score", "said"), [("5", "Rất vui"), ("3", "lần sau"), ("2", "rất tiếc")])
async def test_the_thanks_follow_the_score_and_the_answer_may_be_changed(
    browser: AsyncClient, shop: Shop, life: Life, score: str, said: str
) -> None:
    thanks = await browser.post(path(shop), data={"score": score})
    assert said in thanks.text
    assert f'href="{path(shop)}"' in thanks.text


@pytest.mark.parametrize("token", ["forged", "Zm9v.Zm9v", "%00", "a" * 2_000])
async def test_a_forged_link_gets_a_polite_page(browser: AsyncClient, shop: Shop, token: str) -> None:
    for answer in (await browser.get(f"/s/{token}"), await browser.post(f"/s/{token}", data={"score": "5"})):
        assert answer.status_code == 404
        assert "Điện máy An Nhà" in answer.text
    assert shop.count() == 0


async def test_an_unsubscribe_token_answers_no_survey(browser: AsyncClient, shop: Shop, life: Life) -> None:
    url = shop.links.unsubscribe_url("m", "c", "email", "marketing")
    assert (await browser.get("/s/" + url.rpartition("/")[2])).status_code == 404


async def test_a_survey_of_long_ago_is_closed(browser: AsyncClient, shop: Shop, life: Life) -> None:
    shop.clock.now += timedelta(days=200)
    before = shop.count()
    for answer in (await browser.get(path(shop)), await browser.post(path(shop), data={"score": "5"})):
        assert answer.status_code == 410
        assert "đã hết hạn" in answer.text
    assert shop.count() == before


async def test_a_survey_nobody_was_asked_is_gone(browser: AsyncClient, shop: Shop) -> None:
    url = shop.links.survey_url("e_0123456789abcdef/survey:csat/1", "csat").removeprefix(shop.settings.public_url)
    assert (await browser.get(url)).status_code == 410


async def test_the_thanks_page_comes_even_when_its_template_is_broken(
    shop: Shop, life: Life, tmp_path_factory: pytest.TempPathFactory
) -> None:
    form = {"score": "5"}
    broken = tmp_path_factory.mktemp("templates")
    shop.settings = shop.settings.model_copy(update={"templates_dir": broken})
    before = shop.count()
    async with shop.served() as browser:
        answer = await browser.post(path(shop), data=form)
    assert (answer.status_code, "Cảm ơn" in answer.text) == (200, True)
    assert shop.count() == before + 1
