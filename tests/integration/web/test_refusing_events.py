"""Events that are not fine: 4xx problem details that name every fault, nothing stored."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient, Response

from care.web.app import create_app
from care.web.bodies import MOST_BYTES
from tests.integration.web.shop import KEY, Shop, a_delivery

JSON = {"content-type": "application/json"}


def changed(path: str, value: Any) -> dict[str, Any]:
    """A delivery with one value changed; ``...`` takes it away."""
    event = a_delivery()
    place: Any = event
    *parents, name = path.strip("/").split("/")
    for parent in parents:
        place = place.setdefault(parent, {})
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return event


async def test_whoever_goes_away_in_the_middle_is_no_error(shop: Shop) -> None:
    headers = [(b"authorization", f"Bearer {KEY}".encode()), (b"host", b"127.0.0.1"), (b"content-length", b"10")]
    scope = {"type": "http", "method": "POST", "path": "/v1/events", "raw_path": b"/v1/events", "headers": headers}
    parts = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return parts.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    app = create_app(shop.settings, engine=shop.engine, now=shop.clock)
    await app(scope | {"query_string": b"", "scheme": "http", "http_version": "1.1"}, receive, send)
    assert sent[0]["status"] == 400
    assert shop.count() == 0


def problem(answer: Response, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:aftercare:problem:{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == "/v1/events"
    return body


@pytest.mark.parametrize(
    ("path", "value", "hint"),
    [
        ("/id", ..., "add 'id'"),
        ("/id", "", ""),
        ("/id", 7, ""),
        ("/id", "x" * 201, ""),
        ("/id", "a\nb", ""),
        ("/source", None, ""),
        ("/type", "order.delivred", "did you mean 'order.delivered'?"),
        ("/tpye", "order.delivered", "did you mean 'type'?"),
        ("/time", "2026-03-02T10:00:00", "write it like 2026-03-02T10:00:00+07:00"),
        ("/time", "2026-02-30T10:00:00Z", "write it like 2026-03-02T10:00:00+07:00"),
        ("/time", 1_772_420_400, "write it like 2026-03-02T10:00:00+07:00"),
        ("/time", "9999-12-31T23:59:59-12:00", "write it like 2026-03-02T10:00:00+07:00"),
        ("/customer", ..., "add 'customer'"),
        ("/customer", "KH-1", ""),
        ("/customer/id", ..., "add 'id'"),
        ("/customer/phone", "12345", "write it like 0912 345 678 or +84 912 345 678"),
        ("/customer/phone", 912345678, ""),
        ("/customer/email", "lan at example.vn", "write it like lan@example.vn"),
        ("/customer/email", "Lan <lan@example.vn>", "write one bare address, without name or quotes"),
        ("/customer/email", "lan@localhost", "write it like example.vn"),
        ("/customer/timezone", "Asia/Saigonn", "did you mean 'Asia/Saigon'?"),
        ("/customer/timezone", "+07:00", "did you mean 'Asia/Ho_Chi_Minh'?"),
        ("/customer/locale", "vietnamese", "write it like 'vi' or 'en-US'"),
        ("/customer/emial", "lan@example.vn", "did you mean 'email'?"),
        ("/customer/orders", 4, "leave it out"),
        ("/customer/type", "vip", "leave it out"),
        ("/customer/tags", "loyal", 'write it like ["loyal", "newsletter"]'),
        ("/order", ..., 'add "order": {"id": …}'),
        ("/order/id", ..., "add 'id'"),
        ("/order/total", "12500000", "write it without quotes"),
        ("/order/total", 12.5, "round it before sending"),
        ("/order/total", -1, "order.total goes from 0 to 1,000,000,000"),
        ("/order/total", True, "write a plain number"),
        ("/order/discount", "20%", "write a share from 0 to 1: 0.2 for 20%"),
        ("/order/discount", 20, "write a share from 0 to 1: 0.2 for 20%"),
        ("/order/gift", "yes", "write true or false, without quotes"),
        ("/order/category", "boat", "write one of washing_machine, dryer, fridge, tv, accessory"),
        ("/order/placed_at", "2026-03-02", "write it like 2026-03-02T10:00:00+07:00"),
        ("/order/a~b", 1, ""),
        ("/data/score", 4, ""),
        ("/operator", "Mai", "known fields: id, source, type, time, customer, order, data"),
    ],
)
async def test_one_fault_is_named_with_its_place_and_what_to_write(
    api: AsyncClient, shop: Shop, path: str, value: Any, hint: str
) -> None:
    answer = await api.post("/v1/events", json=changed(path, value))
    (fault,) = problem(answer, 422, "invalid-event")["errors"]
    assert fault["pointer"] == path.replace("~", "~0")
    assert fault["detail"]
    assert fault["hint"] == hint
    assert shop.count() == 0


@pytest.mark.parametrize(
    ("kind", "data", "pointer"),
    [
        ("csat.answered", {}, "/data/score"),
        ("csat.answered", {"score": 6}, "/data/score"),
        ("csat.answered", {"score": "5"}, "/data/score"),
        ("nps.answered", {"score": 11}, "/data/score"),
        ("ces.answered", {"score": 0}, "/data/score"),
        ("csat.answered", {"score": 5, "coment": "x"}, "/data/coment"),
        ("consent.given", {"channel": "email", "purpose": "everything"}, "/data/purpose"),
        ("consent.given", {"channel": "pigeon", "purpose": "care"}, "/data/channel"),
        ("consent.withdrawn", {"channel": "email"}, "/data/purpose"),
        ("ticket.closed", {"note": "done"}, "/data/ticket"),
        ("appointment.booked", {"at": "tomorrow"}, "/data/at"),
        ("message.bounced", {"channel": "email", "permanent": "yes"}, "/data/permanent"),
        ("message.bounced", {"channel": "sms", "permanent": True, "address": "lan@example.vn"}, "/data/address"),
        ("offer.redeemed", {"code": ""}, "/data/code"),
        ("service_visit.completed", {"score": 4}, "/data/score"),
        ("operator.paused", {}, "/type"),
        ("operator.resumed", {}, "/type"),
    ],
)
async def test_the_payload_is_checked_by_the_type_of_the_event(
    api: AsyncClient, shop: Shop, kind: str, data: dict[str, Any], pointer: str
) -> None:
    answer = await api.post("/v1/events", json=a_delivery(type=kind, data=data))
    (fault,) = problem(answer, 422, "invalid-event")["errors"]
    assert fault["pointer"] == pointer
    assert shop.count() == 0


async def test_a_new_order_tells_what_the_catalogue_says_is_always_known(api: AsyncClient, shop: Shop) -> None:
    answer = await api.post("/v1/events", json=a_delivery(type="order.placed", order={"id": "DH-1", "total": 5}))
    (fault,) = problem(answer, 422, "invalid-event")["errors"]
    assert fault["pointer"] == "/order/category"
    assert (await api.post("/v1/events", json=a_delivery(order={"id": "DH-1"}))).status_code == 202


async def test_all_faults_are_told_at_once(api: AsyncClient, shop: Shop) -> None:
    event = a_delivery(type="order.lost", time="yesterday")
    event["order"]["total"] = "x"
    faults = problem(await api.post("/v1/events", json=event), 422, "invalid-event")["errors"]
    assert [fault["pointer"] for fault in faults] == ["/type", "/time", "/order/total"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'id': 1}",
        b'{"id": NaN}',
        b'{"id": Infinity}',
        b'{"id": 1e999}',
        b'{"id": "a", "id": "b"}',
        b'{"id": "\\u0000"}',
        b'{"id": "\\ud800"}',
        b'\xef\xbb\xbf{"id": "a"}',
        b'{"id": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 20 + b"1" + b"}" * 20,
        b'{"id": ' + b"9" * 5_000 + b"}",
    ],
)
async def test_json_that_others_may_read_differently_is_refused(api: AsyncClient, shop: Shop, body: bytes) -> None:
    problem(await api.post("/v1/events", content=body, headers=JSON), 400, "malformed-body")
    assert shop.count() == 0


@pytest.mark.parametrize(
    "body", [[], {"events": []}, {"events": {}}, {"events": [1], "more": 1}, [a_delivery()] * 1_001]
)
async def test_a_batch_is_a_list_of_one_to_a_thousand_events(api: AsyncClient, shop: Shop, body: Any) -> None:
    problem(await api.post("/v1/events", json=body), 422, "invalid-event")
    assert shop.count() == 0


@pytest.mark.parametrize("body", [1, "event", None, [1], [[]]])
async def test_an_event_is_an_object(api: AsyncClient, shop: Shop, body: Any) -> None:
    problem(await api.post("/v1/events", content=json.dumps(body), headers=JSON), 422, "invalid-event")


async def test_a_body_over_the_limit_is_refused_by_its_announced_length(api: AsyncClient, shop: Shop) -> None:
    answer = await api.post("/v1/events", content=b" " * (MOST_BYTES + 1), headers=JSON)
    problem(answer, 413, "body-too-large")


async def test_a_body_over_the_limit_is_refused_while_it_streams_in(api: AsyncClient, shop: Shop) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65_536
            assert read < 2 * MOST_BYTES
            yield b" " * 65_536

    problem(await api.post("/v1/events", content=endless(), headers=JSON), 413, "body-too-large")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/xml"])
async def test_other_content_types_are_refused_by_name(api: AsyncClient, shop: Shop, kind: str) -> None:
    answer = await api.post("/v1/events", content=json.dumps(a_delivery()), headers={"content-type": kind})
    assert "application/json" in problem(answer, 415, "unsupported-media-type")["detail"]


async def test_binary_cloud_events_are_refused_with_the_way_out(api: AsyncClient) -> None:
    answer = await api.post("/v1/events", json=a_delivery(), headers={"ce-specversion": "1.0", "ce-id": "1"})
    assert "cloudevents+json" in problem(answer, 415, "unsupported-media-type")["detail"]


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {KEY}"}])
async def test_without_the_key_nothing_is_taken(shop: Shop, header: dict[str, str]) -> None:
    async with shop.served(**header) as stranger:
        answer = await stranger.post("/v1/events", json=a_delivery())
        problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        for path in ("/v1/summary", "/v1/customers/KH-1", "/v1/customers/KH-1/timeline", "/v1/events/shop/x"):
            assert (await stranger.get(path)).status_code == 401
    assert shop.count() == 0


async def test_unknown_addresses_and_methods_are_problems_too(api: AsyncClient) -> None:
    nowhere = await api.get("/v1/evnets")
    assert (nowhere.status_code, nowhere.json()["type"]) == (404, "urn:aftercare:problem:not-found")
    wrong = await api.delete("/v1/events")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
