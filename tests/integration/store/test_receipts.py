from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from care.domain.happenings import Outcome
from care.domain.orders import reference
from care.store import claims, receipts, schema
from care.store.addresses import address_key
from care.store.claims import Claim
from care.store.engine import writing
from care.store.receipts import Heard, Kind, News
from tests.integration.store.telling import EMAIL, NOON, a_message, lan, minutes

KEY = address_key("email", EMAIL)
WHO = "c_1"


def _left(
    conn: Connection, outcome: Outcome | None = "sent", *, step: str = "hello", at: float = 0, customer: str = WHO
) -> str:
    """Hand a message over to a provider; its key."""
    order = a_message(customer, step, at=at)
    claims.claim(conn, order, KEY, minutes(at))
    claims.transmit(conn, order.key, {"to": EMAIL}, minutes(at))
    if outcome is not None:
        claims.settle(conn, order.key, outcome, at=minutes(at), provider_id=f"P-{step}")
    return order.key


def _hear(conn: Connection, kind: Kind, key: str, at: float = 5, **more: Any) -> Heard:
    told: dict[str, Any] = {"id": f"{kind} {key}", "provider": "smtp", "channel": "email", "at": minutes(at), **more}
    if "provider_id" not in told:
        told["reference"] = reference(key)
    return receipts.record(conn, News(kind=kind, **told), minutes(at + 1))


def _events(conn: Connection) -> list[tuple[str, dict[str, Any]]]:
    table = schema.inbox
    rows = conn.execute(select(table).where(table.c.type.like("message.%")).order_by(table.c.seq))
    return [(row.type, dict(row.body["data"])) for row in rows]


def _stands(conn: Connection, key: str) -> Claim:
    found = claims.message(conn, key)
    assert found is not None
    return found.claim


def _closed(conn: Connection) -> set[tuple[str, str, str]]:
    table = schema.suppressions
    rows = conn.execute(select(table).where(table.c.address_key == KEY))
    return {(row.channel, row.purpose, row.cause) for row in rows}


def test_a_delivery_is_kept_with_its_time_and_changes_nothing_else(store: Engine) -> None:
    with writing(store) as conn:
        key = _left(conn)
        heard = _hear(conn, "delivered", key, 5)
        claim = _stands(conn, key)
        (kept,) = receipts.of(conn, key)
    assert (heard.is_new, heard.settled, heard.closed, heard.claim) == (True, "", "", claim)
    assert (claim.phase, claim.delivered_at) == ("sent", minutes(5))
    assert (kept.kind, kept.message, kept.at, kept.heard_at) == ("delivered", key, minutes(5), minutes(6))


def test_the_same_news_counts_once(store: Engine) -> None:
    with writing(store) as conn:
        key = _left(conn, "unknown")
        assert _hear(conn, "bounced", key).is_new
        again = _hear(conn, "bounced", key)
        assert (again.is_new, again.settled, again.closed) == (False, "", "")
        assert len(receipts.of(conn, key)) == 1


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        ("unknown", "delivered", "sent"),
        (None, "delivered", "sent"),
        ("retry", "delivered", "sent"),
        ("unknown", "complained", "sent"),
        ("unknown", "failed", "failed"),
        ("unknown", "soft", "failed"),
        ("unknown", "bounced", "failed"),
        ("unknown", "delayed", "unknown"),
        ("sent", "failed", "sent"),
        ("sent", "bounced", "sent"),
        (None, "failed", "transmitting"),
        ("failed", "delivered", "failed"),
    ],
)
def test_what_was_said_settles_what_nobody_knew(store: Engine, before: Outcome | None, kind: Kind, after: str) -> None:
    with writing(store) as conn:
        key = _left(conn, before)
        stood = _stands(conn, key).phase
        heard = _hear(conn, kind, key)
        assert _stands(conn, key).phase == after
        assert heard.settled == ("" if stood == after else after)


def test_nothing_that_left_may_leave_again_whatever_is_said(store: Engine) -> None:
    kinds: tuple[Kind, ...] = ("delivered", "delayed", "failed", "soft", "bounced", "complained", "stopped")
    with writing(store) as conn:
        for kind in kinds:
            key = _left(conn, "sent", step=kind)
            _hear(conn, kind, key)
            claims.claim(conn, a_message(WHO, kind), KEY, minutes(9))
            assert not claims.transmit(conn, key, {}, minutes(9)), kind


def test_what_another_provider_says_does_not_fail_a_message_it_did_not_take(store: Engine) -> None:
    with writing(store) as conn:
        key = _left(conn, "unknown")
        conn.execute(schema.claims.update().values(provider="twilio"))
        _hear(conn, "failed", key, provider="vonage")
        assert _stands(conn, key).phase == "unknown"
        _hear(conn, "failed", key, provider="twilio", code="unreachable", reason="the phone is off")
        assert (_stands(conn, key).phase, _stands(conn, key).code) == ("failed", "unreachable")


def test_a_provider_may_only_know_its_own_id(store: Engine) -> None:
    with writing(store) as conn:
        key = _left(conn, "unknown")
        assert _hear(conn, "delivered", "x", provider_id="P-hello").settled == "sent"
        assert _hear(conn, "delivered", "y", provider_id="P-other").claim is None
        assert [each.message for each in receipts.listing(conn)] == ["", key]


def test_a_dead_address_is_closed_for_everything_on_its_channel(store: Engine) -> None:
    with writing(store) as conn:
        heard = _hear(conn, "bounced", _left(conn))
        assert heard.closed == "bounced"
        assert _closed(conn) == {("email", purpose, "bounced") for purpose in ("marketing", "care", "transactional")}


