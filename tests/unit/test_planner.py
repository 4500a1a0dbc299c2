"""The planner, played by the simulator: one sentence per promise."""

from dataclasses import replace
from datetime import timedelta

import pytest

from care.domain import planner
from care.domain.catalogue import Cap
from care.domain.customers import Facts
from care.domain.enrolment import CustomerState
from care.domain.happenings import Event, Heard, Outcome, Settled
from care.domain.journey import EndRule, ReEntry
from care.domain.steps import Exit
from tests.builders import (
    CATALOGUE,
    COMPANY,
    HAPPY,
    MONDAY_10,
    UNHAPPY,
    Story,
    a_plan,
    branch,
    days,
    field,
    hours,
    offer,
    send,
    survey,
    ticket,
    uncapped,
    until_day,
    wait,
    wait_for,
)

CONSENT = {("email", "marketing"): True}


def test_messages_leave_in_order_with_waits_between() -> None:
    story = Story(a_plan(send("hello"), until_day(3), send("hint", "sms"), wait(2), send("bye")))
    assert story.sent() == ["day 0 10:00 hello email", "day 3 09:00 hint sms", "day 5 09:00 bye email"]


def test_a_night_purchase_is_greeted_when_quiet_hours_end() -> None:
    story = Story(a_plan(send("hello")), starts=MONDAY_10 + timedelta(hours=12, minutes=30))
    assert story.sent() == ["day 1 08:00 hello email"]
    assert "held quiet_hours" in story.codes()


def test_a_message_that_would_come_too_late_is_dropped_and_says_so() -> None:
    plan = a_plan(send("hello", expires=hours(2)))
    story = Story(plan, starts=MONDAY_10 + timedelta(hours=12, minutes=30))
    assert story.sent() == []
    assert "skipped quiet_hours" in story.codes()


def test_the_fallback_channel_is_used_when_the_first_has_no_address() -> None:
    story = Story(a_plan(send("hello", "email", "sms"))).who(reach=("sms",))
    assert story.sent() == ["day 0 10:00 hello sms"]


def test_nobody_is_written_to_without_an_address_and_the_journey_goes_on() -> None:
    story = Story(a_plan(send("hello", "email"), wait(1), send("bye", "sms"))).who(reach=("sms",))
    assert story.sent() == ["day 1 10:00 bye sms"]
    assert "skipped no_address" in story.codes()


def test_marketing_needs_consent_and_care_does_not() -> None:
    plan = a_plan(send("hello"), offer())
    assert Story(plan).sent() == ["day 0 10:00 hello email"]
    assert "skipped no_consent" in Story(plan).codes()
    assert Story(plan).who(consents=CONSENT).sent() == ["day 0 10:00 hello email", "day 0 10:00 deal email"]


def test_an_opt_out_closes_that_channel_and_the_journey_goes_on_over_the_other() -> None:
    story = Story(a_plan(send("hello"), wait(2), send("bye")))
    story.then(1, "consent.withdrawn", channel="email", purpose="care")
    assert story.sent() == ["day 0 10:00 hello email", "day 2 10:00 bye sms"]


def test_a_muted_topic_is_skipped_and_says_so_while_the_rest_goes_on() -> None:
    about_offers = replace(CATALOGUE.templates["hint"], topic="offers")
    catalogue = replace(CATALOGUE, templates={**CATALOGUE.templates, "hint": about_offers})
    story = Story(a_plan(send("hello"), wait(2), send("hint"), send("bye")), catalogue=catalogue)
    story.then(1, "topic.muted", topic="offers")
    assert story.sent() == ["day 0 10:00 hello email", "day 2 10:00 bye email"]
    assert "skipped topic_muted" in story.codes()
    story.then(1.5, "topic.wanted", topic="offers")
    assert len(story.sent()) == 3


def test_opting_out_of_one_channel_of_marketing_leaves_offers_on_the_other() -> None:
    both = {("email", "marketing"): True, ("sms", "marketing"): True}
    story = Story(a_plan(wait(2), offer("gift", "email", "sms"), send("bye"))).who(consents=both)
    story.then(1, "consent.withdrawn", channel="email", purpose="marketing")
    assert story.sent() == ["day 2 10:00 deal sms", "day 2 10:00 bye email"]


def test_a_capped_care_message_waits_up_to_two_days_and_is_then_skipped() -> None:
    tight = replace(CATALOGUE, company=replace(COMPANY, frequency_cap=Cap(1, 86_400)))
    plan = a_plan(send("hello"), send("hint"))
    assert Story(plan, catalogue=tight).sent() == ["day 0 10:00 hello email", "day 1 10:00 hint email"]
    tighter = replace(CATALOGUE, company=replace(COMPANY, frequency_cap=Cap(1, 5 * 86_400)))
    story = Story(plan, catalogue=tighter)
    assert story.sent() == ["day 0 10:00 hello email"]
    assert "skipped capped" in story.codes()


