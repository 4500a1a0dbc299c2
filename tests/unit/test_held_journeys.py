"""What a pause does to a customer who is in the middle of something."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from care.domain.controls import JOURNEY_PAUSED, Clock
from care.domain.journey import EndRule
from care.domain.moments import Duration, For
from care.domain.steps import Repeat, Step, Wait
from tests.builders import COMPANY, HAPPY, Story, a_plan, branch, days, send, survey, ticket, uncapped, wait, wait_for
from tests.byhand import ByHand
from tests.operated import Operated, the_next

HO_CHI_MINH = ZoneInfo("Asia/Ho_Chi_Minh")


def led(*steps: Step, **paths: tuple[Step, ...]) -> ByHand:
    return ByHand(Story(a_plan(*steps, paths=paths), catalogue=uncapped()))


def operated(*steps: Step, **paths: tuple[Step, ...]) -> Operated:
    return Operated(a_plan(*steps, paths=paths))


@pytest.mark.parametrize("clock", ["freeze", "run"])
def test_a_message_the_sender_held_back_for_a_pause_leaves_when_the_journey_goes_on(clock: Clock) -> None:
    life = led(send("hello"), send("bye")).pauses((0, None), clock=clock).settles(0, "deferred", JOURNEY_PAUSED)
    life.wakes(0.1)
    assert life.wake is None if clock == "freeze" else life.wake == 2, "nobody looks again before it comes too late"
    life.pauses((0, 1), clock=clock).hears(1, "operator.woken")
    assert [order.key.split("/")[1] for order in life.orders] == ["send:hello"]


def test_a_question_asked_while_the_journey_stood_still_gets_back_only_what_it_lost() -> None:
    life = led(survey(up_to=days(7), remind=days(3)), send("bye")).pauses((0, None)).settles(0.5, "sent")
    life.pauses((0, 5)).hears(5, "operator.woken")
    assert life.wake == 5 + 3
    assert life.run.until == life.at(5 + 7)


def test_a_pass_that_an_answer_ends_while_the_journey_stands_still_is_followed_at_once_when_it_goes_on() -> None:
    asking = Repeat("repeat:again", 1, "again", 2)
    life = led(asking, send("bye"), again=(survey(up_to=days(20)),)).settles(0, "sent").pauses((1, None))
    life.hears(3, "csat.answered", score=5)
    assert life.wake is None
    life.pauses((1, 6)).hears(6, "operator.woken")
    assert [order.key.split("/", 1)[1] for order in life.orders] == ["survey:csat/2:email"]


def test_the_time_that_a_pause_took_is_not_lost_when_the_customer_is_moved_afterwards() -> None:
    longer = the_next(a_plan(replace(wait(9), id="wait:3 days"), send("bye")))
    story = operated(wait(3), send("bye")).paused(1).resumed(6).published(7, longer)
    assert story.sent() == ["day 14 10:00 bye email"]


def test_a_wait_that_is_made_longer_while_it_stands_still_is_longer_by_the_pause_as_well() -> None:
    longer = the_next(a_plan(replace(wait(9), id="wait:3 days"), send("bye")))
    story = operated(wait(3), send("bye")).paused(1).published(3, longer).resumed(6)
    assert story.sent() == ["day 14 10:00 bye email"]


def test_business_hours_that_stood_still_go_on_within_business_hours() -> None:
    length = Duration(8 * 3_600, business=True, text="8 business hours")
    life = led(Wait("wait", 1, For(length), "8 business hours"), send("bye"))
    # From Monday 10:00 to 17:30, and half an hour of Tuesday; it stands still for three and a half days.
    assert life.run.until == life.at(22.5 / 24)
    life.pauses((0.1, 3.6)).hears(3.6, "operator.woken")
    assert life.run.until is not None
    local = life.run.until.astimezone(HO_CHI_MINH)
    window = COMPANY.business_hours[local.weekday()]
    assert window is not None
    assert window.start <= local.hour * 60 + local.minute <= window.end
    assert life.at(4) < life.run.until < life.at(5)


def test_a_customer_who_slipped_in_as_the_pause_began_gets_the_time_back_too() -> None:
    life = led(wait(3), send("bye")).pauses((-0.001, 5)).hears(5, "operator.woken")
    assert life.run.until == life.at(8)


def test_a_pause_that_ended_before_the_customer_entered_gives_nothing_back() -> None:
    life = led(wait(3), send("bye")).pauses((-5, -1)).hears(1, "operator.woken")
    assert life.run.until == life.at(3)


def test_a_ticket_that_is_closed_while_the_journey_stands_still_is_not_waited_for_again() -> None:
    life = led(ticket(), send("bye")).settles(0, "done").pauses((1, None))
    life.hears(2, "ticket.closed", about=life.run.ticket)
    assert (life.orders, life.wake, life.run.at) == ((), None, ("send:bye",))
    life.pauses((1, 6)).hears(6, "operator.woken")
    assert [order.key.split("/")[1] for order in life.orders] == ["send:bye"]


def test_a_ticket_runs_out_under_a_clock_that_runs_and_what_follows_is_held() -> None:
    story = operated(ticket(up_to=days(2)), send("bye"), wait(1)).paused(1, "run").resumed(3)
    assert story.sent() == ["day 3 10:00 bye email"]
    assert "ticket_closed ticket_timeout" in story.codes()


def test_an_exit_ends_a_journey_that_stands_still() -> None:
    story = operated(wait(3), send("bye")).paused(1).emptied(2)
    assert [left.reason for left in story.played().left] == ["ended by Mai: stock ran out"]
    assert story.sent() == []


def test_a_goal_ends_a_journey_that_stands_still() -> None:
    plan = replace(a_plan(wait(3), send("bye")), goal=EndRule("order.returned"))
    story = Operated(plan).paused(1)
    story.then(2, "order.returned", "o1")
    assert [(left.converted, left.at) for left in story.played().left] == [(True, story.starts + timedelta(days=2))]


def test_an_event_that_is_waited_for_is_heard_while_the_journey_stands_still() -> None:
    story = operated(wait_for("order.returned", days(9)), send("bye")).paused(1)
    story.then(2, "order.returned", "o1")
    assert story.sent() == []
    assert story.resumed(5).sent() == ["day 5 10:00 bye email"]


@pytest.mark.parametrize(("customer", "journey"), [(4, 4.25), (4.25, 4)])
def test_a_customer_and_a_journey_that_are_both_paused_go_on_when_both_are_resumed(
    customer: float, journey: float
) -> None:
    story = operated(wait(3), send("bye")).paused(1, "run").resumed(journey)
    story.then(1, "operator.paused", operator="Mai").then(customer, "operator.resumed", operator="Mai")
    assert story.sent() == ["day 4 16:00 bye email"]


def test_two_pauses_and_a_move_between_them_are_each_counted_once() -> None:
    longer = the_next(a_plan(replace(wait(9), id="wait:3 days"), send("bye")))
    story = operated(wait(3), send("bye")).paused(1).resumed(3).published(4, longer).paused(5).resumed(9)
    assert story.sent() == ["day 15 10:00 bye email"]


def test_an_answer_that_comes_while_the_journey_stands_still_is_used_when_it_goes_on() -> None:
    story = operated(survey(), branch((HAPPY, "glad"), (None, "continue")), glad=(send("hint"),)).paused(1)
    story.then(2, "csat.answered", "o1", score=5)
    assert story.resumed(6).sent() == ["day 0 10:00 ask email", "day 6 10:00 hint email"]


def test_the_timeline_says_why_a_wait_ends_later_than_it_said_before() -> None:
    story = operated(wait(3), send("bye")).paused(1).resumed(6)
    [told] = [entry for entry in story.played().entries if entry.kind == "resumed"]
    assert (told.what, told.until) == ("journey → goes on", story.starts + timedelta(days=8))
    assert "an operator had paused this journey" in told.reason
