"""What of a customer's statements holds: the last word, save that a weaker yes never replaces what was said before."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.domain.consents import METHODS, Consent, Statement, agreed, muted, standing

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
EMAIL = ("email", "marketing")


def said(minute: int, method: str = "", *, given: bool = True, purpose: str = "marketing") -> Consent:
    channel = "" if purpose.startswith("topic:") else "email"
    return Consent(channel, purpose, given, "", "shop", NOON + timedelta(minutes=minute), method=method)


def held(*statements: Consent, double_opt_in: tuple[str, ...] = ()) -> Statement | None:
    return standing(statements, double_opt_in).get(EMAIL)


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("", "express"),
        ("spoken", "express"),
        ("import", "express"),
        ("form", "written"),
        ("double opt-in", "written"),
        ("soft opt-in", "soft"),
    ],
)
def test_how_it_was_said_tells_what_it_is_worth(method: str, kind: str) -> None:
    statement = held(said(0, method))
    assert statement is not None
    assert (statement.given, statement.kind, statement.at) == (True, kind, NOON)
    assert statement.express == (kind != "soft")


def test_with_double_opt_in_a_form_is_a_promise_and_its_confirmation_is_consent() -> None:
    assert held(said(0, "form"), double_opt_in=("email",)) == Statement(True, "unconfirmed", NOON)
    confirmed = held(said(0, "form"), said(5, "double opt-in"), double_opt_in=("email",))
    assert confirmed == Statement(True, "written", NOON + timedelta(minutes=5))
    assert held(said(0, "reply"), double_opt_in=("email",)) == Statement(True, "written", NOON)
    assert held(said(0, "form"), double_opt_in=("sms",)) == Statement(True, "written", NOON)


def test_an_unconfirmed_yes_does_not_undo_a_confirmed_one_nor_open_what_was_withdrawn() -> None:
    both = ("email",)
    assert held(said(0, "double opt-in"), said(5, "form"), double_opt_in=both) == Statement(True, "written", NOON)
    after = held(said(0, given=False), said(5, "form"), double_opt_in=both)
    assert after is not None
    assert (after.express, after.kind) == (False, "unconfirmed")


def test_collecting_an_address_in_a_sale_never_replaces_what_the_customer_said() -> None:
    assert held(said(0, given=False), said(5, "soft opt-in")) == Statement(False, "express", NOON)
    assert held(said(0, "form"), said(5, "soft opt-in")) == Statement(True, "written", NOON)
    assert held(said(0, "soft opt-in"), said(5, "soft opt-in")) == Statement(True, "soft", NOON + timedelta(minutes=5))


def test_topics_are_chosen_apart_from_channels() -> None:
    choices = [said(0, purpose="topic:offers", given=False), said(1, purpose="topic:tips", given=False)]
    assert standing(choices) == {}
    assert muted(choices) == {"offers", "tips"}
    assert muted([*choices, said(2, purpose="topic:offers")]) == {"tips"}


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(("", *METHODS))), max_size=8),
    st.sampled_from([(), ("email",), ("sms",)]),
)
def test_a_withdrawal_holds_until_an_express_and_confirmed_yes(
    words: list[tuple[bool, str]], double_opt_in: tuple[str, ...]
) -> None:
    statements = [said(minute, method, given=yes) for minute, (yes, method) in enumerate(words)]
    ends = agreed(standing([*statements, said(99, given=False)], double_opt_in))
    assert ends == {EMAIL: False}
    later = standing([*statements, said(99, given=False), said(100, "soft opt-in")], double_opt_in)
    assert not later[EMAIL].given
