from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, func, select

from care.domain.audit import Entry, EntryKind, RuleSeen, Why
from care.domain.conditions import Clause
from care.store import effects, event_receipts, inbox, schema
from care.store.engine import reading, writing
from care.store.entries import entry_row
from care.store.inbox import BodyConflict
from care.store.incoming import IncomingEvent
from tests.integration.store.telling import LAN, NOON, an_event, minutes, take_in, tell


def test_an_event_gets_a_receipt_and_its_customer_a_key(store: Engine) -> None:
    with writing(store) as conn:
        receipt = inbox.accept(conn, an_event("order.placed"), NOON)
    assert (receipt.duplicate, receipt.status) == (False, "pending")
    assert receipt.id.startswith("i_")
    assert receipt.customer.startswith("c_")
    assert LAN not in receipt.id + receipt.customer


def test_the_same_event_again_gets_the_same_receipt_marked_as_a_duplicate(store: Engine) -> None:
    event = an_event("order.placed", order={"id": "DH-1", "total": 5_000_000})
    reordered = an_event("order.placed", order={"total": 5_000_000, "id": "DH-1"}, id=event.id)
    with writing(store) as conn:
        first = inbox.accept(conn, event, NOON)
    with writing(store) as conn:
        second = inbox.accept(conn, reordered, minutes(5))
    assert (second.id, second.customer, second.duplicate) == (first.id, first.customer, True)


def test_the_same_id_with_another_body_is_a_conflict_and_the_transaction_goes_on(store: Engine) -> None:
    event = an_event("order.placed", order={"id": "DH-1"})
    with writing(store) as conn:
        inbox.accept(conn, event, NOON)
        with pytest.raises(BodyConflict, match="its own id"):
            inbox.accept(conn, an_event("order.placed", order={"id": "DH-2"}, id=event.id), NOON)
        inbox.accept(conn, an_event("order.paid"), NOON)
    with reading(store) as conn:
        assert conn.execute(select(func.count()).select_from(schema.inbox)).scalar() == 2


def test_the_same_id_of_another_source_is_another_event(store: Engine) -> None:
    event = an_event("order.placed")
    with writing(store) as conn:
        first = inbox.accept(conn, event, NOON)
        second = inbox.accept(conn, an_event("order.paid", id=event.id, source="pos"), NOON)
    assert first.id != second.id
    assert first.customer == second.customer


def test_a_batch_is_stored_in_its_order_and_what_it_holds_twice_counts_once(store: Engine) -> None:
    first, second = an_event("order.placed"), an_event("order.paid", customer={"id": "KH-2"})
    with writing(store) as conn:
        before = inbox.accept(conn, second, NOON)
        taken = inbox.accept_all(conn, [first, second, first, an_event("order.paid")], minutes(1))
        assert inbox.accept_all(conn, [], NOON) == []
    receipts = [each for each in taken if isinstance(each, inbox.Receipt)]
    assert [each.duplicate for each in receipts] == [False, True, True, False]
    assert receipts[0].id == receipts[2].id
    assert (receipts[1].id, receipts[1].customer, receipts[1].received_at) == (before.id, before.customer, NOON)
    assert receipts[0].customer == receipts[3].customer != before.customer
    with reading(store) as conn:
        rows = inbox.rows(conn, [receipts[3].id, receipts[0].id])
    assert [row.id for row in rows] == [receipts[0].id, receipts[3].id]


def test_a_batch_with_one_id_for_two_bodies_tells_of_the_second(store: Engine) -> None:
    event = an_event("order.placed", order={"id": "DH-1"})
    other = an_event("order.placed", order={"id": "DH-2"}, id=event.id)
    with writing(store) as conn:
        first, second = inbox.accept_all(conn, [event, other], NOON)
    assert isinstance(first, inbox.Receipt)
    assert isinstance(second, BodyConflict)


def test_events_that_race_are_stored_once_and_make_one_customer(store: Engine) -> None:
    event = an_event("order.placed")

    def post(number: int) -> inbox.Receipt:
        with writing(store) as conn:
            return inbox.accept(conn, event if number % 2 else an_event("order.paid"), NOON)

    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(post, range(16)))
    assert len({receipt.customer for receipt in receipts}) == 1
    assert sum(not receipt.duplicate for receipt in receipts[1::2]) == 1
    with reading(store) as conn:
        assert conn.execute(select(func.count()).select_from(schema.customers)).scalar() == 1


def test_rows_come_back_in_the_order_they_were_accepted_with_their_types(store: Engine) -> None:
    first = an_event("order.placed", order={"id": "DH-1", "placed_at": NOON, "total": 1.5, "discounted": True})
    second = an_event("csat.answered", data={"score": 2, "comment": "ồn"}, customer={"tags": ("loyal", "vip")})
    with writing(store) as conn:
        ids = [take_in(conn, event).id for event in (first, second)]
        rows = inbox.rows(conn, [*reversed(ids), "i_unknown"])
    assert [row.event for row in rows] == [first, second]
    assert rows[0].order_id == "DH-1"
    assert isinstance(rows[0].event.order and rows[0].event.order["placed_at"], datetime)


