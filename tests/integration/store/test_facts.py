from dataclasses import replace

from sqlalchemy import Engine, event

from care.domain.catalogue import Cap
from care.domain.customers import Claimed, Past
from care.domain.enrolment import CustomerState, Enrolment
from care.domain.happenings import Event
from care.domain.journey import Sending
from care.domain.rulebook import WalkedPlan
from care.store import claims, facts, tickets
from care.store.addresses import address_key
from care.store.engine import writing
from tests.builders import a_plan
from tests.integration.store.telling import (
    EMAIL,
    LAN,
    NOON,
    PHONE,
    RULEBOOK,
    a_message,
    a_ticket,
    an_event,
    enrol,
    facts_of,
    lan,
    minutes,
    take_in,
    tell,
)

DAY = 24 * 60


def test_of_a_new_customer_only_what_is_always_true_is_known(store: Engine) -> None:
    with writing(store) as conn:
        customer = take_in(conn, an_event("order.placed")).customer
        known = facts_of(conn, customer)
    assert known.fields == {"customer.orders": 0, "customer.spent": 0, "ticket.open": False}
    assert (known.zone, known.locale, known.addresses, known.suppressed, known.consents) == ("", "", {}, {}, {})
    assert (known.frozen, known.event, known.order, known.ledger, known.past) == ({}, None, {}, (), ())
    assert known.offers_made == frozenset()


def test_purchases_add_up_without_the_cancelled_ones(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "order.placed", 0, order={"id": "1", "total": 5_000_000, "discounted": True})
        tell(conn, "order.placed", 5, order={"id": "2", "total": 1_500_000.5, "discounted": False})
        tell(conn, "order.placed", 6, order={"id": "3"})
        tell(conn, "order.placed", 7, order={"id": "4", "total": 9_000_000, "discounted": True})
        tell(conn, "order.cancelled", 8, order={"id": "4"})
        fields = facts_of(conn, customer).fields
    assert fields["customer.orders"] == 3
    assert fields["customer.spent"] == 6_500_000.5
    assert fields["customer.last_order_at"] == minutes(6)
    assert fields["customer.discounted_share"] == 0.5


def test_money_that_is_whole_reads_as_a_whole_number(store: Engine) -> None:
    with writing(store) as conn:
        customer = tell(conn, "order.placed", order={"id": "1", "total": 5_000_000}).customer
        spent = facts_of(conn, customer).fields["customer.spent"]
    assert (spent, type(spent)) == (5_000_000, int)


def test_the_profile_and_the_latest_answers_are_fields(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn, tags=("loyal",), tier="gold", locale="en", timezone="Asia/Tokyo")
        tell(conn, "csat.answered", 9, data={"score": 2})
        tell(conn, "csat.answered", 1, data={"score": 5})
        tell(conn, "nps.answered", 1, data={"score": 10})
        tell(conn, "appointment.booked", 1, data={"at": minutes(500)})
        known = facts_of(conn, customer)
    assert known.fields["customer.tags"] == ("loyal",)
    assert known.fields["customer.tier"] == "gold"
    assert (known.fields["csat.last"], known.fields["nps.last"]) == (2, 10)
    assert "ces.last" not in known.fields
    assert known.fields["appointment.at"] == minutes(500)
    assert (known.zone, known.locale) == ("Asia/Tokyo", "en")
    by_phone = {channel: address_key(channel, PHONE) for channel in ("sms", "zalo")}
    assert known.addresses == {"email": address_key("email", EMAIL), **by_phone}


