from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import IntegrityError

from care.domain.happenings import EXITED
from care.store import batches, effects, facts, inbox, schema
from care.store.batches import Batch, Progress
from care.store.engine import reading, writing
from care.store.whereabouts import whereabouts
from tests.builders import a_plan, wait
from tests.integration.store.inside import stands
from tests.integration.store.telling import NOON, RULEBOOK, minutes

CARE = a_plan(wait(3), journey="care")
DATA = {"journey": "care", "note": "hết hàng"}


def a_batch(**more: object) -> Batch:
    batch = Batch("b_1", "exit", "care", "", NOON, "Mai", "hết hàng", 0, 0)
    return replace(batch, **more)  # type: ignore[arg-type]


@pytest.fixture
def inside(store: Engine) -> list[str]:
    """Keys of three customers inside, one of them twice."""
    with writing(store) as conn:
        keys = [stands(conn, shop_id, CARE, "wait:3 days") for shop_id in ("KH-1", "KH-2", "KH-3")]
        stands(conn, "KH-2", CARE, "wait:3 days")
    return keys


def created(store: Engine, batch: Batch) -> Batch:
    with writing(store) as conn:
        return batches.create(conn, batch, EXITED, DATA, whereabouts(conn, ["care"]))


def test_every_customer_gets_one_command_however_often_they_are_inside(store: Engine, inside: list[str]) -> None:
    made = created(store, a_batch())
    assert made == a_batch(members=3)
    with reading(store) as conn:
        commands = batches.undecided(conn, "b_1")
        rows = inbox.rows(conn, [row for _, row in commands])
        assert batches.listing(conn) == [made]
        assert batches.progress(conn, "b_1") == Progress(0, 3)
    assert [customer for customer, _ in commands] == inside
    assert [row.customer for row in rows] == inside
    assert {(row.type, row.status, row.event.operator, row.time) for row in rows} == {(EXITED, "pending", "Mai", NOON)}
    assert [row.event.customer_id for row in rows] == ["KH-1", "KH-2", "KH-3"]
    assert all(dict(row.event.data) == DATA for row in rows)


def test_a_command_tells_nothing_of_the_customer_and_carries_its_operator(store: Engine, inside: list[str]) -> None:
    created(store, a_batch())
    with writing(store) as conn:
        before = conn.execute(select(schema.customers).where(schema.customers.c.key == inside[0])).one()
        [row] = inbox.rows(conn, [batches.undecided(conn, "b_1")[0][1]])
        effects.apply(conn, row, minutes(1))
        assert conn.execute(select(schema.customers).where(schema.customers.c.key == inside[0])).one() == before
        event = facts.load(conn, inside[0], row, RULEBOOK, minutes(1)).event
    assert event is not None
    assert (event.type, event.operator, dict(event.data), event.order_id) == (EXITED, "Mai", DATA, None)


def test_what_is_decided_counts_and_is_not_carried_out_again(store: Engine, inside: list[str]) -> None:
    created(store, a_batch())
    with writing(store) as conn:
        first, second, third = batches.undecided(conn, "b_1")
        inbox.mark(conn, second[1], inbox.DECIDED, "d_1", minutes(1))
        assert batches.undecided(conn, "b_1") == [first, third]
        assert batches.progress(conn, "b_1") == Progress(1, 3)


def test_a_batch_that_is_stored_twice_stays_as_it_was(store: Engine, inside: list[str]) -> None:
    created(store, a_batch())
    with writing(store) as conn:
        inbox.mark(conn, batches.undecided(conn, "b_1")[0][1], inbox.DECIDED, "d_1", minutes(1))
    with pytest.raises(IntegrityError):
        created(store, a_batch(note="again"))
    with reading(store) as conn:
        assert batches.progress(conn, "b_1") == Progress(1, 3)
        assert [each.note for each in batches.listing(conn)] == ["hết hàng"]
        assert conn.execute(select(func.count()).where(schema.inbox.c.type == EXITED)).scalar() == 3


def test_commands_of_a_batch_that_are_there_already_are_not_doubled(store: Engine, inside: list[str]) -> None:
    created(store, a_batch())
    with writing(store) as conn:
        conn.execute(schema.batches.delete())
    assert created(store, a_batch()).members == 3
    with reading(store) as conn:
        assert batches.progress(conn, "b_1") == Progress(0, 3)


def test_two_batches_are_two_commands_for_each_and_the_newest_is_listed_first(store: Engine, inside: list[str]) -> None:
    created(store, a_batch())
    created(store, a_batch(id="b_2", at=minutes(5)))
    with reading(store) as conn:
        assert [each.id for each in batches.listing(conn)] == ["b_2", "b_1"]
        assert len(inbox.pending(conn, older_than=minutes(9))) == 3 + 3 + 4
        assert len(inbox.pending(conn, older_than=minutes(9), customer=inside[0])) == 2 + 1


def test_a_batch_for_nobody_has_no_members(store: Engine) -> None:
    made = created(store, a_batch())
    with reading(store) as conn:
        assert (made.members, batches.progress(conn, made.id)) == (0, Progress(0, 0))
        assert batches.undecided(conn, made.id) == []


def test_an_id_names_its_kind_journey_and_instant() -> None:
    names = {
        batches.new_id(kind, journey, at)
        for kind in ("move", "exit")
        for journey in ("care", "other")
        for at in (NOON, minutes(0.001))
    }
    assert len(names) == 8
    assert batches.new_id("move", "care", NOON) == batches.new_id("move", "care", NOON)


def test_thousands_of_commands_are_stored_in_one_go(store: Engine) -> None:
    with writing(store) as conn:
        key = stands(conn, "KH-1", CARE, "wait:3 days")
        [one] = whereabouts(conn, ["care"])
        many = [replace(one, customer=f"{key}_{number}", shop_id=f"KH-{number}") for number in range(3_000)]
        assert batches.create(conn, a_batch(), EXITED, DATA, many).members == 3_000
        conn.execute(update(schema.inbox).where(schema.inbox.c.customer < f"{key}_2").values(status=inbox.DECIDED))
        progress = batches.progress(conn, "b_1")
    assert progress.members == 3_000
    assert progress.decided == len([each for each in many if each.customer < f"{key}_2"])