def test_care_takes_the_last_capped_slot_before_survey_before_offer() -> None:
    tight = replace(CATALOGUE, company=replace(COMPANY, frequency_cap=Cap(2, 86_400)))
    plans = [a_plan(offer(), journey="a"), a_plan(survey(), journey="b"), a_plan(send("hello"), journey="c")]
    story = Story(*plans, catalogue=tight).who(consents=CONSENT)
    assert story.sent()[:2] == ["day 0 10:00 hello email", "day 0 10:00 ask email"]
    assert story.sent()[2] == "day 1 10:00 deal email"


def test_a_message_that_failed_does_not_take_the_slot_from_its_own_fallback() -> None:
    tight = replace(CATALOGUE, company=replace(COMPANY, frequency_cap=Cap(1, 86_400)))
    story = Story(a_plan(send("hello")), catalogue=tight)
    facts = Facts(
        "c_1",
        addresses={"email": "e", "sms": "s"},
        event=Event("ev0", "order.delivered", "o1"),
        zone="Asia/Ho_Chi_Minh",
    )
    first = planner.plan(CustomerState("c_1"), [Heard("ev0")], facts, story.rulebook, MONDAY_10)
    assert [order.key.rsplit(":")[-1] for order in first.orders] == ["email"]
    facts.event = None
    refused = Settled(first.orders[0].key, "failed", "no such mailbox", "undeliverable")
    second = planner.plan(first.state, [refused], facts, story.rulebook, MONDAY_10)
    assert [order.key.rsplit(":")[-1] for order in second.orders] == ["sms"]


def test_transactional_mail_ignores_the_cap() -> None:
    tight = replace(CATALOGUE, company=replace(COMPANY, frequency_cap=Cap(1, 86_400)))
    story = Story(a_plan(send("hello"), send("receipt")), catalogue=tight)
    assert story.sent() == ["day 0 10:00 hello email", "day 0 10:00 receipt email"]


RESCUE = a_plan(
    survey(),
    branch((UNHAPPY, "rescue"), (HAPPY, "cheer"), (None, "continue")),
    until_day(30),
    send("bye"),
    paths={"rescue": (ticket(), wait(1), send("sorry")), "cheer": (send("hint"),)},
)


def test_an_unhappy_answer_opens_a_ticket_and_the_journey_waits_for_a_person() -> None:
    story = Story(RESCUE).then(0.5, "csat.answered", score=2).then(3, "ticket.closed", operator="Mai")
    assert story.sent() == ["day 0 10:00 ask email", "day 4 10:00 sorry email", "day 30 09:00 bye email"]


def test_a_ticket_nobody_closes_lets_the_journey_go_on_after_up_to() -> None:
    story = Story(RESCUE).then(0.5, "csat.answered", score=1)
    assert story.sent()[1] == "day 9 08:00 sorry email"
    assert "ticket_closed ticket_timeout" in story.codes()


def test_silence_is_not_satisfaction() -> None:
    story = Story(RESCUE)
    assert story.sent() == ["day 0 10:00 ask email", "day 30 09:00 bye email"]
    branched = next(entry for entry in story.played().entries if entry.kind == "branched")
    assert [rule.verdict for rule in branched.why.rules] == [None, None, True]


def test_a_reminder_is_sent_once_and_only_while_there_is_no_answer() -> None:
    plan = a_plan(survey(up_to=days(5), remind=days(2)))
    assert Story(plan).sent() == ["day 0 10:00 ask email", "day 2 10:00 ask email"]
    assert Story(plan).then(1, "csat.answered", score=5).sent() == ["day 0 10:00 ask email"]


def test_an_open_ticket_freezes_offers_until_it_is_closed() -> None:
    helping = a_plan(ticket(up_to=days(20)), journey="helping")
    selling = a_plan(wait(1), offer(), journey="selling")
    story = Story(helping, selling).who(consents=CONSENT).then(2, "ticket.closed")
    assert story.sent() == ["day 2 10:00 deal email"]
    late = Story(helping, selling).who(consents=CONSENT).then(6, "ticket.closed")
    assert late.sent() == []


def test_an_offer_is_never_made_after_an_unhappy_answer_nor_twice() -> None:
    plan = a_plan(survey(), offer(), until_day(10), send("bye"))
    assert "skipped unhappy" in Story(plan).who(consents=CONSENT).then(0.2, "csat.answered", score=1).codes()
    twice = Story(a_plan(offer(), journey="a"), a_plan(wait(1), offer(), journey="b")).who(consents=CONSENT)
    assert twice.sent() == ["day 0 10:00 deal email"]
    assert "skipped offered_before" in twice.codes()
    at_once = Story(a_plan(offer(), journey="a"), a_plan(offer(), journey="b")).who(consents=CONSENT)
    assert at_once.sent() == ["day 0 10:00 deal email"]


