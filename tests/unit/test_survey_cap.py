"""How often one customer is asked at most, over all journeys."""

from dataclasses import replace

from care.domain.catalogue import Cap, Catalogue
from care.domain.journey import Plan
from care.domain.steps import Survey
from tests.builders import CATALOGUE, COMPANY, DAY, Story, a_plan, days, send, survey, wait


def asked_at_most(count: int, within: int) -> Catalogue:
    """A company that asks seldom; its frequency cap is out of the way."""
    company = replace(COMPANY, frequency_cap=None, survey_cap=Cap(count, within * DAY))
    return replace(CATALOGUE, company=company)


def two_journeys(first: Survey, later: float) -> tuple[Plan, Plan]:
    return a_plan(first, journey="a"), a_plan(wait(later), survey(), send("bye"), journey="b")


def test_a_second_journey_does_not_ask_a_customer_who_was_asked_lately() -> None:
    story = Story(*two_journeys(survey(days(2)), 5), catalogue=asked_at_most(1, 30))
    assert story.sent() == ["day 0 10:00 ask email", "day 5 10:00 bye email"]
    assert "skipped asked_lately" in story.codes()


def test_the_cap_is_a_sliding_window() -> None:
    for later, asks in ((29.9, 1), (30.1, 2)):
        story = Story(*two_journeys(survey(days(2)), later), catalogue=asked_at_most(1, 30))
        assert sum(" ask " in sent for sent in story.sent()) == asks


def test_a_reminder_asks_nothing_new() -> None:
    catalogue = asked_at_most(1, 30)
    story = Story(a_plan(survey(days(7), remind=days(3)), send("bye")), catalogue=catalogue)
    assert story.sent() == ["day 0 10:00 ask email", "day 3 10:00 ask email", "day 7 10:00 bye email"]
    assert "skipped asked_lately" not in story.codes()


def test_two_journeys_that_ask_at_the_same_instant_share_the_cap() -> None:
    story = Story(a_plan(survey(), journey="a"), a_plan(survey(), journey="b"), catalogue=asked_at_most(1, 30))
    assert sum(" ask " in sent for sent in story.sent()) == 1


def test_other_messages_do_not_count() -> None:
    plan = a_plan(send("hello"), send("hint"), survey())
    assert sum(" ask " in sent for sent in Story(plan, catalogue=asked_at_most(1, 30)).sent()) == 1


def test_without_a_cap_every_journey_asks() -> None:
    story = Story(*two_journeys(survey(days(2)), 5))
    assert sum(" ask " in sent for sent in story.sent()) == 2