def test_who_complains_still_gets_what_belongs_to_the_order(store: Engine) -> None:
    with writing(store) as conn:
        assert _hear(conn, "complained", _left(conn)).closed == "complained"
        assert _closed(conn) == {("email", "marketing", "complained"), ("email", "care", "complained")}


def test_a_stop_at_the_provider_closes_an_address_without_a_message(store: Engine) -> None:
    with writing(store) as conn:
        heard = _hear(conn, "stopped", "x", provider_id="SM1", address_key=KEY, channel="sms")
        assert (heard.claim, heard.closed) == (None, "withdrawn")
        assert {channel for channel, _, _ in _closed(conn)} == {"sms"}


def test_one_bad_day_closes_nothing(store: Engine) -> None:
    with writing(store) as conn:
        for number in range(5):
            assert _hear(conn, "soft", _left(conn, step=f"s{number}", at=number), number).closed == ""
        assert _closed(conn) == set()


DAY = 24 * 60.0


def test_three_messages_that_came_back_over_a_week_close_the_address(store: Engine) -> None:
    with writing(store) as conn:
        said = [_hear(conn, "soft", _left(conn, step=f"s{day}", at=day * DAY), day * DAY) for day in (0, 4, 7)]
        assert [heard.closed for heard in said] == ["", "", "bounced"]


def test_many_words_about_one_message_are_one_bounce(store: Engine) -> None:
    with writing(store) as conn:
        key = _left(conn)
        said = [_hear(conn, "soft", key, day * DAY, id=f"dsn-{day}") for day in (0, 4, 7)]
        assert [heard.closed for heard in said] == ["", "", ""]


def test_a_delivery_in_between_starts_the_count_anew(store: Engine) -> None:
    with writing(store) as conn:
        for day in (0, 4):
            _hear(conn, "soft", _left(conn, step=f"s{day}", at=day * DAY), day * DAY)
        _hear(conn, "delivered", _left(conn, step="fine", at=5 * DAY), 5 * DAY)
        assert _hear(conn, "soft", _left(conn, step="s7", at=7 * DAY), 7 * DAY).closed == ""


def test_an_email_that_never_came_back_has_arrived(store: Engine) -> None:
    with writing(store) as conn:
        for day in (0, 4):
            _hear(conn, "soft", _left(conn, step=f"s{day}", at=day * DAY), day * DAY)
        _left(conn, step="fine", at=5 * DAY)
        assert _hear(conn, "soft", _left(conn, step="s11", at=11 * DAY), 11 * DAY).closed == ""


def test_an_email_that_may_still_come_back_has_not_arrived_yet(store: Engine) -> None:
    with writing(store) as conn:
        for day in (0, 4):
            _hear(conn, "soft", _left(conn, step=f"s{day}", at=day * DAY), day * DAY)
        _left(conn, step="fine", at=5 * DAY)
        assert _hear(conn, "soft", _left(conn, step="s8", at=8 * DAY), 8 * DAY).closed == "bounced"


def test_a_provider_whose_clock_runs_ahead_is_heard_now(store: Engine) -> None:
    with writing(store) as conn:
        key = _left(conn)
        news = News("r", "delivered", "smtp", "email", reference=reference(key), at=NOON + timedelta(days=400))
        assert receipts.record(conn, news, minutes(3)).at == minutes(3)
        assert _stands(conn, key).delivered_at == minutes(3)


def test_the_receipts_give_a_verdict_on_a_message_nobody_settled(store: Engine) -> None:
    verdicts: dict[Kind, str] = {"delivered": "sent", "bounced": "failed", "soft": "failed", "delayed": ""}
    with writing(store) as conn:
        for kind, verdict in verdicts.items():
            key = _left(conn, None, step=kind)
            assert receipts.verdict(conn, key) == ""
            _hear(conn, kind, key)
            assert receipts.verdict(conn, key) == verdict


def test_journeys_hear_of_a_bounce_and_of_a_complaint_about_their_customers_address(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn)
        heard = [
            _hear(conn, "bounced", _left(conn, step="one", customer=who), reason="no such address"),
            _hear(conn, "complained", _left(conn, step="two", customer=who)),
            _hear(conn, "soft", _left(conn, step="three", customer=who)),
        ]
        assert _events(conn) == [
            ("message.bounced", {"channel": "email", "permanent": True, "reason": "no such address"}),
            ("message.complained", {"channel": "email"}),
        ]
        assert [each.event is not None and each.event.customer for each in heard] == [who, who, False]


def test_what_comes_back_from_another_address_is_none_of_a_journeys_business(store: Engine) -> None:
    with writing(store) as conn:
        who = lan(conn, email="new@example.vn")
        assert _hear(conn, "bounced", _left(conn, customer=who)).closed == "bounced"
        assert _events(conn) == []


def test_what_a_customers_messages_came_to_is_listed(store: Engine) -> None:
    with writing(store) as conn:
        key = _left(conn)
        _hear(conn, "delayed", key, 1)
        _hear(conn, "delivered", key, 2)
        _hear(conn, "delivered", _left(conn, step="other", customer="c_2"), 3)
        assert [each.kind for each in receipts.about(conn, WHO)] == ["delayed", "delivered"]


def test_the_first_reference_that_is_ours_is_found(store: Engine) -> None:
    with writing(store) as conn:
        ours = reference(_left(conn))
        assert receipts.first_known(conn, ["0" * 32, ours]) == ours
        assert receipts.first_known(conn, ["0" * 32]) == receipts.first_known(conn, []) == ""
