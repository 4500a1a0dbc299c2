"""Commands of operators, decided by the real decider over a real store."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, event

from activities.contract import Decided, DecideRequest
from activities.deciding import Decider
from care.domain.conditions import Value
from care.domain.decisions import Moved
from care.domain.enrolment import CustomerState, Enrolment, Wanted
from care.domain.happenings import MOVED, WOKEN, Event, Happening, Heard, Settled
from care.domain.journey import Plan
from care.domain.orders import SendMessage
from care.domain.steps import Step
from care.store import audit, batches, controls, customers, enrolments, facts, inbox, plans
from care.store.controls import Control
from care.store.engine import reading, writing
from care.store.plans import RulebookCache
from care.store.publishing import Choice
from tests.builders import a_plan, send, wait
from tests.integration.store.inside import apply, publish
from tests.integration.store.telling import NOON, RULEBOOK, enrol, lan, minutes, take_in, tell
from tests.integration.store.telling import an_event as told

DAY = 24 * 60


def a_version(number: int, *steps: Step) -> Plan:
    return replace(a_plan(*steps, journey="care"), hash=f"care-{number}", revision=0)


FIRST = a_version(1, send("hello"), wait(3), send("bye"))
SECOND = a_version(2, send("hello"), wait(3), send("hint"))
THIRD = a_version(3, send("hello"), wait(3), send("hello", "sms"), send("sorry"))


class Life:
    """Lan's decisions, one after the other, as her workflow would ask for them."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.decider = engine, Decider(engine, RulebookCache(engine))
        self.last: Decided | None = None
        self.count = 0
        with writing(engine) as conn:
            publish(conn, FIRST)
            self.lan = lan(conn)
            row = take_in(conn, told("order.delivered", order={"id": "DH-1", "total": 5}))
        self.decides(0, Heard(row.id))

    @property
    def run(self) -> Enrolment:
        assert self.last is not None
        return self.last.state.enrolments[0]

    def decides(self, at: float, *happenings: Happening) -> Decided:
        """Decide at so many minutes after noon."""
        self.count += 1
        state = self.last.state if self.last is not None else None
        request = DecideRequest(f"run:{self.count}", self.lan, state, happenings, minutes(at))
        self.last = self.decider.decide(request)
        return self.last

    def settles(self, at: float) -> Decided:
        """Let every message that is on its way be sent."""
        return self.decides(at, *(Settled(order.key, "sent") for order in self.flying()))

    def flying(self) -> Sequence[SendMessage]:
        assert self.last is not None
        return [order for order in self.last.state.in_flight if isinstance(order, SendMessage)]

    def obeys(self, at: float, batch: str) -> Decided:
        """Hear Lan's command of a batch."""
        with reading(self.engine) as conn:
            [row] = [row for customer, row in batches.undecided(conn, batch) if customer == self.lan]
        return self.decides(at, Heard(row))

    def published(self, *journeys: Plan, running: Choice) -> str:
        """Publish with a wish for everybody inside; returns the batch."""
        with writing(self.engine) as conn:
            number = plans.newest(conn) or 0
            [batch] = apply(conn, *journeys, at=minutes(number), running=running).batches
        return batch.id

    def kinds(self) -> list[str]:
        with reading(self.engine) as conn:
            return [line.entry.kind for line in audit.timeline(conn, self.lan)]


@pytest.fixture
def life(store: Engine) -> Life:
    life = Life(store)
    life.settles(1)
    assert life.run.doing == "wait"
    return life


def _revisions(store: Engine, customer: str) -> list[tuple[str, int]]:
    with reading(store) as conn:
        return [(each.plan, each.revision) for each in enrolments.listing(conn, customer)]


def test_a_moved_enrolment_goes_on_by_the_new_plan_in_every_table(store: Engine, life: Life) -> None:
    life.obeys(DAY, life.published(SECOND, running="migrate"))
    assert (life.run.plan, life.run.moving, life.run.publication) == ("care-2", None, 2)
    assert _revisions(store, life.lan) == [("care-2", 2)]
    with reading(store) as conn:
        assert customers.state(conn, life.lan) == life.last.state if life.last is not None else False
        assert set(plans.load_rulebook(conn).plans) == {"care-2"}
    sent = life.decides(3 * DAY + 5).orders
    assert [getattr(order, "template", "") for order in sent] == ["hint"]
    assert life.kinds().count("moved") == 1


def test_a_command_that_is_asked_for_again_is_answered_and_not_carried_out_again(store: Engine, life: Life) -> None:
    batch = life.published(SECOND, running="migrate")
    with reading(store) as conn:
        [(_, row)] = batches.undecided(conn, batch)
    life.decides(DAY, Heard(row))
    life.decides(DAY + 1, Heard(row))
    assert life.kinds().count("moved") == 1
    with reading(store) as conn:
        assert batches.progress(conn, batch) == batches.Progress(1, 1)
        assert batches.undecided(conn, batch) == []


