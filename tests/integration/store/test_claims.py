from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from care.domain.happenings import Outcome
from care.store import claims
from care.store.claims import Phase
from care.store.engine import reading, writing
from tests.integration.store.telling import NOON, a_message, enrol, minutes

WHO = "c_1"
SNAPSHOT = {
    "to": "lan@example.vn",
    "subject": "Cảm ơn chị",
    "text": "Chào",
    "html": "<p>Chào</p>",
    "headers": {"X": "1"},
}


def test_a_message_is_claimed_once_and_seen_as_it_stands_after_that(store: Engine) -> None:
    order = a_message(WHO, survey="csat")
    with writing(store) as conn:
        enrol(conn, WHO)
        first = claims.claim(conn, order, "address", NOON)
        again = claims.claim(conn, order, "another", minutes(5))
    assert (first.phase, first.attempts, first.at, first.step_key) == ("claimed", 1, NOON, "e_1/hello/1")
    assert (first.order_id, first.survey, first.address_key) == ("DH-1", "csat", "address")
    assert again == first


def test_of_many_who_would_send_at_once_one_may(store: Engine) -> None:
    order = a_message(WHO)

    def try_to_send(_: int) -> bool:
        with writing(store) as conn:
            claims.claim(conn, order, "address", NOON)
        with writing(store) as conn:
            return claims.transmit(conn, order.key, SNAPSHOT, NOON)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(try_to_send, range(16))) == [False] * 15 + [True]


def test_the_message_is_kept_as_it_was_sent(store: Engine) -> None:
    order = a_message(WHO)
    with writing(store) as conn:
        claims.claim(conn, order, "address", NOON)
        claims.transmit(conn, order.key, SNAPSHOT, minutes(1))
        assert claims.settle(conn, order.key, "sent", at=minutes(2), provider_id="<1@shop>")
    with reading(store) as conn:
        kept = claims.message(conn, order.key)
        assert claims.message(conn, "unknown") is None
        assert claims.listing(conn, WHO) == [kept and kept.claim]
    assert kept is not None
    assert kept.snapshot == SNAPSHOT
    assert (kept.claim.phase, kept.claim.outcome, kept.claim.provider_id) == ("sent", "sent", "<1@shop>")
    assert (kept.claim.transmitting_at, kept.claim.settled_at) == (minutes(1), minutes(2))


@pytest.mark.parametrize("outcome", ["skipped", "deferred", "retry"])
def test_what_did_not_leave_may_be_claimed_again(store: Engine, outcome: Outcome) -> None:
    order = a_message(WHO)
    with writing(store) as conn:
        claims.claim(conn, order, "address", NOON)
        claims.settle(conn, order.key, outcome, at=NOON, reason="quiet hours", code="quiet_hours")
        waiting = claims.message(conn, order.key)
        assert waiting is not None
        assert (waiting.claim.phase, waiting.claim.reason) == ("released", "quiet hours")
        again = claims.claim(conn, order, "moved", minutes(5))
        assert claims.transmit(conn, order.key, SNAPSHOT, minutes(5))
    assert (again.phase, again.attempts, again.at, again.address_key) == ("claimed", 2, minutes(5), "moved")


@pytest.mark.parametrize("outcome", ["sent", "failed", "unknown"])
def test_what_may_have_left_or_never_will_is_not_claimed_again(store: Engine, outcome: Outcome) -> None:
    order = a_message(WHO)
    with writing(store) as conn:
        claims.claim(conn, order, "address", NOON)
        claims.transmit(conn, order.key, SNAPSHOT, NOON)
        claims.settle(conn, order.key, outcome, at=NOON)
        assert claims.claim(conn, order, "address", minutes(5)).phase == outcome
        assert not claims.transmit(conn, order.key, SNAPSHOT, minutes(5))


@pytest.mark.parametrize(
    ("first", "second", "phase"),
    [
        ("sent", "failed", "sent"),
        ("failed", "sent", "failed"),
        ("unknown", "sent", "sent"),
        ("unknown", "failed", "failed"),
        ("unknown", "retry", "unknown"),
        ("unknown", "skipped", "unknown"),
    ],
)
def test_a_message_settles_once_and_only_the_unknown_can_turn_out(
    store: Engine, first: Outcome, second: Outcome, phase: Phase
) -> None:
    order = a_message(WHO)
    with writing(store) as conn:
        claims.claim(conn, order, "address", NOON)
        claims.transmit(conn, order.key, SNAPSHOT, NOON)
        assert claims.settle(conn, order.key, first, at=NOON)
        claims.settle(conn, order.key, second, at=NOON)
        kept = claims.message(conn, order.key)
    assert kept is not None
    assert kept.claim.phase == phase


def test_a_step_that_reached_the_customer_over_one_channel_is_done_for_the_others(store: Engine) -> None:
    email, sms = a_message(WHO), a_message(WHO, channel="sms")
    with writing(store) as conn:
        claims.claim(conn, email, "address", NOON)
        claims.claim(conn, sms, "number", NOON)
        assert not claims.sibling_done(conn, sms.step_key, sms.key)
        claims.transmit(conn, email.key, SNAPSHOT, NOON)
        assert claims.sibling_done(conn, sms.step_key, sms.key)
        assert not claims.sibling_done(conn, email.step_key, email.key)
        claims.settle(conn, email.key, "failed", at=NOON)
        assert not claims.sibling_done(conn, sms.step_key, sms.key)