def test_an_open_ticket_is_seen_until_it_is_closed(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        ticket, _ = tickets.open_ticket(conn, a_ticket(customer), "about", NOON)
        assert facts_of(conn, customer).fields["ticket.open"] is True
        tell(conn, "ticket.closed", 9, data={"ticket": ticket.id}, operator="Hoa")
        assert facts_of(conn, customer).fields["ticket.open"] is False


def test_the_event_at_hand_comes_with_its_order_as_known_now(store: Engine) -> None:
    with writing(store) as conn:
        tell(conn, "order.placed", 0, order={"id": "DH-1", "total": 5})
        row = tell(
            conn,
            "csat.answered",
            5,
            order={"id": "DH-1", "category": "tv"},
            data={"score": 4, "survey": "e_1/ask/1", "comment": None},
        )
        known = facts_of(conn, row.customer, event=row)
    assert known.event == Event(row.id, "csat.answered", "DH-1", {"score": 4, "survey": "e_1/ask/1"}, about="e_1/ask/1")
    assert known.order == {"order.total": 5, "order.category": "tv", "order.placed_at": NOON}


def test_an_operators_command_names_the_operator(store: Engine) -> None:
    with writing(store) as conn:
        row = tell(conn, "ticket.closed", data={"ticket": "t_1", "note": "gọi lại"}, operator="Hoa")
        heard = facts_of(conn, row.customer, event=row).event
    assert heard is not None
    assert (heard.operator, heard.about, heard.data["note"]) == ("Hoa", "t_1", "gọi lại")


def test_the_order_stays_as_it_was_at_entry_for_enrolments_that_run(store: Engine) -> None:
    frozen = {"order.total": 5, "order.placed_at": NOON, "order.tags": ("a", "b")}
    with writing(store) as conn:
        customer = lan(conn)
        enrol(conn, customer, "e_1", frozen=frozen)
        enrol(conn, customer, "e_2", journey="other", order_id=None, at=minutes(5))
        stands = CustomerState(customer, enrolments=(Enrolment("e_1", "care", "hash", NOON, "i_1"),))
        known = facts_of(conn, customer, state=stands)
    assert known.frozen == {"e_1": frozen}
    assert sorted(known.past, key=lambda past: past.entered_at) == [
        Past("care", "DH-1", NOON),
        Past("other", None, minutes(5)),
    ]


def test_the_ledger_counts_what_was_claimed_in_the_caps_window(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        key = address_key("email", EMAIL)
        steps = {"sent": 1.0, "unknown": 2.0, "failed": 3.0, "deferred": 4.0}
        for step, at in steps.items():
            claims.claim(conn, a_message(customer, step, at=at), key, minutes(at))
            claims.transmit(conn, f"e_1/{step}/1:email", {}, minutes(at))
            claims.settle(conn, f"e_1/{step}/1:email", step, at=minutes(at))  # type: ignore[arg-type]
        claims.claim(conn, a_message(customer, "claimed", at=5), key, minutes(5))
        claims.claim(conn, a_message(customer, "receipt", purpose="transactional"), key, minutes(6))
        claims.claim(conn, a_message(customer, "old"), key, minutes(-7 * DAY))
        ledger = facts_of(conn, customer, at=7).ledger
    assert ledger == (
        Claimed(minutes(1), "e_1/sent/1", "", "care", "email"),
        Claimed(minutes(2), "e_1/unknown/1", "", "care", "email"),
        Claimed(minutes(5), "e_1/claimed/1", "", "care", "email"),
    )


def test_the_ledger_reaches_back_as_far_as_the_longest_cap_of_any_plan_that_somebody_walks(store: Engine) -> None:
    month = Sending(frequency_cap=Cap(2, 30 * 86_400))
    walked = [WalkedPlan(replace(a_plan(journey=name), sending=own)) for name, own in (("a", None), ("b", month))]
    rulebook = replace(RULEBOOK, plans={each.plan.hash: each for each in walked})
    with writing(store) as conn:
        customer = lan(conn)
        for day in (29, 31):
            key = address_key("email", EMAIL)
            claims.claim(conn, a_message(customer, f"{day}_days_ago"), key, minutes(-day * DAY))
        known = facts.load(conn, customer, None, rulebook, NOON)
        company_only = facts.load(conn, customer, None, RULEBOOK, NOON)
    assert [claimed.step_key for claimed in known.ledger] == ["e_1/29_days_ago/1"]
    assert company_only.ledger == ()


def test_the_cap_holds_across_customers_who_share_an_address(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        husband = tell(conn, "customer.updated", customer={"id": "husband", "phone": PHONE}).customer
        claims.claim(conn, a_message(customer, channel="sms"), address_key("sms", PHONE), NOON)
        claims.claim(conn, a_message(customer, "two"), address_key("email", EMAIL), NOON)
        assert [claimed.step_key for claimed in facts_of(conn, husband).ledger] == ["e_1/hello/1"]
        assert len(facts_of(conn, customer).ledger) == 2


def test_an_offer_counts_as_made_once_it_may_have_left(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        enrol(conn, customer)
        order = a_message(customer, offer="gift", purpose="marketing")
        claims.claim(conn, order, "address", NOON)
        assert facts_of(conn, customer).offers_made == frozenset()
        claims.transmit(conn, order.key, {}, NOON)
        assert facts_of(conn, customer, at=400 * DAY).offers_made == {("gift", "DH-1")}
        claims.settle(conn, order.key, "failed", at=NOON)
        assert facts_of(conn, customer).offers_made == frozenset()


def test_the_facts_cost_a_handful_of_queries_that_all_use_an_index(store: Engine) -> None:
    seen: list[str] = []
    with writing(store) as conn:
        row = tell(conn, "order.placed", customer={"email": EMAIL}, order={"id": "1"})
        event.listen(conn, "before_cursor_execute", lambda *given: seen.append(str(given[2])))
        facts.load(conn, row.customer, row, RULEBOOK, NOON)
        queries = list(seen)
        assert len(queries) <= 7
        if store.dialect.name == "sqlite":
            for query in queries:
                holes = query.count("?")
                for step in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (0,) * holes):
                    is_one_row = "SUBQUERY" in step.detail or step.detail == "SCAN bought"
                    assert not step.detail.startswith("SCAN") or is_one_row, (step.detail, query)
    assert LAN not in "".join(queries)
