"""What the API tells: customers, timelines, counts, and its own description."""

import json

import pytest
from httpx import AsyncClient

from care.web.event_models import PAYLOADS
from tests.integration.web.life import Life
from tests.integration.web.shop import Shop, a_delivery


@pytest.fixture
async def life(api: AsyncClient, shop: Shop) -> Life:
    await api.post("/v1/events", json=a_delivery())
    life = Life(shop)
    await life.pass_(days=4)
    return life


async def test_a_customer_is_told_with_what_comes_next(api: AsyncClient, shop: Shop, life: Life) -> None:
    customer = (await api.get("/v1/customers/KH-1")).json()
    assert (customer["name"], customer["phone"]) == ("Nguyễn Thị Lan", "+84912345601")
    assert customer["types"] == {"customer.type": "new"}
    (stand,) = customer["standing"]
    assert stand["now"] == "Waits until day 7 at 09:00"
    assert stand["until"] == "2026-03-09T02:00:00+00:00"
    assert stand["ahead"] == [
        "ask for CSAT with csat_washing_machine by email, else sms",
        "choose between 3 rules",
    ]
    assert stand["place"] == "washing_machine_care.yaml:48 @ v1"
    assert customer["orders"][0]["fields"] == {"category": "washing_machine", "total": 12_500_000}


async def test_the_position_is_said_not_to_be_live_while_temporal_is_down(
    api: AsyncClient, shop: Shop, life: Life
) -> None:
    customer = (await api.get("/v1/customers/KH-1")).json()
    assert (customer["live"], customer["live_note"]) == (False, "Temporal does not answer right now")


async def test_a_timeline_comes_with_reasons_and_outcomes(api: AsyncClient, shop: Shop, life: Life) -> None:
    timeline = (await api.get("/v1/customers/KH-1/timeline")).json()
    assert timeline["timezone"] == "Asia/Ho_Chi_Minh"
    kinds = [entry["kind"] for entry in timeline["entries"]]
    assert kinds == ["entered", "sending", "sent", "waiting", "sending", "sent", "waiting"]
    sent = timeline["entries"][2]
    assert sent["outcome"]["phase"] == "sent"
    assert sent["place"] == "washing_machine_care.yaml:40 @ v1"
    assert timeline["entries"][0]["why"][0] == "trigger: matched"


async def test_a_customer_may_have_a_slash_in_the_id(api: AsyncClient, shop: Shop) -> None:
    await api.post("/v1/events", json=a_delivery(1, customer={"id": "shop/1042"}))
    for path in ("/v1/customers/shop%2F1042", "/v1/customers/shop/1042"):
        assert (await api.get(path)).json()["id"] == "shop/1042"
        assert (await api.get(path + "/timeline")).json()["customer"] == "shop/1042"


async def test_an_unknown_customer_is_not_found(api: AsyncClient) -> None:
    for path in ("/v1/customers/KH-9", "/v1/customers/KH-9/timeline"):
        answer = await api.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_the_summary_counts(api: AsyncClient, shop: Shop, life: Life) -> None:
    summary = (await api.get("/v1/summary")).json()
    assert (summary["customers"], summary["running"], summary["sent"]) == (1, 1, {"email": 1, "sms": 1})
    assert summary["csat"] == {"count": 0, "total": 0, "value": None, "low": None, "high": None}


async def test_health_needs_no_key(shop: Shop) -> None:
    async with shop.served() as stranger:
        assert (await stranger.get("/health/live")).json() == {"status": "ok"}
        assert (await stranger.get("/health/ready")).status_code == 200


async def test_the_api_describes_itself_completely(shop: Shop) -> None:
    async with shop.served() as stranger:
        document = (await stranger.get("/v1/openapi.json")).json()
    assert set(document["paths"]) == {
        "/v1/events",
        "/v1/events/{source}/{id}",
        "/v1/customers/{id}",
        "/v1/customers/{id}/timeline",
        "/v1/mail/reports",
        "/v1/summary",
        "/health/live",
        "/health/ready",
    }
    schemas = document["components"]["schemas"]
    named = {part.rpartition("/")[2] for part in _references(document)}
    assert named <= set(schemas)
    assert {model.__name__ for model in PAYLOADS.values()} <= set(schemas)
    post = document["paths"]["/v1/events"]["post"]
    assert set(post["requestBody"]["content"]) == {
        "application/json",
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
    }
    assert set(post["responses"]) == {"202", "400", "401", "403", "409", "413", "415", "422", "429", "503"}
    assert post["security"] == [{"key": ["events:write"]}]
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["description"]


async def test_the_examples_of_the_description_are_accepted(api: AsyncClient, shop: Shop) -> None:
    document = (await api.get("/v1/openapi.json")).json()
    content = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]
    for kind, body in content.items():
        examples = [body["example"]] if "example" in body else [each["value"] for each in body["examples"].values()]
        for example in examples:
            answer = await api.post("/v1/events", content=json.dumps(example), headers={"content-type": kind})
            assert answer.status_code == 202, answer.text
    assert shop.count() == 1


def _references(part: object) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(_references, part.values()))
    return set().union(*map(_references, part)) if isinstance(part, list) else set()


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
@pytest.mark.parametrize("path", ["/v1/customers/%00", "/v1/customers/a%00/timeline", "/v1/events/shop/%00"])
async def test_under_a_name_that_no_database_keeps_nothing_is_found(api: AsyncClient, backend: str, path: str) -> None:
    answer = await api.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:aftercare:problem:not-found")
