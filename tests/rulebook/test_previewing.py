"""A journey tried on one made-up customer."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from care.rulebook.workspace import load
from care.trying.previewing import preview
from care.trying.previews import Preview, Previewed, PreviewError, named_values
from tests.rulebook.folders import a_folder, a_journey

SUNDAY = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SHIPPED = load(Path(__file__).parents[2] / "rules").rulebook
Try = Callable[..., Previewed]

EXPERIMENT = """\
  - split: greeting
    between: {short: 50%, long: 50%}
    holdout: 10%
  - webhook: crm
    with: {spent: "{{ customer.spent }}"}
    save: {journey.mood: customer.mood, journey.calls: customer.calls}
    up_to: 1 hour
  - branch:
      - when: {journey.mood: happy, journey.calls: at least 2}
        then: continue
      - otherwise: exit
  - send: how_is_it_going
    by: sms
paths:
  short:
    - send: thank_you
      by: sms
  long:
    - send: thank_you
      id: long_thanks
      by: email
"""


def tried(journey: str = "washing_machine_care", **asked: Any) -> Previewed:
    assert SHIPPED is not None
    return preview(SHIPPED, Preview(journey, **asked), SUNDAY)


@pytest.fixture
def experiment(tmp_path: Path) -> Try:
    """Tries a journey with a split and a webhook."""
    rulebook = load(a_folder(tmp_path, example=a_journey(EXPERIMENT))).rulebook
    assert rulebook is not None
    return lambda **asked: preview(rulebook, Preview("example", **asked), SUNDAY)


def sent(played: Previewed) -> list[str]:
    return [f"{each.order.template} {each.order.channel}" for each in played.sendings]


def told(played: Previewed) -> list[str]:
    return [f"{entry.at.astimezone(played.zone):%a %d %b %H:%M} {entry.what}" for entry in played.entries]


def assumed(played: Previewed) -> dict[str, str]:
    return {each.name: each.value for each in played.assumed}


def test_a_vip_in_tokyo_who_buys_late_and_is_unhappy() -> None:
    played = tried(types=("vip",), timezone="Asia/Tokyo", score="2", buys="Fri 22:40")
    assert played.types["customer.type"] == "vip"
    story = told(played)
    assert story[0] == "Fri 27 Nov 22:40 washing_machine_care → entered"
    assert "Sat 28 Nov 08:00 send:thank_you → sent by email" in story
    assert "Sat 05 Dec 10:00 csat → 2" in story
    assert "Sun 06 Dec 10:00 ticket:care_team → closed" in story
    assert story[-1].endswith("exit → completed")
    assert assumed(played)["customer.spent"] == "50,000,000"


@pytest.mark.parametrize("kind", ["new", "regular", "vip", "at_risk"])
@pytest.mark.parametrize("motive", ["loyal", "discount", "impulse", "need_based"])
def test_every_customer_type_with_every_motive_can_be_tried(kind: str, motive: str) -> None:
    played = tried(types=(kind,), given={"customer.motive": motive})
    assert dict(played.types) == {"customer.type": kind, "customer.motive": motive}
    assert played.entered


@pytest.mark.parametrize("journey", ["washing_machine_care", "first_purchase", "after_service_visit"])
def test_without_a_word_somebody_is_let_in_who_answers_nothing(journey: str) -> None:
    played = tried(journey)
    assert played.entered
    assert not any(entry.kind == "answered" for entry in played.entries)
    assert f"{SUNDAY.astimezone(played.zone):%Y-%m-%d} 10:00" in f"{played.starts.astimezone(played.zone)}"


def test_what_rules_the_customer_out_is_told_by_the_timeline() -> None:
    played = tried("first_purchase", types=("vip",), given={"customer.orders": "4"})
    assert not played.entered
    assert [entry.kind for entry in played.entries] == ["not_entered"]
    assert played.types["customer.type"] == "vip"


def test_a_type_no_facts_can_give_is_set_directly_and_that_is_said() -> None:
    played = tried(types=("vip",), given={"csat.last": "1"})
    assert played.types["customer.type"] == "vip"
    assert "set directly" in next(each.why for each in played.assumed if each.name == "customer.type")


def test_each_survey_is_answered_with_its_own_score() -> None:
    played = tried("first_purchase", score="5", scores={"nps": "3"}, answers="3 hours", closes="2 days")
    story = told(played)
    assert "Wed 02 Dec 12:00 csat → 5" in story
    assert "Tue 22 Dec 13:00 nps → 3" in story
    assert "Thu 24 Dec 13:00 ticket_nps → closed" in story


def test_a_ticket_may_stay_open_for_ever() -> None:
    story = told(tried(score="1", closes="never"))
    assert any(line.endswith("ticket:care_team → still open after 7 days") for line in story)


def test_a_score_for_a_survey_that_was_never_asked_is_told() -> None:
    assert tried(scores={"nps": "9"}).notes == ("nps was never asked, so nobody gave it a score",)
    returned = tried(score="5", happens=("day 1 09:00 order.returned",))
    assert returned.notes == ("no survey was asked, so nobody gave it a 5",)


def test_further_events_happen_on_the_customers_clock() -> None:
    played = tried(timezone="America/New_York", happens=("day 5 11:00 order.placed order=other category=accessory",))
    assert told(played)[-1] == "Thu 26 Nov 11:00 goal reached → order.placed"


def test_consent_addresses_and_facts_are_taken_as_given() -> None:
    facts = {"reach": "sms", "consent.email.marketing": "no", "appointment.at": "day 2 14:30", "csat.last": "missing"}
    played = tried(given=facts)
    assert {each.order.channel for each in played.sendings} == {"sms"}
    assert "appointment_reminder sms" in sent(played)
    assert dict(played.given) == {
        "csat.last": "not known",
        "appointment.at": "2026-11-24 14:30",
        "reach": "sms",
        "consent.email.marketing": "no",
    }
    assert "consent.email.marketing" not in assumed(played)


def test_a_purchase_in_the_hour_that_the_clocks_skip_is_taken_as_the_first_that_exists() -> None:
    played = tried(timezone="America/New_York", buys="2027-03-14 02:30")
    assert played.starts == datetime(2027, 3, 14, 7, 0, tzinfo=UTC)
    assert "02:30 does not exist on 2027-03-14 in America/New_York" in played.notes[0]
    assert "Wed 17 Mar 09:00 send:how_is_it_going → sent by sms" in told(played)


def test_a_purchase_in_the_hour_that_comes_twice_is_the_first_of_the_two() -> None:
    played = tried(timezone="America/New_York", buys="2026-11-01 01:30")
    assert played.starts == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert not played.notes


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(PreviewError) as refused:
        tried(
            types=("gold",),
            timezone="Asia/Tokio",
            buys="Fridya 22:40",
            score="7",
            answers="soon",
            given={"order.totl": "5", "order.total": "5.000.000", "consent.email.marketng": "yes"},
            happens=("day 7 20:00", "day 2 9:00 order.placd", "day 1 10:00 message.bounced", "day 0 05:00 order.paid"),
        )
    told_ = str(refused.value).splitlines()
    assert len(told_) == 12
    assert told_[0] == "timezone: 'Asia/Tokio' is not a time zone; did you mean 'Asia/Tokyo'?"
    assert told_[1] == "buys: 'Fridya' is not a day of the week; did you mean 'Friday'?"
    assert "given: unknown field 'order.totl'; did you mean 'order.total'?" in told_
    assert "score: '7' is out of range: csat.score is at most 5" in told_
    assert "happens: message.bounced needs 'channel'; add it: channel" in told_


def test_an_unknown_journey_is_named_with_the_nearest() -> None:
    with pytest.raises(PreviewError, match="did you mean 'first_purchase'"):
        tried("first_purchas")


def test_a_fact_without_a_value_is_refused() -> None:
    assert named_values(["a.b = c=d"], "--given") == {"a.b": "c=d"}
    with pytest.raises(PreviewError, match="is no NAME=VALUE"):
        named_values(["order.total"], "--given")


@pytest.mark.parametrize(
    ("side", "first"), [("short", ["thank_you sms"]), ("long", ["thank_you email"]), ("holdout", [])]
)
def test_the_customer_can_be_put_on_any_side_of_a_split(experiment: Try, side: str, first: list[str]) -> None:
    assert sent(experiment(sides={"greeting": side}))[:1] == first


def test_a_webhook_answers_what_it_is_told_to(experiment: Try) -> None:
    silent = experiment(sides={"greeting": "holdout"})
    answered = experiment(
        sides={"greeting": "holdout"}, replies={"crm.customer.mood": "happy", "crm.customer.calls": "3"}
    )
    assert (sent(silent), sent(answered)) == ([], ["how_is_it_going sms"])


def test_sides_and_answers_that_are_not_there_are_refused(experiment: Try) -> None:
    for asked, message in (
        ({"sides": {"greetin": "short"}}, "did you mean 'greeting'"),
        ({"sides": {"greeting": "shrt"}}, "did you mean 'short'"),
        ({"replies": {"crm.mood": "happy"}}, "'crm.mood' is not kept"),
        ({"replies": {"crm.customer.mood": "gay"}}, "not one of the choices of journey.mood"),
        ({"given": {"journey.mood": "happy"}}, "no value before the journey sets it"),
    ):
        with pytest.raises(PreviewError, match=message):
            experiment(**asked)
