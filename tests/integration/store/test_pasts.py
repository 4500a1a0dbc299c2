"""The past read back from a store: the facts a back-test works out are those the store gives."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import Engine

from care.backtest.histories import history_of
from care.backtest.past import Past
from care.backtest.sources import Stretch
from care.backtest.world import PastWorld
from care.domain.customers import Facts
from care.store.engine import reading, writing
from care.store.pasts import StorePast, newest_event
from tests.integration.store.telling import NOON, facts_of, tell

LIVES, LENGTH = 12, 30


class Chance:
    """Choices that are the same in every run."""

    def __init__(self, name: str) -> None:
        self._name, self._count = name, 0

    def of(self, *choices: Any) -> Any:
        self._count += 1
        digest = sha256(f"{self._name} {self._count}".encode()).digest()
        return choices[int.from_bytes(digest[:4], "big") % len(choices)]


def something(chance: Chance, orders: list[str]) -> tuple[str, dict[str, Any]]:
    """An event that can be told at any time."""
    channel = chance.of("email", "sms")
    kinds = ["bought", "told", "consent", "bounce", "complaint", "ticket", "visit", "answer", "order"]
    match chance.of(*kinds):
        case "bought":
            orders.append(f"DH-{len(orders)}")
            order = {"id": orders[-1], "total": chance.of(1_000, 2_500_000, None), "discounted": chance.of(True, False)}
            return chance.of("order.placed", "order.paid"), {"order": order}
        case "order" if orders:
            kind = chance.of("delivered", "cancelled", "returned", "refunded", "paid")
            more = chance.of({}, {"total": 7_000_000}, {"placed_at": NOON - timedelta(days=2)})
            return f"order.{kind}", {"order": {"id": chance.of(*orders), **more}}
        case "consent":
            data = {"channel": channel, "purpose": chance.of("marketing", "care")}
            return chance.of("consent.given", "consent.withdrawn"), {"data": data}
        case "bounce":
            address = {"email": "lan@example.vn", "sms": "+84912345678"}[channel]
            data = {"channel": channel, "permanent": chance.of(True, False)} | chance.of({}, {"address": address})
            return "message.bounced", {"data": data}
        case "complaint":
            return "message.complained", {"data": {"channel": channel}}
        case "ticket":
            return chance.of("ticket.opened", "ticket.closed"), {"data": {"ticket": chance.of("T-1", "T-2")}}
        case "visit":
            return "appointment.booked", {"data": {"at": NOON + timedelta(days=chance.of(3, 4))}}
        case "answer":
            return "csat.answered", {"data": {"score": chance.of(1, 5)}}
        case _:
            told = ({"email": "Lan@example.vn"}, {"phone": "+84912345678"}, {"tags": None}, {"tags": ("loyal",)})
            zone: dict[str, Any] = chance.of({}, {"timezone": "Asia/Tokyo", "locale": "en"}, {"email": None})
            return "customer.updated", {"customer": chance.of(*told) | zone}


def same(facts: Facts) -> dict[str, Any]:
    return {
        "fields": dict(facts.fields),
        "zone": facts.zone,
        "phone": facts.phone,
        "channels": set(facts.addresses),
        "suppressed": set(facts.suppressed),
        "consents": dict(facts.consents),
        "order": dict(facts.order),
    }


def past_in(store: Engine, url: str, customer: str) -> Past:
    with reading(store) as conn:
        newest, last = newest_event(conn)
    assert last is not None
    source = StorePast(url, last + timedelta(minutes=1), newest)
    source.open()
    try:
        (past,) = source.read(Stretch(customer, customer, 1, 0))
    finally:
        source.close()
    return past


@pytest.mark.parametrize("number", range(LIVES))
def test_after_every_event_the_facts_are_those_of_the_store(store: Engine, store_url: str, number: int) -> None:
    chance, orders = Chance(f"life {number}"), list[str]()
    with writing(store) as conn:
        wanted = []
        for minute in range(LENGTH):
            kind, more = something(chance, orders)
            who = {"id": f"KH-{number}", **more.pop("customer", {})}
            row = tell(conn, kind, minute, customer=who, **more)
            wanted.append((kind, same(facts_of(conn, row.customer, event=row, at=minute))))
    history = history_of(past_in(store, store_url, row.customer))
    world = PastWorld(row.customer)
    assert history.name == f"KH-{number}"
    assert len(history.script) == LENGTH
    for happened, (kind, facts) in zip(history.script, wanted, strict=True):
        world.hear(happened)
        assert same(world.facts) == facts, kind


def test_events_are_read_in_the_order_of_their_times_up_to_the_newest(store: Engine, store_url: str) -> None:
    with writing(store) as conn:
        customer = tell(conn, "order.placed", 10, order={"id": "DH-1"}).customer
        tell(conn, "order.placed", 5, order={"id": "DH-2"})
        newest, last = newest_event(conn)
        tell(conn, "order.placed", 7, order={"id": "DH-3"})
    assert last == NOON + timedelta(minutes=10)
    source = StorePast(store_url, last + timedelta(days=1), newest)
    (stretch,) = source.stretches()
    assert (stretch.customers, stretch.events) == (1, 2)
    source.open()
    (past,) = source.read(stretch)
    source.close()
    assert past.customer == customer
    assert [told.order_id for told in past.told] == ["DH-2", "DH-1"]
