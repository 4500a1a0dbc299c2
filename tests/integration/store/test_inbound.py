"""What a customer writes back to the shop's number, all the way into the store."""

import logging
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from care.domain.happenings import Outcome
from care.inbound import hearing
from care.inbound.hearing import ANSWERED_WITHIN, Understood, Written
from care.store import answers, claims, consents, effects, inbox, receipts, schema, tickets
from care.store.addresses import address_key
from care.store.engine import writing
from tests.integration.store.telling import LAN, NOON, PHONE, a_message, facts_of, lan, minutes, tell

KEY = address_key("sms", PHONE)
QUEUE = "care_team"
EVERYTHING = {("sms", "marketing"), ("sms", "care")}


def write(conn: Connection, text: str, at: float = 60, *, id: str = "", **more: Any) -> Understood:
    """Lan writes, and her decision takes in whatever that became."""
    sent: dict[str, Any] = {"id": id or f"SM-{at}-{text}", "sender": PHONE, "provider": "twilio", "channel": "sms"}
    understood = hearing.hear(conn, Written(text=text, at=minutes(at), **sent | more), QUEUE)
    for row in inbox.rows(conn, [event.id for event in understood.events]):
        effects.apply(conn, row, row.time)
    return understood


def ask(
    conn: Connection, customer: str, survey: str = "csat", at: float = 0, outcome: Outcome = "sent", **more: Any
) -> str:
    """Ask a survey by SMS; its id."""
    order = a_message(customer, f"survey:{survey}{at:g}", at=at, survey=survey, **{"channel": "sms"} | more)
    claims.claim(conn, order, address_key(order.channel, PHONE), minutes(at))
    claims.transmit(conn, order.key, {"to": PHONE}, minutes(at))
    claims.settle(conn, order.key, outcome, at=minutes(at))
    return order.step_key


def closed(conn: Connection) -> set[tuple[str, str]]:
    table = schema.suppressions
    rows = conn.execute(select(table).where(table.c.address_key == KEY, table.c.lifted_at.is_(None)))
    return {(row.channel, row.purpose) for row in rows}


def given(conn: Connection, customer: str) -> list[tuple[str, float, str, str, bool]]:
    said = answers.listing(conn, customer)
    return [(each.survey, each.score, each.comment, each.about, each.counts) for each in said]


