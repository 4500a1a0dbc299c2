"""A customer's rights at the console: a file with everything, and erasure under a name, confirmed by hand."""

import pytest
from httpx import AsyncClient

from tests.integration.web.shop import KEY, Shop, a_delivery
from tests.integration.web.test_console import hidden


@pytest.fixture
async def path(shop: Shop) -> str:
    """Where the console shows a customer."""
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        await api.post("/v1/events", json=[a_delivery(1), a_delivery(2)])
    return f"/customers/{shop.key(1)}"


async def the_form(browser: AsyncClient, path: str, **more: str) -> dict[str, str]:
    written = {"operator": "Mai", "note": "asked by letter", "confirm": "KH-1"}
    return hidden(await browser.get(path), "/erase") | written | more


async def test_everything_about_a_customer_comes_as_a_file_whose_name_names_nobody(
    browser: AsyncClient, shop: Shop, path: str
) -> None:
    answer = await browser.get(path + "/export")
    assert answer.headers["content-disposition"] == f'attachment; filename="{shop.key(1)}.json"'
    assert answer.json()["events"][0]["body"]["customer"]["email"] == "lan1@example.vn"
    assert (await browser.get("/customers/c_nobody/export")).status_code == 404


async def test_a_customer_is_erased_once_under_a_name(browser: AsyncClient, shop: Shop, path: str) -> None:
    form = await the_form(browser, path)
    for _ in range(2):
        answer = await browser.post(path + "/erase", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/erasures")
    assert (await browser.get(path)).status_code == 404
    assert shop.count("customers") == 1
    page = (await browser.get("/erasures")).text
    assert "asked by letter" in page
    # Temporal is not there: the sweep will end the workflow.
    assert "its workflow is leaving Temporal" in page
    [proof] = (await browser.get("/erasures.json")).json()["erasures"]
    assert (proof["by"], proof["finished_at"]) == ("Mai", None)
    assert "lan1" not in page


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"confirm": "KH-2"}, 422),
        ({"confirm": ""}, 422),
        ({"operator": ""}, 422),
        ({"note": ""}, 422),
        ({"note": "KH-1 asked"}, 422),
        ({"token": "0" * 64}, 403),
    ],
)
async def test_nothing_is_erased_by_half(
    browser: AsyncClient, shop: Shop, path: str, change: dict[str, str], status: int
) -> None:
    answer = await browser.post(path + "/erase", data=await the_form(browser, path, **change))
    assert answer.status_code == status, answer.text
    assert (shop.count("customers"), shop.count("erasures")) == (2, 0)


async def test_nobody_erases_without_the_consoles_password(shop: Shop, path: str) -> None:
    locked = Shop(shop.engine, shop.settings.model_copy(update={"console_password": "a password"}), shop.clock)
    async with locked.served() as stranger:
        for asked in (stranger.get(path + "/export"), stranger.post(path + "/erase"), stranger.get("/erasures")):
            assert (await asked).status_code == 401
    assert shop.count("customers") == 2