def test_a_return_ends_the_journey_at_once_and_only_for_its_own_order() -> None:
    plan = replace(a_plan(send("hello"), wait(5), send("bye")), exit_when=(EndRule("order.returned"),))
    ended = Story(plan).then(1, "order.returned", "o1")
    assert ended.sent() == ["day 0 10:00 hello email"]
    assert [left.reason for left in ended.played().left] == ["order.returned"]
    assert len(Story(plan).then(1, "order.returned", "another").sent()) == 2


def test_a_goal_ends_the_journey_as_converted_within_its_time() -> None:
    goal = EndRule("order.placed", of="customer", within=3 * 86_400)
    plan = replace(a_plan(send("hello"), wait(10), send("bye")), goal=goal)
    assert Story(plan).then(2, "order.placed", "o2").played().left[0].converted
    assert not Story(plan).then(4, "order.placed", "o2").played().left[0].converted


def test_the_purchase_that_is_cared_for_is_not_its_own_goal() -> None:
    goal = EndRule("order.placed", of="customer", within=30 * 86_400)
    plan = replace(a_plan(send("hello"), wait(10), send("bye")), goal=goal)
    assert not Story(plan).then(2, "order.placed", "o1").played().left[0].converted
    assert Story(plan).then(2, "order.placed", "o2").played().left[0].converted


def test_wait_for_hears_its_event_or_takes_the_other_path() -> None:
    plan = a_plan(wait_for("order.placed", days(3), otherwise="miss"), send("hello"), paths={"miss": (send("sorry"),)})
    assert Story(plan).then(1, "order.placed", "o1").sent() == ["day 1 10:00 hello email"]
    assert Story(plan).sent() == ["day 3 10:00 sorry email", "day 3 10:00 hello email"]


def test_re_entry_never_always_and_after_days() -> None:
    plan = a_plan(send("hello"))

    def messages(rule: ReEntry, day: float, order: str) -> int:
        story = Story(replace(plan, re_entry=rule), catalogue=uncapped()).then(day, "order.delivered", order)
        return len(story.sent())

    assert messages(ReEntry("never"), 40, "o2") == 1
    assert messages(ReEntry("always"), 1, "o1") == 2
    assert messages(ReEntry("once per order"), 1, "o1") == 1
    assert messages(ReEntry("once per order"), 1, "o2") == 2
    assert messages(ReEntry("after", 30 * 86_400), 20, "o2") == 1
    assert messages(ReEntry("after", 30 * 86_400), 30, "o2") == 2


def test_only_if_skips_with_the_reason_and_unknown_never_matches() -> None:
    story = Story(a_plan(send("hello", only_if=field("customer.type", "is", "vip", negated=True)), send("bye")))
    assert story.sent() == ["day 0 10:00 bye email"]
    skipped = next(entry for entry in story.played().entries if entry.kind == "skipped")
    assert skipped.code == "only_if"
    assert "not known" in skipped.reason


def test_every_enrolment_ends_with_a_reason() -> None:
    left = Story(a_plan(Exit("exit:enough", 1, "enough"))).played().left
    assert [each.reason for each in left] == ["enough"]
    assert [each.reason for each in Story(a_plan(send("hello"))).played().left] == ["completed"]


def test_a_paused_customer_gets_nothing_until_resumed() -> None:
    plan = a_plan(wait(1), send("hello"))
    story = Story(plan).then(0.5, "operator.paused", operator="Mai").then(2, "operator.resumed", operator="Mai")
    assert story.sent() == ["day 2 10:00 hello email"]
    assert "held paused" in story.codes()


def test_a_ticket_over_its_sla_is_escalated_once() -> None:
    story = Story(a_plan(ticket(up_to=days(5), sla=hours(24), escalate_to="leads")))
    entries = [f"{story.local(entry.at)} {entry.kind}" for entry in story.played().entries]
    assert entries.count("day 1 10:00 escalated") == 1


@pytest.mark.parametrize(("outcome", "channels"), [("failed", ["email", "sms"]), ("unknown", ["email"])])
def test_only_what_certainly_did_not_leave_is_tried_over_the_next_channel(
    outcome: Outcome, channels: list[str]
) -> None:
    story = Story(a_plan(send("hello"), wait(3)))
    facts = Facts(
        "c_1",
        addresses={"email": "e", "sms": "s"},
        event=Event("ev0", "order.delivered", "o1"),
        zone="Asia/Ho_Chi_Minh",
    )
    first = planner.plan(CustomerState("c_1"), [Heard("ev0")], facts, story.rulebook, MONDAY_10)
    settled = Settled(first.orders[0].key, outcome, "no answer", "unanswered")
    second = planner.plan(first.state, [settled], replace(facts, event=None), story.rulebook, MONDAY_10)
    assert [order.channel for order in (*first.orders, *second.orders)] == channels
    assert second.state.enrolments[0].doing == ("sending" if outcome == "failed" else "wait")
