from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from activities.contract import Decided, DecideRequest
from care.domain.audit import Check, Entry, RuleSeen, Why
from care.domain.conditions import Clause
from care.domain.decisions import Decision, Left
from care.domain.enrolment import CustomerState
from care.domain.happenings import Heard
from care.domain.orders import EscalateTicket, OpenTicket, Order, SendMessage
from care.domain.planner import plan
from care.store import audit, claims, customers, enrolments, facts, inbox
from care.store.engine import reading, writing
from care.store.inbox import InboxRow
from tests.builders import HAPPY, UNHAPPY, a_plan, a_rulebook, branch, offer, send, survey, ticket, wait
from tests.integration.store.telling import NOON, a_message, a_ticket, enrol, lan, minutes, tell

JOURNEY = a_plan(
    send("hello"),
    wait(1),
    survey(),
    branch((UNHAPPY, "sorry"), (HAPPY, "continue"), (None, "exit")),
    offer(),
    paths={"sorry": (ticket(),)},
)
RULEBOOK = a_rulebook(JOURNEY)


def decide(conn: Connection, row: InboxRow, key: str = "d-1", state: CustomerState | None = None) -> Decision:
    """What ``activities.deciding`` does, in short."""
    known = facts.load(conn, row.customer, row, RULEBOOK, row.time, state)
    state = state or CustomerState(row.customer)
    decision = plan(state, [Heard(row.id)], known, RULEBOOK, row.time)
    request = DecideRequest(key, row.customer, state, (Heard(row.id),), row.time)
    audit.save(conn, request, decision, _told(decision))
    inbox.mark(conn, row.id, "decided", key, row.time)
    return decision


def _last(conn: Connection, customer: str) -> datetime | None:
    person = customers.person(conn, customer)
    return None if person is None else person.last_at


def _told(decision: Decision) -> Decided:
    return Decided(decision.state, decision.consumed, decision.orders, decision.wake_at, ("i_freed",))


def _save(conn: Connection, customer: str, key: str = "d-1", **more: object) -> Decision:
    blank = {"at": NOON, "state": CustomerState(customer, NOON), "consumed": (), "orders": (), "wake_at": None}
    decision = Decision(**(blank | more))  # type: ignore[arg-type]
    audit.save(conn, DecideRequest(key, customer, None, (), NOON), decision, _told(decision))
    return decision


def test_a_decision_is_read_back_as_it_was_given(store: Engine) -> None:
    with writing(store) as conn:
        lan(conn)
        decision = decide(conn, tell(conn, "order.delivered", order={"id": "DH-1", "total": 5}))
        assert audit.stored(conn, "d-1") == _told(decision)
        assert audit.stored(conn, "d-2") is None
        assert isinstance(decision.orders[0], SendMessage)
        assert customers.state(conn, decision.state.customer) == decision.state
        assert _last(conn, decision.state.customer) == NOON
        assert _last(conn, "c_nobody") is None


