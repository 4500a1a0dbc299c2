"""A do-not-call list closes numbers for advertising only, and is the same however often it is taken in."""

from sqlalchemy import Engine

from care.store import consents
from care.store.do_not_call import DoNotCall, Listed, take_in
from care.store.engine import reading, writing
from tests.integration.store.telling import PHONE, facts_of, lan, minutes, tell

OTHERS = tuple(f"+8491{number:07d}" for number in range(12_000))


def _take(store: Engine, *numbers: str, replaces: bool = False, source: str = "national", at: float = 0) -> Listed:
    return take_in(store, DoNotCall("sms", numbers, source, replaces), minutes(at), lambda _: None)


def test_a_listed_number_gets_no_advertising_and_all_else(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
    assert _take(store, PHONE, *OTHERS) == Listed(closed=12_001)
    with reading(store) as conn:
        assert facts_of(conn, customer).suppressed == {("sms", "marketing"): "on the do-not-call list (national)"}


def test_taking_it_in_again_changes_nothing(store: Engine) -> None:
    _take(store, PHONE, *OTHERS)
    assert _take(store, PHONE, *OTHERS, at=5) == Listed(known=12_001)


def test_replacing_a_list_opens_what_left_it_and_nothing_of_another_source(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
    _take(store, PHONE, "+84911111111")
    _take(store, "+84922222222", source="our own")
    assert _take(store, "+84911111111", replaces=True, at=5) == Listed(known=1, lifted=1)
    with reading(store) as conn:
        assert facts_of(conn, customer).suppressed == {}
    assert _take(store, PHONE, "+84911111111", replaces=True, at=9) == Listed(closed=1, known=1)
    assert _take(store, "+84922222222", source="our own") == Listed(known=1)


def test_no_consent_opens_a_listed_number(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
    _take(store, PHONE)
    with writing(store) as conn:
        tell(conn, "consent.given", 5, data={"channel": "sms", "purpose": "marketing", "method": "form"})
        assert ("sms", "marketing") in facts_of(conn, customer).suppressed
        (closed,) = consents.closed(conn, [facts_of(conn, customer).addresses["sms"]])
    assert (closed.cause, closed.lasting) == ("do_not_call", True)
