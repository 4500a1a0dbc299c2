"""Events that are fine: committed before the answer, counted once, told in receipts."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import AsyncClient
from sqlalchemy import Engine

from care.store.engine import open_store
from care.web.intake import MOST_EVENTS
from tests.integration.web.life import Life
from tests.integration.web.shop import KEY, Shop, a_delivery, settings_in

SOURCE_URI = "https://shop.example/orders?v=2"


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_an_event_is_on_disk_when_the_answer_comes(api: AsyncClient, shop: Shop) -> None:
    answer = await api.post("/v1/events", json=a_delivery())
    assert answer.status_code == 202
    (row,) = shop.inbox()
    assert (row.source, row.event_id, row.type, row.status) == ("shop", "delivery-1", "order.delivered", "pending")
    receipt = answer.json()
    assert (receipt["status"], receipt["duplicate"], receipt["customer"]) == ("pending", False, row.customer)
    assert answer.headers["location"] == receipt["receipt"] == "/v1/events/shop/delivery-1"


async def test_an_event_sent_again_counts_once_and_gets_the_same_receipt(api: AsyncClient, shop: Shop) -> None:
    first = (await api.post("/v1/events", json=a_delivery())).json()
    again = (await api.post("/v1/events", json=a_delivery())).json()
    assert again == first | {"duplicate": True}
    assert shop.count() == 1


async def test_the_spelling_of_a_number_or_a_time_does_not_make_another_event(api: AsyncClient, shop: Shop) -> None:
    await api.post("/v1/events", json=a_delivery())
    other = a_delivery(time="2026-03-02T03:00:00Z")
    other["customer"]["phone"] = "+84 912 345 601"
    assert (await api.post("/v1/events", json=other)).json()["duplicate"] is True


async def test_the_same_id_with_another_body_is_a_conflict(api: AsyncClient, shop: Shop) -> None:
    await api.post("/v1/events", json=a_delivery())
    changed = a_delivery()
    changed["order"]["total"] = 1
    answer = await api.post("/v1/events", json=changed)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "/id"
    assert shop.count() == 1


async def test_the_same_id_of_another_source_is_another_event(api: AsyncClient, shop: Shop) -> None:
    await api.post("/v1/events", json=a_delivery())
    assert (await api.post("/v1/events", json=a_delivery(source="pos"))).json()["duplicate"] is False
    assert shop.count() == 2


@pytest.mark.parametrize("wrapped", [True, False])
async def test_a_batch_is_stored_in_its_order_with_a_receipt_each(api: AsyncClient, shop: Shop, wrapped: bool) -> None:
    await api.post("/v1/events", json=a_delivery(2))
    batch = [a_delivery(1), a_delivery(2), a_delivery(3), a_delivery(3)]
    answer = await api.post("/v1/events", json={"events": batch} if wrapped else batch)
    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], body["duplicates"]) == (2, 2)
    assert [receipt["id"] for receipt in body["receipts"]] == ["delivery-1", "delivery-2", "delivery-3", "delivery-3"]
    assert [receipt["duplicate"] for receipt in body["receipts"]] == [False, True, False, True]
    assert [row.event_id for row in shop.inbox()] == ["delivery-2", "delivery-1", "delivery-3"]


async def test_a_full_batch_is_taken_at_once(api: AsyncClient, shop: Shop) -> None:
    batch = [a_delivery(1, id=f"d{number}") for number in range(MOST_EVENTS)]
    assert (await api.post("/v1/events", json=batch)).json()["accepted"] == MOST_EVENTS
    assert shop.count() == MOST_EVENTS
    assert shop.count("customers") == 1


@pytest.mark.parametrize(
    ("fault", "pointer"), [({"type": "order.shipped"}, "/1/type"), ({"id": "delivery-9"}, "/1/id")]
)
async def test_a_batch_with_one_event_at_fault_is_not_stored_at_all(
    api: AsyncClient, shop: Shop, fault: dict[str, Any], pointer: str
) -> None:
    await api.post("/v1/events", json=a_delivery(9))
    answer = await api.post("/v1/events", json=[a_delivery(1), a_delivery(2, **fault), a_delivery(3)])
    assert answer.status_code in (409, 422)
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert shop.count() == 1


def a_cloud_event(**changes: Any) -> dict[str, Any]:
    plain = a_delivery(source=SOURCE_URI)
    attributes = {name: plain[name] for name in ("id", "source", "type", "time")}
    data = {name: plain[name] for name in ("customer", "order")}
    return {"specversion": "1.0", **attributes, "datacontenttype": "application/json", "data": data} | changes


async def test_a_cloud_event_is_the_same_event(api: AsyncClient, shop: Shop) -> None:
    kind = {"content-type": "application/cloudevents+json; charset=utf-8"}
    answer = await api.post("/v1/events", json=a_cloud_event(traceparent="00-1-2-01"), headers=kind)
    assert answer.status_code == 202
    again = await api.post("/v1/events", json=a_delivery(source=SOURCE_URI))
    assert again.json()["duplicate"] is True


async def test_cloud_events_come_in_batches_too(api: AsyncClient, shop: Shop) -> None:
    kind = {"content-type": "application/cloudevents-batch+json"}
    batch = [a_cloud_event(), a_cloud_event(id="other")]
    assert (await api.post("/v1/events", json=batch, headers=kind)).json()["accepted"] == 2


async def test_faults_of_a_cloud_event_point_into_its_data(api: AsyncClient, shop: Shop) -> None:
    event = a_cloud_event(specversion="0.3")
    kind = {"content-type": "application/cloudevents+json"}
    answer = await api.post("/v1/events", json=event, headers=kind)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/specversion"]
    event = a_cloud_event(data_base64="aGk=")
    event["data"]["order"]["total"] = "much"
    answer = await api.post("/v1/events", json=event, headers=kind)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/data_base64", "/data/order/total"]
    assert shop.count() == 0


async def test_a_receipt_can_be_asked_for_whatever_its_source_is_called(api: AsyncClient, shop: Shop) -> None:
    sent = (await api.post("/v1/events", json=a_delivery(source=SOURCE_URI, id="a/b c"))).json()
    assert (await api.get(sent["receipt"])).json() == sent


async def test_a_receipt_nobody_has_is_not_found(api: AsyncClient) -> None:
    answer = await api.get("/v1/events/shop/never")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:aftercare:problem:not-found")


async def test_a_receipt_says_what_the_event_did_once_it_is_decided(api: AsyncClient, shop: Shop) -> None:
    fridge = a_delivery(2)
    fridge["order"]["category"] = "fridge"
    await api.post("/v1/events", json=[a_delivery(1), fridge])
    await Life(shop).hear()
    entered = (await api.get("/v1/events/shop/delivery-1")).json()
    assert entered["status"] == "decided"
    assert [each["journey"] for each in entered["entered"]] == ["washing_machine_care"]
    kept_out = (await api.get("/v1/events/shop/delivery-2")).json()["not_entered"]
    assert [each["code"] for each in kept_out] == ["not_trigger"]
    assert any("it is fridge" in line for line in kept_out[0]["why"])


async def test_a_temporal_server_that_is_down_does_not_keep_the_sender_waiting(shop: Shop) -> None:
    started = time.monotonic()
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        for number in range(20):
            assert (await api.post("/v1/events", json=a_delivery(number))).status_code == 202
    assert time.monotonic() - started < 5


async def test_a_store_that_fails_asks_to_try_again_later(empty_url: str, tmp_path: Path) -> None:
    shop = Shop(open_store(empty_url), settings_in(tmp_path, empty_url))
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        answer = await api.post("/v1/events", json=a_delivery())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["type"] == "urn:aftercare:problem:unavailable"
    shop.engine.dispose()


async def test_without_published_rules_no_event_can_be_checked(store: Engine, store_url: str, tmp_path: Path) -> None:
    shop = Shop(store, settings_in(tmp_path, store_url))
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        answer = await api.post("/v1/events", json=a_delivery())
        assert (answer.status_code, "care rules publish" in answer.json()["detail"]) == (503, True)
        assert (await api.get("/health/live")).status_code == 200
        assert (await api.get("/health/ready")).status_code == 503
    assert shop.count() == 0


async def test_what_is_stored_is_normalised_and_typed(api: AsyncClient, shop: Shop) -> None:
    event = a_delivery(
        type="appointment.booked", data={"at": "2026-03-09T09:00:00+07:00"}, time="2026-03-02T10:00:00.5+07:00"
    )
    event["customer"] |= {"phone": "0912.345.678", "email": "Lan@Bücher.Example", "locale": "vi_VN", "tags": ["a", "a"]}
    event["customer"]["birthday"] = "1990-05-01T00:00:00+07:00"
    event["order"] |= {"discount": 0.2, "gift": True, "total": 12_500_000.0, "placed_at": None}
    answer = await api.post("/v1/events", json=event)
    assert answer.status_code == 202, answer.text
    (row,) = shop.inbox()
    customer, order = row.body["customer"], row.body["order"]
    assert customer["phone"] == "+84912345678"
    assert customer["email"] == "Lan@xn--bcher-kva.example"
    assert (customer["locale"], customer["tags"]) == ("vi-VN", ("a",))
    assert customer["birthday"].isoformat() == "1990-04-30T17:00:00+00:00"
    assert order == {"id": "DH-1", "category": "washing_machine", "total": 12_500_000, "discount": 0.2, "gift": True}
    assert row.body["data"]["at"].isoformat() == "2026-03-09T02:00:00+00:00"


async def test_null_says_nothing_except_in_an_update(api: AsyncClient, shop: Shop) -> None:
    empty = {"id": "KH-1", "email": None, "tags": None}
    await api.post("/v1/events", json=a_delivery(1, customer=empty))
    await api.post("/v1/events", json=a_delivery(2, type="customer.updated", customer=empty))
    said, cleared = shop.inbox()
    assert said.body["customer"] == {"id": "KH-1"}
    assert cleared.body["customer"] == {"id": "KH-1", "email": None, "tags": None}


async def test_a_body_may_stream_in(shop: Shop) -> None:
    async def parts() -> Any:
        for letter in httpx.Request("POST", "http://x", json=a_delivery()).content:
            yield bytes([letter])

    async with shop.served(authorization=f"Bearer {KEY}") as api:
        answer = await api.post("/v1/events", content=parts(), headers={"content-type": "application/json"})
    assert answer.status_code == 202
