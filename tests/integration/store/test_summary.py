from sqlalchemy import Engine

from activities.contract import Decided, DecideRequest
from care.domain.audit import Entry
from care.domain.decisions import Decision, Left
from care.domain.enrolment import CustomerState
from care.store import audit, claims, enrolments, offers, tickets
from care.store.engine import reading, writing
from care.store.summary import summary
from tests.integration.store.telling import NOON, a_message, a_ticket, enrol, lan, minutes, tell


def test_an_empty_store_has_nothing_to_show(store: Engine) -> None:
    with reading(store) as conn:
        nothing = summary(conn)
    assert (nothing.customers, nothing.enrolled, nothing.sent, nothing.skipped) == (0, 0, {}, {})
    assert (nothing.csat.value, nothing.nps.value, nothing.ces.value) == (None, None, None)
    assert nothing.tickets_overdue == 0


def test_everything_is_counted_once(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        for number in range(3):
            enrol(conn, who, f"e_{number}", journey=f"j{number}")
        enrolments.leave(conn, [Left("e_0", NOON, "completed"), Left("e_2", NOON, "order.placed", True)])
        for step, outcome in {"a": "sent", "b": "sent", "c": "failed", "d": "unknown", "e": "skipped"}.items():
            order = a_message(who, step, survey="csat" if step == "a" else "", offer="gift" if step in "bc" else "")
            claims.claim(conn, order, "address", NOON)
            claims.transmit(conn, order.key, {}, NOON)
            claims.settle(conn, order.key, outcome, at=NOON)  # type: ignore[arg-type]
        reminder = a_message(who, "a+remind", "sms", survey="csat")
        claims.claim(conn, reminder, "number", NOON)
        claims.transmit(conn, reminder.key, {}, NOON)
        claims.settle(conn, reminder.key, "sent", at=NOON)
        code = offers.make(conn, a_message(who, "b", offer="gift"), "GIFT-{unique}")
        tell(conn, "offer.redeemed", 1, data={"code": code})
        tell(conn, "csat.answered", 2, data={"score": 2, "survey": "e_1/a/1"})
        tell(conn, "csat.answered", 3, data={"score": 5, "survey": "e_1/a/1"})
        tell(conn, "nps.answered", 4, data={"score": 3})
        for step in ("x", "y"):
            tickets.open_ticket(conn, a_ticket(who, step, due_at=minutes(30)), "", NOON)
        tell(conn, "ticket.closed", 5, data={"ticket": tickets.listing(conn)[0].id})
        codes = ("no_consent", "no_consent", "capped")
        skips = [Entry("skipped", NOON, "x", code=code, verb="send") for code in codes]
        skips.append(Entry("skipped", NOON, "a wait is no message", code="only_if", verb="wait"))
        decision = Decision(
            minutes(40), CustomerState(who), (), (), None, (*skips, Entry("not_entered", NOON, "x", code="re_entry"))
        )
        told = Decided(decision.state, (), (), None)
        audit.save(conn, DecideRequest("d", who, None, (), NOON), decision, told)
        shop = summary(conn)
        early = summary(conn, minutes(20))
    assert (shop.customers, shop.events) == (1, 6)
    assert (shop.enrolled, shop.running, shop.converted) == (3, 1, 1)
    assert shop.ended == {"completed": 1, "order.placed": 1}
    assert shop.sent == {"email": 2, "sms": 1}
    assert (shop.failed, shop.unknown) == (1, 1)
    assert shop.skipped == {"no_consent": 2, "capped": 1}
    assert shop.not_entered == {"re_entry": 1}
    assert (shop.csat.count, shop.csat.total, shop.csat.value) == (1, 1, 100)
    assert (shop.nps.detractors, shop.nps.value) == (1, -100)
    assert (shop.answered.count, shop.answered.total) == (1, 1)
    assert (shop.offers_made, shop.offers_redeemed) == (1, 1)
    assert (shop.tickets_open, shop.tickets_closed, shop.tickets_overdue) == (1, 1, 1)
    assert early.tickets_overdue == 0
