import pytest
from sqlalchemy import Connection, Engine

from care.store import consents, effects
from care.store.engine import writing
from tests.integration.store.telling import EMAIL, NOON, PHONE, facts_of, lan, minutes, tell

MARKETING = {"channel": "email", "purpose": "marketing"}
CARE = {"channel": "email", "purpose": "care"}


def _closed(conn: Connection, customer: str) -> dict[tuple[str, str], str]:
    return dict(facts_of(conn, customer).suppressed)


def test_a_consent_is_known_with_its_wording(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "consent.given", data=MARKETING | {"wording": "Tôi đồng ý"})
        assert facts_of(conn, customer).consents == {("email", "marketing"): True}
        (said,) = consents.listing(conn, customer)
    assert (said.wording, said.source, said.at, said.given) == ("Tôi đồng ý", "shop", NOON, True)


def test_a_withdrawal_closes_the_address_for_its_purpose_only(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "consent.withdrawn", data=MARKETING)
        assert facts_of(conn, customer).consents == {("email", "marketing"): False}
        assert _closed(conn, customer) == {("email", "marketing"): "consent withdrawn"}


def test_who_wants_no_care_wants_no_marketing_either(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "consent.given", data=MARKETING)
        tell(conn, "consent.withdrawn", 1, data=CARE)
        assert set(_closed(conn, customer)) == {("email", "care"), ("email", "marketing")}
        assert facts_of(conn, customer).consents[("email", "marketing")] is False


def test_a_new_consent_opens_the_address_again_for_its_purpose(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "consent.withdrawn", 0, data=CARE)
        tell(conn, "consent.given", 1, data=MARKETING)
        assert set(_closed(conn, customer)) == {("email", "care")}
        tell(conn, "consent.given", 2, data=CARE)
        assert _closed(conn, customer) == {}
        tell(conn, "consent.withdrawn", 3, data=MARKETING)
        assert set(_closed(conn, customer)) == {("email", "marketing")}


def test_what_was_said_last_holds_even_when_it_arrives_first(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "consent.withdrawn", 5, data=MARKETING)
        tell(conn, "consent.given", 1, data=MARKETING)
        assert set(_closed(conn, customer)) == {("email", "marketing")}
        assert facts_of(conn, customer).consents == {("email", "marketing"): False}
        tell(conn, "consent.given", 9, data=CARE)
        tell(conn, "consent.withdrawn", 7, data=CARE)
        assert ("email", "care") not in _closed(conn, customer)


def test_a_withdrawal_holds_for_everyone_who_shares_the_address_and_a_refusal_follows_the_customer(
    store: Engine,
) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        husband = tell(conn, "customer.updated", customer={"id": "husband", "email": EMAIL.upper()}).customer
        tell(conn, "consent.withdrawn", data=CARE)
        assert ("email", "care") in _closed(conn, husband)
        tell(conn, "customer.updated", 5, customer={"email": "new@example.vn"})
        assert _closed(conn, customer) == {("email", "care"): "consent withdrawn"}
        assert facts_of(conn, customer).consents == {("email", "care"): False, ("email", "marketing"): False}


def test_a_refusal_stands_before_any_address_is_known(store: Engine) -> None:
    with writing(store) as conn:
        customer = tell(conn, "consent.withdrawn", data=CARE).customer
        lan(conn)
        assert ("email", "care") in _closed(conn, customer)


def test_a_permanent_bounce_closes_the_address_for_everything_and_no_consent_opens_it(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "message.bounced", data={"channel": "email", "permanent": True, "reason": "no such user"})
        tell(conn, "consent.given", 5, data=CARE)
        assert _closed(conn, customer) == {
            ("email", purpose): "address bounced" for purpose in ("marketing", "care", "transactional")
        }
        tell(conn, "customer.updated", 6, customer={"email": "new@example.vn"})
        assert _closed(conn, customer) == {}


def test_a_bounce_of_a_former_address_leaves_the_present_one_open(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "message.bounced", data={"channel": "email", "permanent": True, "address": "old@example.vn"})
        assert _closed(conn, customer) == {}
        tell(conn, "message.bounced", data={"channel": "sms", "permanent": True, "address": "+84 912 345 678"})
        assert ("sms", "transactional") in _closed(conn, customer)


def test_a_bounce_that_may_pass_closes_nothing(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "message.bounced", data={"channel": "email", "permanent": False})
        assert _closed(conn, customer) == {}


def test_a_complaint_closes_everything_but_transactional_messages_until_a_new_consent(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "message.complained", data={"channel": "sms"})
        assert set(_closed(conn, customer)) == {("sms", "care"), ("sms", "marketing")}
        tell(conn, "consent.given", 5, data={"channel": "sms", "purpose": "care"})
        assert set(_closed(conn, customer)) == {("sms", "marketing")}


@pytest.mark.parametrize("kind", ["consent.given", "consent.withdrawn", "message.complained", "message.bounced"])
def test_saying_it_twice_is_saying_it_once(store: Engine, kind: str) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        row = tell(conn, kind, data=CARE | {"permanent": True})
        before = _closed(conn, customer), consents.listing(conn, customer)
        effects.apply(conn, row, minutes(50))
        assert (_closed(conn, customer), consents.listing(conn, customer)) == before


def test_an_address_has_one_key_however_it_is_written(store: Engine) -> None:
    with writing(store) as conn:
        ours = facts_of(conn, lan(conn)).addresses
        spelt = {"id": "other", "email": "LAN@example.vn", "phone": PHONE}
        theirs = facts_of(conn, tell(conn, "customer.updated", customer=spelt).customer).addresses
    assert ours == theirs
    assert {len(key) for key in ours.values()} == {32}
    assert ours["email"] != ours["sms"]