def test_every_kind_of_order_survives_the_store(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        orders: tuple[Order, ...] = (
            a_message(who, offer="gift", values={"discount": "20%"}, offer_expires_at=NOON),
            a_ticket(who),
            EscalateTicket("k", who, "e_1", "t_1", "leads", NOON),
        )
        _save(conn, who, orders=orders, wake_at=minutes(5))
        stored = audit.stored(conn, "d-1")
    assert stored is not None
    assert stored.orders == orders
    assert [type(order) for order in stored.orders] == [SendMessage, OpenTicket, EscalateTicket]
    assert stored.wake_at == minutes(5)


def test_the_same_key_is_never_decided_twice(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)

    def attempt(number: int) -> bool:
        try:
            with writing(store) as conn:
                customers.lock(conn, who)
                _save(conn, who, consumed=(f"{number}",))
        except IntegrityError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_decisions_of_one_customer_queue_behind_its_lock(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)

    def attempt(number: int) -> Decided:
        with writing(store) as conn:
            customers.lock(conn, who)
            before = audit.stored(conn, "d-1")
            if before is None:
                _save(conn, who, consumed=(f"{number}",))
            return before or audit.stored(conn, "d-1")  # type: ignore[return-value]

    with ThreadPoolExecutor(4) as pool:
        assert len(set(map(repr, pool.map(attempt, range(8))))) == 1


def test_entries_come_back_equal_with_every_reason(store: Engine) -> None:
    inner = Clause("csat.score is at most 2", None, "not known")
    clause = Clause("all of", False, "", (Clause("unhappy", None, "", (inner,)), Clause("a is b", False, "c")))
    full = Entry(
        kind="answered",
        at=minutes(1.5),
        what="survey:csat → 4",
        journey="care",
        enrolment="e_1",
        step="survey:csat",
        file="care.yaml",
        line=47,
        revision=3,
        code="no_consent",
        reason="không có đồng ý",
        event="i_1",
        message="e_1/survey:csat/1:email",
        channel="email",
        template="ask",
        verb="survey",
        score=4.0,
        until=minutes(9),
        why=Why(
            (RuleSeen("rule 1", False, clause), RuleSeen("otherwise", True)), (Check("quiet_hours", True, "outside"),)
        ),
    )
    entries = (full, Entry("waiting", NOON, "wait 3 days"), Entry("held", NOON, "x", why=Why((), full.why.checks)))
    with writing(store) as conn:
        who = lan(conn)
        _save(conn, who, entries=entries)
        lines = audit.timeline(conn, who)
    assert tuple(line.entry for line in lines) == entries
    assert [type(rule) for rule in lines[0].entry.why.rules] == [RuleSeen, RuleSeen]
    assert isinstance(lines[0].entry.why.rules[0].clause, Clause)
    assert [line.id for line in lines] == sorted(line.id for line in lines)
    assert {line.decision for line in lines} == {"d-1"}


def test_what_the_planner_says_of_a_whole_journey_reads_back_equal(store: Engine) -> None:
    with writing(store) as conn:
        lan(conn)
        first = decide(conn, tell(conn, "order.delivered", order={"id": "DH-1", "total": 5}))
        later = tell(conn, "order.delivered", 5, order={"id": "DH-1"})
        second = decide(conn, later, "d-2", first.state)
        timeline = audit.timeline(conn, later.customer)
    assert tuple(line.entry for line in timeline) == first.entries + second.entries
    assert {line.entry.kind for line in timeline} >= {"entered", "not_entered", "sending"}


def test_the_timeline_shows_what_became_of_a_message(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        order = a_message(who)
        _save(conn, who, entries=(Entry("sending", NOON, "sending", message=order.key), Entry("waiting", NOON, "wait")))
        assert [line.outcome for line in audit.timeline(conn, who)] == [None, None]
        claims.claim(conn, order, "address", NOON)
        claims.transmit(conn, order.key, {}, NOON)
        claims.settle(conn, order.key, "unknown", at=minutes(1), reason="the line dropped", code="no_reply")
        sending, waiting = audit.timeline(conn, who)
    assert waiting.outcome is None
    assert sending.outcome is not None
    assert (sending.outcome.phase, sending.outcome.reason, sending.outcome.at) == (
        "unknown",
        "the line dropped",
        minutes(1),
    )


def test_enrolments_are_recorded_from_entry_to_end(store: Engine) -> None:
    with writing(store) as conn:
        decision = decide(conn, tell(conn, "order.delivered", order={"id": "DH-1", "total": 5}))
        who, (entered,) = decision.state.customer, decision.entered
        (running,) = enrolments.listing(conn, who, active=True)
        assert (running.id, running.journey, running.order_id, running.plan) == (
            entered.enrolment,
            "journey",
            "DH-1",
            JOURNEY.hash,
        )
        assert enrolments.order_of(conn, running.id) == "DH-1"
        _save(conn, who, "d-2", left=(Left(running.id, minutes(9), "order.returned", converted=True),))
        assert enrolments.listing(conn, who, active=True) == []
        (ended,) = enrolments.listing(conn, who, active=False)
        assert enrolments.listing(conn, who) == [ended]
    assert (ended.ended_at, ended.reason, ended.converted) == (minutes(9), "order.returned", True)


def test_a_failed_save_leaves_nothing(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        enrol(conn, who)

    def save_twice() -> None:
        with writing(store) as conn:
            _save(conn, who, entries=(Entry("waiting", NOON, "wait"),))
            enrol(conn, who)

    with pytest.raises(IntegrityError):
        save_twice()
    with reading(store) as conn:
        assert audit.timeline(conn, who) == []
        assert audit.stored(conn, "d-1") is None
        assert _last(conn, who) is None


def test_instants_keep_their_microseconds(store: Engine) -> None:
    at = NOON + timedelta(microseconds=123_457)
    with writing(store) as conn:
        who = lan(conn)
        _save(conn, who, at=at)
        assert _last(conn, who) == at