def test_a_stop_ends_everything_but_what_belongs_to_an_order_with_its_proof(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        understood = write(conn, "Từ chối", id="SM1")
        assert understood.did == "stopped"
        assert closed(conn) == EVERYTHING
        assert set(facts_of(conn, who).suppressed) == EVERYTHING
        said = consents.listing(conn, who)
        assert {(each.channel, each.purpose, each.given) for each in said} == {
            ("sms", "care", False),
            ("sms", "marketing", False),
        }
        proof = said[0]
        assert (proof.wording, proof.place, proof.method, proof.evidence) == ("Từ chối", PHONE, "reply", "twilio SM1")


def test_a_stop_holds_before_any_decision_is_taken(store: Engine) -> None:
    with writing(store) as conn:
        lan(conn)
        hearing.hear(conn, Written("SM1", PHONE, "STOP", "twilio", "sms", minutes(60)), QUEUE)
        assert closed(conn) == EVERYTHING


def test_a_stop_ends_it_for_everyone_with_that_number_on_that_channel_only(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        other = tell(conn, "customer.updated", customer={"id": "KH-2", "phone": PHONE}).customer
        stranger = tell(conn, "customer.updated", customer={"id": "KH-3", "phone": "+84987654321"}).customer
        assert len(write(conn, "STOP").events) == 2
        for each in (who, other):
            assert set(facts_of(conn, each).suppressed) == EVERYTHING
        assert not facts_of(conn, stranger).suppressed


def test_a_number_nobody_has_is_closed_all_the_same(store: Engine) -> None:
    with writing(store) as conn:
        assert write(conn, "TC QC") == Understood("stopped")
        assert closed(conn) == EVERYTHING
        assert set(facts_of(conn, lan(conn)).suppressed) == EVERYTHING


def test_a_number_somebody_had_before_stops_nobody(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        tell(conn, "customer.updated", 1, customer={"phone": "+84987654321"})
        assert write(conn, "STOP") == Understood("stopped")
        assert not facts_of(conn, who).suppressed


def test_what_the_provider_takes_for_a_stop_is_one(store: Engine) -> None:
    with writing(store) as conn:
        lan(conn)
        assert write(conn, "thoát", stopped=True).did == "stopped"
        assert closed(conn) == EVERYTHING


def test_a_stop_in_a_sentence_stops_and_brings_a_person_in(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        assert write(conn, "đừng nhắn nữa nhé").did == "stopped"
        assert closed(conn) == EVERYTHING
        [ticket] = tickets.listing(conn, customer=who)
        assert ticket.about == "Perhaps wants no more messages, by SMS: đừng nhắn nữa nhé"
        assert (ticket.queue, ticket.status) == (QUEUE, "open")


def test_a_start_gives_care_back_and_never_marketing(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        tell(conn, "consent.given", 0, data={"channel": "sms", "purpose": "marketing"})
        write(conn, "STOP", 10)
        assert write(conn, "START", 20).did == "started"
        assert closed(conn) == {("sms", "marketing")}
        known = facts_of(conn, who)
        assert known.consents["sms", "marketing"] is False
        assert known.consents["sms", "care"] is True
        write(conn, "STOP", 30)
        assert closed(conn) == EVERYTHING


def test_a_start_opens_what_the_provider_closed_and_no_dead_number(store: Engine) -> None:
    with writing(store) as conn:
        consents.close_address(conn, "sms", KEY, consents.WITHDRAWN, "told the provider to stop", NOON)
        write(conn, "UNSTOP")
        assert closed(conn) == {("sms", "marketing")}
        consents.close_address(conn, "sms", KEY, consents.BOUNCED, "address bounced", minutes(70))
        write(conn, "START", 80)
        assert closed(conn) == {("sms", "marketing"), ("sms", "care"), ("sms", "transactional")}


def test_the_same_text_heard_again_changes_nothing(store: Engine) -> None:
    with writing(store) as conn:
        lan(conn)
        write(conn, "STOP", 10, id="SM1")
        write(conn, "START", 20, id="SM2")
        assert write(conn, "STOP", 30, id="SM1") == Understood("known")
        assert closed(conn) == {("sms", "marketing")}
        assert len([each for each in receipts.listing(conn) if each.kind == "written"]) == 2


def test_a_number_alone_answers_the_last_survey_asked_there(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        ask(conn, who, "nps", 0)
        survey = ask(conn, who, "csat", 10)
        assert write(conn, "4 giao hàng chậm").did == "answered"
        assert given(conn, who) == [("csat", 4, "giao hàng chậm", survey, True)]


def test_the_last_answer_counts_and_the_first_is_kept(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        survey = ask(conn, who)
        write(conn, "năm", 30)
        write(conn, "2 sao, máy kêu to", 40)
        assert given(conn, who) == [("csat", 5, "", survey, False), ("csat", 2, "máy kêu to", survey, True)]


def test_an_answer_belongs_to_whom_was_asked_when_two_share_a_phone(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        other = tell(conn, "customer.updated", customer={"id": "KH-2", "phone": PHONE}).customer
        survey = ask(conn, other, at=5, enrolment="e_2", key="e_2/survey:csat/1:sms")
        write(conn, "5")
        assert given(conn, who) == []
        assert given(conn, other) == [("csat", 5, "", survey, True)]


@pytest.mark.parametrize(
    ("text", "days", "outcome"),
    [
        ("9", 0, "sent"),
        ("tạm", 0, "sent"),
        ("5", ANSWERED_WITHIN.days + 1, "sent"),
        ("5", 0, "failed"),
        ("2 ngày rồi chưa thấy hàng", 0, "sent"),
    ],
)
def test_what_is_no_answer_is_read_by_a_person(store: Engine, text: str, days: float, outcome: Outcome) -> None:
    with writing(store) as conn:
        who = lan(conn)
        ask(conn, who, outcome=outcome)
        understood = write(conn, text, days * 24 * 60 + 60)
        assert understood.did == "ticket"
        assert given(conn, who) == []
        [ticket] = tickets.listing(conn, customer=who)
        assert ticket.about == f"Wrote, by SMS: {text}"
        assert facts_of(conn, who).fields["ticket.open"] is True


def test_an_unknown_message_may_have_asked(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        survey = ask(conn, who, outcome="unknown")
        write(conn, "5")
        assert given(conn, who) == [("csat", 5, "", survey, True)]


def test_a_survey_asked_on_another_channel_is_not_answered_here(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        ask(conn, who, channel="zalo", key="e_1/survey:csat/1:zalo")
        assert write(conn, "5").did == "ticket"


def test_words_go_to_whom_was_written_to_last_at_that_number(store: Engine) -> None:
    with writing(store) as conn:
        lan(conn)
        other = tell(conn, "customer.updated", customer={"id": "KH-2", "phone": PHONE}).customer
        ask(conn, other, "nps", enrolment="e_2", key="e_2/survey:nps/1:sms")
        write(conn, "gọi lại cho tôi")
        assert [ticket.customer for ticket in tickets.listing(conn)] == [other]


def test_words_of_nobody_are_kept_and_reported_without_the_number(
    store: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with writing(store) as conn, caplog.at_level(logging.WARNING):
        assert write(conn, "alo shop") == Understood("nothing")
        [kept] = receipts.listing(conn)
    assert (kept.kind, kept.detail) == ("written", "alo shop")
    assert "alo" not in caplog.text
    assert "912345678" not in caplog.text


def test_what_no_database_can_hold_is_left_out(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        write(conn, "a\x00b\x07\r\nc\ud800" + "x" * 5_000, id="SM1")
        [ticket] = tickets.listing(conn, customer=who)
        assert ticket.about.startswith("Wrote, by SMS: ab\ncx")
        assert len(ticket.about) < hearing.LONGEST + 50
        write(conn, "", id="SM2")
        assert "Wrote, by SMS: (nothing that can be read)" in [each.about for each in tickets.listing(conn)]


@pytest.mark.parametrize("sender", ["", "VIETTEL", "9241"])
def test_a_sender_without_a_number_is_nobody(store: Engine, sender: str) -> None:
    with writing(store) as conn:
        assert write(conn, "STOP", sender=sender) == Understood("nothing")
        assert conn.execute(select(schema.suppressions)).first() is None


def test_nothing_personal_is_in_the_events_ids(store: Engine) -> None:
    with writing(store) as conn:
        lan(conn)
        write(conn, "STOP", id="SM1")
        names = conn.execute(select(schema.inbox.c.event_id, schema.inbox.c.source)).all()
    inbound = [name for name, source in names if source == "aftercare"]
    assert inbound
    assert not any("912345678" in name or LAN in name for name in inbound)
