"""Consent over HTTP: its proof is kept word for word, and what is no proof is refused by name."""

from dataclasses import replace
from typing import Any

import pytest

from care.domain.catalogue import Topic
from care.store import consents, customers
from care.store.engine import reading
from tests.integration.web.life import Life
from tests.integration.web.shop import CATALOGUE, KEY, Shop, a_delivery

PROOF = {
    "wording": "Tôi đồng ý nhận ưu đãi",
    "place": "https://dienmay.example/dang-ky",
    "method": "form",
    "frequency": "nhiều nhất 3 tin trong 7 ngày",
    "evidence": "HS-2026-77",
}
CONSENT = {"channel": "email", "purpose": "marketing", **PROOF}
EVENTS = ("consent.requested", "topic.muted", "topic.wanted")


def told(kind: str, data: dict[str, Any], number: int = 2) -> dict[str, Any]:
    event = a_delivery(number, type=kind, data=data)
    return {name: value for name, value in event.items() if name != "order"} | {"customer": {"id": "KH-1"}}


@pytest.fixture
def topical(shop: Shop) -> Shop:
    topics = {"offers": Topic("offers", {"vi": "Ưu đãi"})}
    shop.publish(replace(CATALOGUE, topics=topics, events=(*CATALOGUE.events, *EVENTS)))
    return shop


async def test_the_proof_is_kept_and_the_customer_page_shows_it(topical: Shop) -> None:
    async with topical.served(authorization=f"Bearer {KEY}") as api:
        sent = [a_delivery(), told("consent.given", CONSENT), told("topic.muted", {"topic": "offers"}, 3)]
        assert (await api.post("/v1/events", json=sent)).status_code == 202
        await Life(topical).hear()
        shown = (await api.get("/v1/customers/KH-1")).json()["consents"]
        assert {name: shown[0][name] for name in PROOF} == PROOF
        assert (shown[1]["purpose"], shown[1]["given"]) == ("topic:offers", False)
    with reading(topical.engine) as conn:
        key = customers.by_id(conn, "KH-1")
        assert key is not None
        given, _ = consents.listing(conn, key)
    assert (given.method, given.evidence) == ("form", "HS-2026-77")
    async with topical.served() as browser:
        page = (await browser.get(f"/customers/{key}")).text
    assert "form · https://dienmay.example/dang-ky · nhiều nhất 3 tin trong 7 ngày · HS-2026-77" in page
    assert "Topic offers" in page


async def test_asking_for_consent_gives_none(topical: Shop) -> None:
    async with topical.served(authorization=f"Bearer {KEY}") as api:
        sent = [a_delivery(), told("consent.requested", CONSENT)]
        assert (await api.post("/v1/events", json=sent)).status_code == 202
        await Life(topical).hear()
        assert (await api.get("/v1/customers/KH-1")).json()["consents"] == []


@pytest.mark.parametrize(
    ("kind", "data", "pointer", "words"),
    [
        ("consent.given", CONSENT | {"method": "telepathy"}, "/data/method", "'form', 'checkbox'"),
        ("consent.given", CONSENT | {"proof": "x"}, "/data/proof", "unknown field 'proof'"),
        ("consent.requested", {"channel": "email"}, "/data/purpose", "required"),
        ("topic.muted", {"topic": "oferts"}, "/data/topic", "is not a topic of the catalogue"),
        ("topic.wanted", {}, "/data/topic", "required"),
    ],
)
async def test_what_is_no_proof_is_refused_by_name(
    topical: Shop, kind: str, data: dict[str, Any], pointer: str, words: str
) -> None:
    async with topical.served(authorization=f"Bearer {KEY}") as api:
        refused = await api.post("/v1/events", json=told(kind, data))
        assert refused.status_code == 422
        (fault,) = refused.json()["errors"]
        assert (fault["pointer"], words in fault["detail"]) == (pointer, True)
        described = (await api.get("/v1/openapi.json")).json()["components"]["schemas"]
    assert set(PROOF) <= set(described["ConsentChanged"]["properties"])
    assert "TopicChosen" in described
