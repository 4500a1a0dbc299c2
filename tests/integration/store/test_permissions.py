"""What a customer may be sent, in one look: what holds, why, how it is proven, and what would be needed."""

from dataclasses import replace

from sqlalchemy import Connection, Engine

from care.domain.rulebook import Rulebook
from care.rulebook.policies import shipped
from care.store.consent_import import TakenOver, take_over
from care.store.do_not_call import DoNotCall, take_in
from care.store.engine import writing
from care.store.permissions import Permission, permissions
from tests.builders import CATALOGUE
from tests.integration.store.telling import PHONE, an_event, facts_of, lan, minutes, tell

FORM = {"channel": "email", "purpose": "marketing", "method": "form", "wording": "Tôi đồng ý"}
COMPANY = replace(CATALOGUE.company, timezone="Asia/Ho_Chi_Minh", double_opt_in=("sms",))
RULEBOOK = Rulebook(replace(CATALOGUE, company=COMPANY), (), {}, {}, 1, policies=shipped())


def _seen(conn: Connection, customer: str, channel: str = "email", purpose: str = "marketing") -> Permission:
    found = permissions(conn, customer, RULEBOOK, minutes(60)).by_channel
    return next(each for each in found if (each.channel, each.purpose) == (channel, purpose))


def test_without_a_word_care_may_be_sent_and_advertising_needs_consent(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        care, marketing = _seen(conn, customer, purpose="care"), _seen(conn, customer)
    assert (care.allowed, care.holds, care.needed) == (True, "nothing said", "")
    assert (marketing.allowed, marketing.proof, marketing.needed) == (False, None, "the customer agrees")


def test_consent_is_shown_with_its_proof_and_what_the_law_misses_in_it(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "consent.given", data=FORM)
        seen = _seen(conn, customer)
        assert (seen.allowed, seen.holds, seen.since, seen.needed) == (True, "given", minutes(0), "")
        assert seen.proof is not None
        assert seen.proof.method == "form"
        asked = "wording, method, place, frequency"
        assert seen.notes == (f"Vietnam: the proof lacks place, frequency; it must hold {asked}",)
        whole = FORM | {"place": "https://shop.example/signup", "frequency": "3 tin trong 24 giờ"}
        tell(conn, "consent.given", 5, data=whole)
        assert _seen(conn, customer).notes == ()


def test_what_stands_against_it_says_what_would_open_it(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "consent.given", data=FORM | {"channel": "sms"})
        unconfirmed = _seen(conn, customer, "sms")
        tell(conn, "consent.withdrawn", 5, data=FORM)
        withdrawn = _seen(conn, customer)
        tell(conn, "message.bounced", 6, data={"channel": "email", "permanent": True})
        bounced = _seen(conn, customer)
    take_in(store, DoNotCall("sms", (PHONE,), "national"), minutes(7), lambda _: None)
    with writing(store) as conn:
        listed = _seen(conn, customer, "sms")
    assert (unconfirmed.holds, unconfirmed.needed) == ("unconfirmed", "the customer confirms it (double opt-in)")
    assert (withdrawn.holds, withdrawn.needed) == ("withdrawn", "the customer agrees again")
    assert bounced.needed == "another address: messages to this one come back"
    assert [each.cause for each in listed.closed] == ["do_not_call"]
    assert "off the do-not-call list" in listed.needed


def test_muted_topics_are_named(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "topic.muted", data={"topic": "offers"})
        tell(conn, "topic.muted", 1, data={"topic": "tips"})
        tell(conn, "topic.wanted", 2, data={"topic": "tips"})
        assert permissions(conn, customer, RULEBOOK, minutes(60)).muted == ("offers",)
        assert facts_of(conn, customer).muted == {"offers"}


def test_statements_taken_over_count_once_and_wait_for_no_decision(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
    events = [
        an_event("consent.given", -500, data=FORM),
        an_event("consent.withdrawn", -400, data={"channel": "sms", "purpose": "care"}),
    ]
    assert take_over(store, events, minutes(0), (), lambda _: None) == TakenOver(new=2)
    assert take_over(store, events, minutes(9), (), lambda _: None) == TakenOver(known=2)
    with writing(store) as conn:
        seen = _seen(conn, customer)
        assert (seen.allowed, seen.since) == (True, minutes(-500))
        assert not _seen(conn, customer, "sms", "care").allowed
