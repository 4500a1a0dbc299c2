"""Probes and metrics of the API, over a real store; Temporal is away, as it may be."""

from pathlib import Path

import httpx
import pytest
from httpx import AsyncClient
from sqlalchemy import Engine, text

from care.health import parts
from care.store.engine import writing
from care.web.app import create_app
from tests.integration.web.shop import KEY, Shop, a_delivery, settings_in

SCRAPE = "a-key-for-scrapes"


def asking(shop: Shop, client: str = "127.0.0.1", **headers: str) -> AsyncClient:
    """A client from an address of its own."""
    app = create_app(shop.settings, engine=shop.engine, now=shop.clock)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(client, 5))
    return AsyncClient(transport=transport, base_url="http://127.0.0.1:8600", headers=headers)


def exposed(store: Engine, store_url: str, tmp_path: Path, **more: str) -> Shop:
    open_to_all = {"http_host": "0.0.0.0", "console_password": "hunter2", **more}
    return Shop(store, settings_in(tmp_path, store_url, **open_to_all))


async def test_without_temporal_events_are_taken_so_the_api_is_ready_but_degraded(shop: Shop) -> None:
    async with shop.served() as client:
        answer = await client.get("/health/ready")
        strict = await client.get("/health/ready?strict=true")
    body = answer.json()
    assert (answer.status_code, body["status"], body["revision"]) == (200, "degraded", 1)
    assert {name for name, part in body["parts"].items() if part["ok"]} == {"store", "rules", "disk"}
    assert "does not answer" in body["parts"]["temporal"]["detail"]
    assert (strict.status_code, strict.headers["retry-after"]) == (503, "5")
    assert strict.json()["parts"] == body["parts"]


async def test_a_store_of_another_shape_makes_it_not_ready(shop: Shop) -> None:
    with writing(shop.engine) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    async with shop.served() as client:
        answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:aftercare:problem:unavailable")
    assert "care migrate" in answer.json()["parts"]["store"]["detail"]
    assert "store" in answer.json()["detail"]


async def test_without_rules_or_without_room_it_is_not_ready(
    store: Engine, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LEAST_FREE", 10**18)  # No disk has that much.
    async with Shop(store, settings_in(tmp_path, store_url)).served() as client:
        answer = await client.get("/health/ready")
    assert answer.status_code == 503
    found = answer.json()["parts"]
    assert {name for name, part in found.items() if part["needed"] and not part["ok"]} == {"rules", "disk"}


async def test_requests_are_counted_by_route_and_status_and_never_by_path(shop: Shop) -> None:
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        for number in (1, 1):
            await api.post("/v1/events", json=a_delivery(number))
        await api.post("/v1/events", json=a_delivery(1, type="order.returned"))
        await api.post("/v1/events", json={"id": "x"})
        await api.get("/v1/customers/KH-1")
        await api.get("/v1/customers/KH-7")
        await api.get("/tickets.json")
        await api.get("/nowhere/KH-1")
        told = (await api.get("/metrics")).text
    for line in (
        'care_http_requests_total{method="POST",route="/v1/events",status="202"}',
        'care_http_requests_total{method="POST",route="/v1/events",status="409"}',
        'care_http_requests_total{method="POST",route="/v1/events",status="422"}',
        'care_http_requests_total{method="GET",route="/v1/customers/{id:path}",status="404"}',
        'care_http_requests_total{method="GET",route="/tickets",status="200"}',
        'care_http_requests_total{method="GET",route="unmatched",status="404"}',
        'care_http_request_seconds_count{method="POST",route="/v1/events"}',
        *(f'care_events_total{{result="{result}"}}' for result in ("accepted", "duplicate", "conflict", "invalid")),
        "care_inbox_undecided 1.0",
        'care_part_ready{part="temporal"} 0.0',
        "care_store_up 1.0",
    ):
        assert line in told, line
    assert "KH-" not in told
    assert "lan1@" not in told


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {SCRAPE}"}])
async def test_with_a_key_metrics_are_for_those_who_bear_it(
    store: Engine, store_url: str, tmp_path: Path, headers: dict[str, str]
) -> None:
    shop = exposed(store, store_url, tmp_path, metrics_key=SCRAPE)
    async with asking(shop, "203.0.113.7", **headers) as stranger:
        assert (await stranger.get("/metrics")).status_code == 401
    async with asking(shop, "203.0.113.7", authorization=f"Bearer {SCRAPE}") as scraper:
        assert (await scraper.get("/metrics")).status_code == 200


async def test_without_a_key_metrics_are_for_this_machine(store: Engine, store_url: str, tmp_path: Path) -> None:
    shop = exposed(store, store_url, tmp_path)
    async with asking(shop) as here:
        assert (await here.get("/metrics")).status_code == 200
    refused = (
        asking(shop, "203.0.113.7"),
        asking(shop, **{"x-forwarded-for": "203.0.113.7"}),
        asking(shop, host="shop.example"),
    )
    for client in refused:
        async with client as stranger:
            assert (await stranger.get("/metrics")).status_code == 403
