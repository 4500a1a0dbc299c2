"""The people and the orders of the demo: never random, and moved to today."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from care.cli.demo_orders import arrivals, profiles
from care.cli.demo_people import Form, Letter, awake, closes_after, comment_of, mood_of, reactions, score_of

START = datetime(2027, 5, 5, 8, 30, tzinfo=UTC)
ASKS = "Chấm tại http://127.0.0.1:8600/s/payload.signature\nHủy: http://127.0.0.1:8600/u/other.signature"
CUSTOMERS = [f"KH-{number}" for number in range(1000, 1200)]


def somebody(mood: str) -> str:
    return next(customer for customer in CUSTOMERS if mood_of(1, customer) == mood)


def test_the_same_seed_gives_the_same_people() -> None:
    assert [mood_of(7, customer) for customer in CUSTOMERS] == [mood_of(7, customer) for customer in CUSTOMERS]
    assert [mood_of(7, customer) for customer in CUSTOMERS] != [mood_of(8, customer) for customer in CUSTOMERS]
    assert {mood_of(1, customer) for customer in CUSTOMERS} == {"delighted", "content", "unhappy", "silent"}


def test_most_who_are_asked_answer_and_they_take_their_time() -> None:
    found = [reactions(1, customer, Letter(1, ASKS), reminded=False) for customer in CUSTOMERS]
    answers = [reaction for each in found for reaction in each if reaction.act == "answer"]
    assert 0.4 < len(answers) / len(CUSTOMERS) < 0.9
    assert {reaction.target for reaction in answers} == {"http://127.0.0.1:8600/s/payload.signature"}
    assert all(timedelta(hours=1) <= reaction.after <= timedelta(days=2) for reaction in answers)


def test_a_reminder_brings_some_of_the_silent_to_answer() -> None:
    silent = [customer for customer in CUSTOMERS if mood_of(1, customer) == "silent"]
    first = [reaction for who in silent for reaction in reactions(1, who, Letter(1, ASKS), reminded=False)]
    again = [reaction for who in silent for reaction in reactions(1, who, Letter(2, ASKS), reminded=True)]
    assert not [reaction for reaction in first if reaction.act == "answer"]
    assert [reaction for reaction in again if reaction.act == "answer"]


def test_only_the_delighted_use_an_offer() -> None:
    text = "Mã của anh/chị: KIT-ABCD2345"
    used = [who for who in CUSTOMERS if reactions(1, who, Letter(3, text), reminded=False)]
    assert used
    assert {mood_of(1, who) for who in used} == {"delighted"}


@pytest.mark.parametrize("scores", [range(1, 6), range(11), range(1, 8)])
def test_scores_fit_the_mood_on_every_scale(scores: range) -> None:
    for customer in CUSTOMERS:
        place = (score_of(1, customer, scores) - scores[0]) / (scores[-1] - scores[0])
        match mood_of(1, customer):
            case "delighted":
                assert place >= 0.7
            case "unhappy":
                assert place <= 0.4
            case _:
                assert 0 < place <= 1


def test_comments_are_in_the_customers_language() -> None:
    assert comment_of(1, somebody("unhappy"), "vi") != comment_of(1, somebody("unhappy"), "en")
    assert comment_of(1, somebody("content"), "vi") == ""


def test_nobody_answers_in_their_sleep() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    for hour in range(48):
        moment = START + timedelta(hours=hour)
        woken = awake(moment, tokyo)
        assert 7 <= woken.astimezone(tokyo).hour < 23
        assert timedelta() <= woken - moment < timedelta(hours=9)


def test_most_tickets_are_closed_within_two_days_and_some_never() -> None:
    took = [closes_after(1, customer, 1) for customer in CUSTOMERS]
    assert None in took
    assert all(each is None or each <= timedelta(days=2) for each in took)


def test_a_form_is_read_as_a_browser_would() -> None:
    form = Form(
        '<form method="post" action="/s/x"><input type="hidden" name="nonce" value="once">'
        '<input type="radio" name="score" value="1"><input type="radio" name="score" value="2"></form>'
    )
    assert (form.action, form.fields, form.scores) == ("/s/x", {"nonce": "once"}, [1, 2])


def test_what_is_there_from_the_beginning_lies_before_the_start() -> None:
    found = arrivals(START)
    there = [arrival for arrival in found if arrival.at is None]
    assert len(there) > 200
    assert all(datetime.fromisoformat(arrival.event["time"]) <= START for arrival in there)


def test_what_comes_later_arrives_when_it_has_happened() -> None:
    later = [arrival for arrival in arrivals(START) if arrival.at is not None]
    assert later
    for arrival in later:
        assert arrival.at is not None
        assert datetime.fromisoformat(arrival.event["time"]) <= arrival.at
        assert timedelta(hours=-24) < arrival.at - START < timedelta(days=90)


def test_appointments_keep_their_time_of_day() -> None:
    booked = [arrival.event for arrival in arrivals(START) if arrival.event["type"] == "appointment.booked"]
    assert booked
    for event in booked:
        at = datetime.fromisoformat(event["data"]["at"])
        assert at.minute == 30
        assert timedelta() < at - START < timedelta(days=4)


def test_fewer_purchases_leave_out_whole_customers() -> None:
    few = arrivals(START, purchases=20)
    placed = [arrival for arrival in few if arrival.event["type"] == "order.placed"]
    assert 20 <= len(placed) <= 24
    assert {arrival.customer for arrival in few} == set(profiles(few))
