"""Who may come in: the console's password, host names, security headers, and start-up checks."""

import re
from base64 import b64encode

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from care.settings import SettingsError
from care.web.app import create_app
from care.web.throttles import WRONG_AT_ONCE
from tests.integration.web.shop import KEY, Shop, a_delivery

PASSWORD = "mật khẩu"
CONSOLE = ("/", "/tickets", "/customers/c_0", "/mailbox", "/messages/x", "/message-html/x", "/index.json")


def basic(password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"mai:{password}".encode()).decode()}


@pytest.fixture
def exposed(shop: Shop) -> Shop:
    shop.settings = shop.settings.model_copy(update={"http_host": "0.0.0.0", "console_password": PASSWORD})
    return shop


def test_a_server_open_to_other_machines_needs_a_password(exposed: Shop) -> None:
    with pytest.raises(SettingsError, match="CARE_CONSOLE_PASSWORD"):
        create_app(exposed.settings.model_copy(update={"console_password": ""}), engine=exposed.engine)


async def test_a_server_open_to_other_machines_has_no_key_that_nobody_asked_for(exposed: Shop) -> None:
    exposed.settings = exposed.settings.model_copy(update={"api_key": ""})
    async with exposed.served() as stranger:
        for key in ("", "x", KEY):
            answer = await stranger.get("/v1/summary", headers={"authorization": f"Bearer {key}"})
            assert answer.status_code == 401
    assert not (exposed.settings.data_dir / "api.key").exists()


