"""What a key may do: each route asks for its scope, and a revoked or foreign key opens nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from httpx import AsyncClient

from care.store import api_keys
from care.store.api_keys import SCOPES
from care.store.engine import reading, writing
from care.web import throttles
from tests.integration.web.shop import KEY, Shop, a_delivery

ASKED = [
    ("events:write", "POST", "/v1/events"),
    ("events:read", "GET", "/v1/events/shop/delivery-1"),
    ("customers:read", "GET", "/v1/customers/KH-1"),
    ("customers:read", "GET", "/v1/customers/KH-1/timeline"),
    ("summary:read", "GET", "/v1/summary"),
    ("mail-reports:write", "POST", "/v1/mail/reports"),
]


@pytest.fixture
def key(shop: Shop) -> Callable[..., dict[str, str]]:
    """Makes a key with some scopes; returns the header that shows it."""

    def made(*scopes: str) -> dict[str, str]:
        with writing(shop.engine) as conn:
            count = len(api_keys.listing(conn))
            return {"authorization": f"Bearer {api_keys.create(conn, f'key {count}', scopes, shop.clock())[1]}"}

    return made


async def ask(client: AsyncClient, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    mail = path.startswith("/v1/mail")
    body = {"content": b"From: a@b.example\n\nhello"} if mail else {"json": a_delivery()} if method == "POST" else {}
    more = {"content-type": "message/rfc822"} if mail else {}
    answer = await client.request(method, path, headers=headers | more, **body)  # type: ignore[arg-type]
    return answer.status_code, answer.json().get("type", "")


@pytest.mark.parametrize(("scope", "method", "path"), ASKED)
async def test_a_key_opens_what_its_scope_names_and_nothing_else(
    shop: Shop, key: Callable[..., dict[str, str]], scope: str, method: str, path: str
) -> None:
    async with shop.served() as client:
        await client.post("/v1/events", json=a_delivery(), headers={"authorization": f"Bearer {KEY}"})
        assert (await ask(client, method, path, key(scope)))[0] in (200, 202)
        others = key(*(each for each in SCOPES if each != scope))
        assert await ask(client, method, path, others) == (403, "urn:aftercare:problem:missing-scope")


async def test_the_refusal_names_the_missing_scope(shop: Shop, key: Callable[..., dict[str, str]]) -> None:
    async with shop.served() as client:
        answer = await client.get("/v1/summary", headers=key("events:write"))
    assert answer.headers["content-type"] == "application/problem+json"
    assert "lacks the scope 'summary:read'" in answer.json()["detail"]
    assert answer.headers["www-authenticate"].endswith('error="insufficient_scope", scope="summary:read"')


def test_every_operation_of_the_api_names_its_scope(shop: Shop) -> None:
    document = shop.app().openapi()
    named = {
        (scopes[0], method.upper(), path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for security in operation.get("security", [])
        for scopes in security.values()
    }
    tidy = {
        (scope, method, path.replace("shop/delivery-1", "{source}/{id}").replace("KH-1", "{id}"))
        for scope, method, path in ASKED
    }
    assert named == tidy
    assert {scope for scope, _, _ in ASKED} == set(SCOPES)
    open_to_all = [path for path in document["paths"] if not path.startswith("/v1/")]
    assert open_to_all == ["/health/live", "/health/ready"]


async def test_a_revoked_key_is_refused_at_once(shop: Shop, key: Callable[..., dict[str, str]]) -> None:
    header = key("summary:read")
    async with shop.served() as client:
        assert (await client.get("/v1/summary", headers=header)).status_code == 200
        with writing(shop.engine) as conn:
            api_keys.revoke(conn, "key 0", shop.clock())
        answer = await client.get("/v1/summary", headers=header)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_when_a_key_was_last_used_is_known_to_the_minute(shop: Shop, key: Callable[..., dict[str, str]]) -> None:
    header, first = key("summary:read"), shop.clock()
    async with shop.served() as client:
        for seconds in (0, 30, 45):
            shop.clock.pass_(seconds=seconds)
            await client.get("/v1/summary", headers=header)
            with reading(shop.engine) as conn:
                [used] = [each.last_used_at for each in api_keys.listing(conn)]
            assert used == (first if seconds < 45 else shop.clock())


@contextmanager
def paced(shop: Shop, **rates: float) -> Iterator[None]:
    kept, shop.settings = shop.settings, shop.settings.model_copy(update=rates)
    yield
    shop.settings = kept


async def test_a_key_that_asks_too_often_waits_and_another_does_not(
    shop: Shop, key: Callable[..., dict[str, str]]
) -> None:
    busy, calm = key("summary:read"), key("summary:read")
    with paced(shop, api_rate=0.01):
        async with shop.served() as client:
            answers = [await client.get("/v1/summary", headers=busy) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, 429, 429]
            refused = answers[-1]
            assert refused.json()["type"] == "urn:aftercare:problem:too-many-requests"
            assert 90 <= int(refused.headers["retry-after"]) <= 200
            assert (await client.get("/v1/summary", headers=calm)).status_code == 200


async def test_who_guesses_keys_must_wait_and_shuts_nobody_else_out(
    shop: Shop, key: Callable[..., dict[str, str]]
) -> None:
    async with shop.served() as client:
        wrong = [
            (await client.get("/v1/summary", headers={"authorization": f"Bearer guess-{number}"})).status_code
            for number in range(throttles.WRONG_AT_ONCE + 2)
        ]
        assert wrong == [401] * throttles.WRONG_AT_ONCE + [429, 429]
        guessed = await client.get("/v1/summary", headers={"authorization": f"Bearer {KEY}"})
        assert (guessed.status_code, "retry-after" in guessed.headers) == (429, True)
        # A key of 256 bits is no guess: the shop's own systems behind the same address go on.
        assert (await client.get("/v1/summary", headers=key("summary:read"))).status_code == 200