def test_the_sweep_sees_what_stays_undecided_and_is_old_enough(store: Engine) -> None:
    with writing(store) as conn:
        old, decided, fresh = (take_in(conn, an_event("order.placed", at)) for at in (0, 0, 10))
        inbox.mark(conn, decided.id, "decided", "d-1", NOON)
        assert inbox.pending(conn, older_than=minutes(5)) == [(old.customer, old.id)]
        assert inbox.pending(conn, older_than=minutes(15), customer=old.customer) == [
            (old.customer, old.id),
            (old.customer, fresh.id),
        ]
        assert inbox.pending(conn, older_than=minutes(15), customer="c_other") == []


def test_an_event_about_an_unknown_order_waits_until_the_order_is_known(store: Engine) -> None:
    with writing(store) as conn:
        early = take_in(conn, an_event("order.delivered", order={"id": "DH-1"}))
        assert effects.refers_to_unknown_order(conn, early)
        inbox.mark(conn, early.id, "parked", "d-1", NOON)
        assert inbox.free_parked(conn, early.customer, "DH-1") == []
        tell(conn, "order.placed", order={"id": "DH-1"})
        assert not effects.refers_to_unknown_order(conn, early)
        assert inbox.free_parked(conn, "c_other", "DH-1") == []
        assert inbox.free_parked(conn, early.customer, "DH-1") == [early.id]
        assert inbox.rows(conn, [early.id])[0].status == "pending"


@pytest.mark.parametrize(
    ("kind", "order", "waits"),
    [
        ("order.placed", {"id": "DH-9"}, False),
        ("order.paid", {"id": "DH-9"}, False),
        ("order.delivered", {"id": "DH-9"}, True),
        ("order.delivered", {"id": "DH-9", "category": "tv"}, False),
        ("order.returned", {"id": "DH-9"}, True),
        ("service_visit.completed", {"id": "DH-9"}, True),
        ("service_visit.completed", None, False),
        ("csat.answered", {"id": "DH-9"}, True),
        ("csat.answered", None, False),
        ("message.bounced", {"id": "DH-9"}, False),
    ],
)
def test_only_what_cannot_be_understood_without_its_order_waits(
    store: Engine, kind: str, order: dict[str, str] | None, waits: bool
) -> None:
    with writing(store) as conn:
        assert effects.refers_to_unknown_order(conn, take_in(conn, an_event(kind, order=order))) is waits


def test_a_receipt_says_what_the_event_did_once_it_is_decided(store: Engine) -> None:
    event = an_event("order.placed")
    with writing(store) as conn:
        row = take_in(conn, event)
        pending = event_receipts.receipt(conn, "shop", event.id)
        assert pending is not None
        assert (pending.status, pending.entered, pending.not_entered) == ("pending", (), ())
        clause = Clause("order.category is tv", False, "fridge")
        why = Why((RuleSeen("trigger", False, clause),))
        kinds: tuple[EntryKind, ...] = ("entered", "not_entered", "exited", "waiting")
        for kind in kinds:
            entry = Entry(kind, NOON, kind, journey=f"j_{kind}", event=row.id, code="c", reason="r", why=why)
            conn.execute(schema.entries.insert(), entry_row("d-1", row.customer, entry))
        inbox.mark(conn, row.id, "decided", "d-1", NOON)
        view = event_receipts.receipt(conn, "shop", event.id)
        assert event_receipts.receipt(conn, "shop", "never sent") is None
    assert view is not None
    assert (view.status, view.id, view.customer) == ("decided", row.id, row.customer)
    assert [[line.journey for line in part] for part in (view.entered, view.ended, view.not_entered)] == [
        ["j_entered"],
        ["j_exited"],
        ["j_not_entered"],
    ]
    assert view.not_entered[0].why == ("trigger: no", "   ✗ order.category is tv  (it is fridge)")


@pytest.mark.parametrize(
    "wrong",
    [
        {"customer": {"name": "Lan"}},
        {"customer": {"id": 7}},
        {"customer": {"id": "a\x00b"}},
        {"customer": {"id": "a", "name": "\ud800"}},
        {"customer": {"id": "a", "tags": ["x\x00"]}},
        {"order": {"total": 5}},
        {"order": {"id": "a", "total": float("nan")}},
        {"order": {"id": "a", "placed_at": datetime(2026, 1, 1)}},  # noqa: DTZ001
        {"time": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"id": ""},
        {"surprise": 1},
    ],
)
def test_an_event_that_a_database_could_not_hold_is_refused_before_it_gets_there(wrong: dict[str, object]) -> None:
    whole = {"id": "1", "source": "shop", "type": "order.placed", "time": NOON, "customer": {"id": "a"}}
    IncomingEvent.model_validate(whole)
    with pytest.raises(ValidationError):
        IncomingEvent.model_validate(whole | wrong)
