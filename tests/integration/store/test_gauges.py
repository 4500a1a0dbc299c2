"""What is counted for the metrics, on both databases, while customers are really decided for."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Engine

from activities.contract import Decided, DecideRequest
from activities.deciding import Decider
from care.domain.happenings import Heard
from care.health.exposition import StoreGauges
from care.store import claims, inbox, tickets
from care.store.engine import open_store, reading, writing
from care.store.gauges import Gauges, crowd, gauges
from care.store.plans import RulebookCache
from care.telemetry import meters
from tests.builders import a_plan, send
from tests.integration.store.inside import publish
from tests.integration.store.telling import a_message, a_ticket, an_event, lan, minutes

# Lan lives in Vietnam, where the catalogue of the tests is quiet from 21:00 to 08:00.
NIGHT, MORNING = minutes(11 * 60), minutes(20 * 60)


@pytest.fixture
def decider(store: Engine) -> Decider:
    with writing(store) as conn:
        publish(conn, a_plan(send("hello", "email"), journey="care"))
    return Decider(store, RulebookCache(store))


def counted(store: Engine, now: datetime) -> Gauges:
    with reading(store) as conn:
        return gauges(conn, now)


def buys(store: Engine, decider: Decider, at: datetime) -> Decided:
    """Lan buys, and it is decided at that instant."""
    with writing(store) as conn:
        lan(conn)
        event = an_event("order.delivered", (at - minutes(0)).total_seconds() / 60, order={"id": "DH-1", "total": 5})
        receipt = inbox.accept(conn, event, at)
    assert counted(store, at + timedelta(minutes=5)).oldest_undecided is not None
    return decider.decide(DecideRequest("d-1", receipt.customer, None, (Heard(receipt.id),), at))


def total(metric: str, **labels: str) -> float:
    return meters.REGISTRY.get_sample_value(metric, labels) or 0.0


def test_a_message_counts_as_held_from_the_evening_until_it_leaves(store: Engine, decider: Decider) -> None:
    before = total("care_messages_withheld_total", decided="held", code="quiet_hours")
    entered = total("care_enrolments_total", journey="care", what="entered")
    late = total("care_decision_lateness_seconds_count")
    evening = buys(store, decider, NIGHT)
    assert (evening.orders, counted(store, NIGHT).held) == ((), 1)
    assert total("care_messages_withheld_total", decided="held", code="quiet_hours") == before + 1
    assert total("care_enrolments_total", journey="care", what="entered") == entered + 1
    due = evening.wake_at
    assert due is not None
    morning = decider.decide(
        DecideRequest("d-2", evening.state.customer, evening.state, (), due + timedelta(seconds=7))
    )
    assert len(morning.orders) == 1
    assert counted(store, MORNING).held == 0
    assert total("care_decision_lateness_seconds_count") == late + 1


def test_a_decision_that_is_asked_for_again_counts_once(store: Engine, decider: Decider) -> None:
    first = buys(store, decider, NIGHT)
    once = total("care_enrolments_total", journey="care", what="entered")
    again = decider.decide(DecideRequest("d-1", first.state.customer, None, (Heard("i_1"),), NIGHT))
    assert again == first
    assert total("care_enrolments_total", journey="care", what="entered") == once


def test_a_run_that_lost_its_state_brings_the_count_of_holds_in_step(store: Engine, decider: Decider) -> None:
    evening = buys(store, decider, NIGHT)
    decider.decide(DecideRequest("d-2", evening.state.customer, None, (), MORNING))
    assert counted(store, MORNING).held == 0


def test_everything_that_waits_is_counted(store: Engine, decider: Decider) -> None:
    with writing(store) as conn:
        key = lan(conn)
        for step, phase in (("a", "transmitting"), ("b", "unknown"), ("c", "sent")):
            order = a_message(key, step)
            claims.claim(conn, order, "k", minutes(1))
            claims.transmit(conn, order.key, {}, minutes(2))
            if phase != "transmitting":
                claims.settle(conn, order.key, "unknown" if phase == "unknown" else "sent", at=minutes(3))
        tickets.open_ticket(conn, a_ticket(key, "x"), "", minutes(0))
        tickets.open_ticket(conn, a_ticket(key, "y", due_at=minutes(900)), "", minutes(0))
    found = counted(store, minutes(120))
    assert (found.leaving, found.oldest_leaving, found.unknown) == (1, minutes(2), 1)
    assert (found.tickets_open, found.tickets_overdue, found.paused, found.revision) == (2, 1, 0, 1)


def test_customers_are_counted_once_and_their_enrolments_by_journey(store: Engine, decider: Decider) -> None:
    buys(store, decider, NIGHT)
    with reading(store) as conn:
        who = crowd(conn)
    assert (who.customers, who.running) == (1, {"care": 1})


def test_a_store_that_is_away_says_so_and_nothing_else_breaks(empty_url: str, tmp_path: Path) -> None:
    bare = open_store(empty_url)
    registry = CollectorRegistry()
    registry.register(StoreGauges(bare, lambda: NIGHT, tmp_path))
    told = generate_latest(registry).decode()
    bare.dispose()
    assert "care_store_up 0.0" in told
    assert "care_data_disk_free_bytes" in told
    assert "care_inbox_undecided" not in told