@pytest.mark.parametrize("path", CONSOLE)
async def test_the_console_asks_for_its_password(exposed: Shop, path: str) -> None:
    async with exposed.served() as stranger:
        for headers in (
            {},
            basic("wrong"),
            basic(""),
            {"authorization": "Basic ***"},
            {"authorization": f"Bearer {KEY}"},
        ):
            answer = await stranger.get(path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Basic")
        assert (await stranger.get(path, headers=basic(PASSWORD))).status_code != 401


async def test_customers_and_the_shops_systems_need_no_console_password(exposed: Shop) -> None:
    async with exposed.served() as client:
        headers = {"authorization": f"Bearer {KEY}", "host": "care.example.vn"}
        assert (await client.post("/v1/events", json=a_delivery(), headers=headers)).status_code == 202
        assert (await client.get("/s/forged")).status_code == 404
        assert (await client.get("/health/ready")).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8600", "127.0.0.1.evil.example", "", "[::1", "a@b"])
async def test_on_this_machine_foreign_host_names_are_refused(api: AsyncClient, shop: Shop, host: str) -> None:
    answer = await api.post("/v1/events", json=a_delivery(), headers={"host": host})
    assert (answer.status_code, answer.json()["type"]) == (421, "urn:aftercare:problem:misdirected")
    assert shop.count() == 0


@pytest.mark.parametrize("host", ["127.0.0.1:8600", "localhost", "[::1]:8600", "LOCALHOST:1"])
async def test_its_own_names_are_answered(browser: AsyncClient, host: str) -> None:
    assert (await browser.get("/", headers={"host": host})).status_code == 200


async def test_without_a_password_the_console_is_not_reached_through_a_proxy(shop: Shop) -> None:
    shop.settings = shop.settings.model_copy(update={"public_url": "https://care.example.vn"})
    async with shop.served(accept="text/html") as browser:
        assert (await browser.get("/", headers={"host": "care.example.vn"})).status_code == 403
        assert (await browser.get("/", headers={"x-forwarded-for": "203.0.113.7"})).status_code == 403
        assert (await browser.get("/s/forged", headers={"host": "care.example.vn"})).status_code == 404
        assert (await browser.get("/")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/s/forged", "/v1/summary", "/static/console.css", "/nowhere"])
async def test_every_answer_is_safe_to_show(browser: AsyncClient, path: str) -> None:
    headers = (await browser.get(path)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


async def test_no_page_holds_a_script_and_the_cookie_is_kept_from_scripts_and_other_sites(browser: AsyncClient) -> None:
    page = await browser.get("/")
    assert "<script" not in page.text
    assert {"HttpOnly", "SameSite=strict"} <= set(page.headers["set-cookie"].split("; "))


async def test_over_https_the_cookie_is_secure(shop: Shop) -> None:
    shop.settings = shop.settings.model_copy(update={"public_url": "https://care.example.vn"})
    async with shop.served(accept="text/html") as browser:
        assert "Secure" in (await browser.get("/")).headers["set-cookie"]


HTTPS = {"public_url": "https://care.example.vn"}
PATHS = ("/", "/s/forged", "/v1/summary", "/static/console.css", "/nowhere", "/health/live")


@pytest.mark.parametrize("path", PATHS)
async def test_over_https_browsers_are_told_to_stay_there(shop: Shop, path: str) -> None:
    async with shop.served(accept="text/html") as browser:
        assert "strict-transport-security" not in (await browser.get(path)).headers
    shop.settings = shop.settings.model_copy(update=HTTPS)
    async with shop.served(accept="text/html") as browser:
        assert (await browser.get(path)).headers["strict-transport-security"] == "max-age=31536000"


async def test_over_https_no_other_host_of_the_domain_can_set_the_cookie(shop: Shop) -> None:
    shop.settings = shop.settings.model_copy(update=HTTPS)
    async with shop.served(accept="text/html") as browser:
        cookie = (await browser.get("/")).headers["set-cookie"]
        assert cookie.startswith("__Host-care_operator=")
        assert "Path=/" in cookie
        assert "Domain" not in cookie


async def test_no_page_takes_a_style_or_a_script_that_came_in_from_elsewhere(browser: AsyncClient, shop: Shop) -> None:
    for path in ("/", "/tickets", "/journeys", "/mailbox", "/s/forged", "/nowhere"):
        answer = await browser.get(path)
        assert "unsafe-inline" not in answer.headers["content-security-policy"], path
        assert "unsafe-eval" not in answer.headers["content-security-policy"], path
    page = await browser.get("/s/forged")
    nonces = re.findall(r'<style nonce="([^"]+)"', page.text)
    policy = page.headers["content-security-policy"]
    assert len(nonces) == page.text.count("<style") == 1
    assert f"style-src 'nonce-{nonces[0]}';" in policy
    again = await browser.get("/s/forged")
    assert nonces[0] not in again.text


async def test_whoever_guesses_passwords_must_wait_and_then_not_even_the_right_one_passes(exposed: Shop) -> None:
    async with exposed.served(address="203.0.113.7") as guesser:
        for number in range(WRONG_AT_ONCE):
            assert (await guesser.get("/", headers=basic(f"guess {number}"))).status_code == 401
        for password in ("one more", PASSWORD):
            answer = await guesser.get("/", headers=basic(password))
            assert (answer.status_code, answer.json()["status"]) == (429, 429)
            assert 1 <= int(answer.headers["retry-after"]) <= 6
        # Asking without a password, as a browser does first, is no guess.
        assert (await guesser.get("/")).status_code == 401


async def test_a_guesser_shuts_nobody_else_out(exposed: Shop) -> None:
    app = exposed.app()
    guesser, lead = (
        AsyncClient(transport=at(app, each), base_url="http://127.0.0.1") for each in ("10.0.0.1", "10.0.0.2")
    )
    async with guesser, lead:
        for _ in range(WRONG_AT_ONCE + 1):
            last = await guesser.get("/", headers=basic("guess"))
        assert last.status_code == 429
        assert (await lead.get("/", headers=basic(PASSWORD))).status_code == 200


def at(app: FastAPI, address: str) -> ASGITransport:
    return ASGITransport(app=app, raise_app_exceptions=False, client=(address, 12_345))


async def test_only_a_proxy_that_is_named_says_where_a_request_came_from(exposed: Shop) -> None:
    exposed.settings = exposed.settings.model_copy(update={"trusted_proxies": "10.0.0.0/24"})
    app = exposed.app()
    for proxy, is_believed in (("10.0.0.9", True), ("10.0.1.9", False)):
        async with AsyncClient(transport=at(app, proxy), base_url="http://127.0.0.1") as through:
            answers = [
                (await through.get("/", headers=basic("x") | {"x-forwarded-for": f"198.51.100.{number}"})).status_code
                for number in range(WRONG_AT_ONCE + 1)
            ]
        assert (429 in answers) is not is_believed, proxy


async def test_without_a_named_proxy_nobody_says_where_a_request_came_from(exposed: Shop) -> None:
    async with exposed.served() as guesser:
        answers = [
            (await guesser.get("/", headers=basic("x") | {"x-forwarded-for": f"198.51.100.{number}"})).status_code
            for number in range(WRONG_AT_ONCE + 1)
        ]
    assert answers[-1] == 429


async def test_one_address_cannot_have_all_the_pages_and_pictures_are_not_counted(shop: Shop) -> None:
    shop.settings = shop.settings.model_copy(update={"page_rate": 1.5})
    async with shop.served(accept="text/html") as browser:
        answers = [await browser.get(path) for path in ("/s/a", "/u/a", "/c/a", "/p/a", "/t/a")]
        assert [answer.status_code for answer in answers] == [404, 404, 404, 429, 429]
        assert "Too many requests" in answers[-1].text
        assert answers[-1].headers["retry-after"] == "1"
        for path in ("/images/none.png", "/health/live", "/tickets"):
            assert (await browser.get(path)).status_code != 429
    async with shop.served() as again:
        assert (await again.post("/u/a")).status_code == 404


async def test_people_get_pages_for_errors_and_programs_get_problems(browser: AsyncClient) -> None:
    page = await browser.get("/nowhere")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    problem = await browser.get("/nowhere", headers={"accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