def test_somebody_on_the_way_moves_at_the_next_wait_although_nobody_enters_that_plan_any_more(store: Engine) -> None:
    life = Life(store)
    batch = life.published(SECOND, running="migrate")
    with writing(store) as conn:
        publish(conn, THIRD)
    life.obeys(0.1, batch)
    assert (life.run.plan, life.run.moving) == ("care-1", Wanted("care-2", {}, "Hoa"))
    with reading(store) as conn:
        assert set(plans.load_rulebook(conn).plans) == {"care-1", "care-3"}
    life.settles(0.2)
    assert (life.run.plan, life.run.moving) == ("care-2", None)


def test_a_step_that_was_done_before_the_move_is_read_from_the_audit_and_not_done_again(
    store: Engine, life: Life
) -> None:
    later = a_version(5, wait(3), send("hello"), send("hint"))
    life.obeys(DAY, life.published(later, running="migrate"))
    orders = life.decides(3 * DAY + 5).orders
    assert [getattr(order, "template", "") for order in orders] == ["hint"]


def test_customers_leave_when_their_author_wants_that(store: Engine, life: Life) -> None:
    life.obeys(DAY, life.published(SECOND, running="leave"))
    assert life.last is not None
    assert life.last.state.enrolments == ()
    with reading(store) as conn:
        [left] = enrolments.listing(conn, life.lan)
    assert (left.reason, left.converted) == ("ended by Hoa: left when revision 2 was published", False)


def test_commands_that_arrive_in_the_wrong_order_leave_the_customer_where_the_last_one_said(
    store: Engine, life: Life
) -> None:
    earlier = life.published(SECOND, running="migrate")
    life.obeys(DAY, life.published(THIRD, running="migrate"))
    life.obeys(DAY + 1, earlier)
    assert life.run.plan == "care-3"
    assert _revisions(store, life.lan) == [("care-3", 3)]


def test_a_frozen_pause_and_its_end_are_seen_by_the_next_decision(store: Engine, life: Life) -> None:
    with writing(store) as conn:
        controls.begin(conn, Control(0, "care", "pause", "freeze", minutes(DAY), "Mai", "", None, ""))
    paused = life.decides(3 * DAY + 5)
    assert (paused.orders, paused.wake_at) == ((), None)
    with writing(store) as conn:
        controls.end(conn, "care", "pause", "Mai", minutes(6 * DAY))
        row = take_in(conn, told(WOKEN, operator="Mai"))
    resumed = life.decides(6 * DAY, Heard(row.id))
    assert resumed.wake_at == minutes(8 * DAY + 1)


def test_what_was_begun_is_read_only_while_a_move_is_under_way(store: Engine, life: Life) -> None:
    with writing(store) as conn:
        there = life.run
        moving = replace(there, moving=Wanted("care-2"))
        command = take_in(conn, told(MOVED, data={"plan": "care-2"}, operator="Mai"))
        other = tell(conn, "order.paid", order={"id": "DH-1"})
        began = {there.id: {"send:hello", "wait:3 days"}}
        for row, run, expected in (
            (None, there, {}),
            (other, there, {}),
            (command, there, began),
            (None, moving, began),
            (other, moving, began),
        ):
            known = facts.load(conn, life.lan, row, RULEBOOK, minutes(5), CustomerState(life.lan, None, (run,)))
            assert {name: set(steps) for name, steps in known.begun.items()} == expected


def test_reading_what_was_begun_costs_one_more_query_that_looks_at_this_customer_only(store: Engine) -> None:
    seen: list[str] = []

    def queries(conn: Connection, state: CustomerState) -> list[str]:
        seen.clear()
        facts.load(conn, state.customer, None, RULEBOOK, NOON, state)
        return list(seen)

    with writing(store) as conn:
        who = lan(conn)
        enrol(conn, who)
        event.listen(conn, "before_cursor_execute", lambda *given: seen.append(str(given[2])))
        there = Enrolment("e_1", "care", "hash", NOON, "i_1", at=("hello",))
        few = queries(conn, CustomerState(who, NOON, (there,)))
        more = queries(conn, CustomerState(who, NOON, (replace(there, moving=Wanted("care-2")),)))
        assert len(more) == len(few) + 1 <= 8
        if store.dialect.name == "sqlite":
            [query] = [query for query in more if query not in few]
            plan = [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", ("", "", ""))]
            assert plan[0].startswith("SEARCH entries USING INDEX ix_entries_customer"), plan


def test_only_the_enrolments_that_moved_are_recorded_anew(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        for name in ("e_1", "e_2"):
            enrol(conn, who, name)
        enrolments.move(conn, [Moved("e_2", "care-2", 2)])
        enrolments.move(conn, [])
        assert [(each.id, each.plan, each.revision) for each in enrolments.listing(conn, who)] == [
            ("e_1", "hash", 1),
            ("e_2", "care-2", 2),
        ]


def test_a_command_names_its_operator_and_its_publication_to_the_planner(store: Engine, life: Life) -> None:
    batch = life.published(SECOND, running="migrate")
    with writing(store) as conn:
        [(_, name)] = batches.undecided(conn, batch)
        [row] = inbox.rows(conn, [name])
        heard = facts.load(conn, life.lan, row, RULEBOOK, minutes(5)).event
    data: dict[str, Value] = {"journey": "care", "plan": "care-2", "publication": 2, "steps": ()}
    assert heard == Event(name, MOVED, None, data, operator="Hoa")
