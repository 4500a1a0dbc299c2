"""A back-test of a store: the past lived again is the past, and a change changes what it should."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from care.backtest.backtesting import Outcomes, Setting, run, with_learnt
from care.backtest.habits import Habits
from care.backtest.histories import history_of
from care.backtest.living import Liver, Rules
from care.backtest.past import Period
from care.domain.journey import MAIN
from care.domain.moments import UntilDay
from care.domain.rulebook import Rulebook, WalkedPlan
from care.domain.steps import Wait
from care.store import plans
from care.store.engine import reading
from care.store.pasts import StorePast, newest_event
from tests.builders import MONDAY_10
from tests.integration.backtest.weeks import Weeks

PERIOD = Period(MONDAY_10 - timedelta(days=1), MONDAY_10 + timedelta(days=40))


def published(weeks: Weeks) -> Rulebook:
    with reading(weeks.shop.engine) as conn:
        return plans.load_rulebook(conn)


def past_of(weeks: Weeks) -> StorePast:
    with reading(weeks.shop.engine) as conn:
        newest, _ = newest_event(conn)
    return StorePast(weeks.shop.settings.database_url, PERIOD.until, newest)


def with_wait(rulebook: Rulebook, day: int, other: int) -> Rulebook:
    """The rulebook with one wait until another day."""
    old = rulebook.entering["washing_machine_care"].plan
    steps = tuple(
        replace(step, until=UntilDay(other, 9 * 60))
        if isinstance(step, Wait) and step.id == f"wait:day {day}"
        else step
        for step in old.paths[MAIN]
    )
    plan = WalkedPlan(replace(old, paths={**old.paths, MAIN: steps}, hash="b" * 64))
    return replace(rulebook, entering={old.journey: plan}, plans={plan.plan.hash: plan})


def backtested(weeks: Weeks, draft: Rulebook, period: Period = PERIOD) -> Outcomes:
    source = past_of(weeks)
    setting = with_learnt(source, Setting(Rules(draft, published(weeks)), period, Habits()))
    return run(source, setting, 1)


async def test_the_past_lived_again_by_the_same_rules_is_what_really_happened(weeks: Weeks) -> None:
    source, rules = past_of(weeks), Rules(published(weeks))
    source.open()
    liver = Liver(rules, PERIOD, Habits())
    lived = [liver.live(history_of(past))[1] for stretch in source.stretches() for past in source.read(stretch)]
    source.close()
    sent = sorted(
        (each.order.at, each.order.offer or each.order.template, each.order.channel)
        for life in lived
        for each in life.sent
    )
    assert sent == weeks.sent()
    assert len(sent) > 20
    assert not any(question.outcome.assumed for life in lived for question in life.questions)
    assert Counter(question.outcome.score for life in lived for question in life.questions if question.habit == "csat")


async def test_a_back_test_against_itself_shows_no_difference(weeks: Weeks) -> None:
    found = backtested(weeks, published(weeks))
    assert found.was == found.now
    assert found.now.customers == 6
    assert found.orders == 6
    assert not found.differences.people
    # The same when nothing is short-cut because the hashes are equal.
    again = backtested(weeks, with_wait(published(weeks), 3, 3))
    assert again.was == again.now == found.now
    assert not again.differences.people


async def test_a_changed_wait_moves_exactly_its_messages(weeks: Weeks) -> None:
    found = backtested(weeks, with_wait(published(weeks), 3, 4))
    told = {
        (kind.how, kind.name): (group.times, group.low, group.high) for kind, group in found.differences.groups.items()
    }
    day = 86_400.0
    assert told == {("gets at another time", "how_is_it_going"): (6, day, day)}
    assert len(found.differences.people) == 6


async def test_a_later_survey_gets_the_answers_of_the_past_as_long_after_it(weeks: Weeks) -> None:
    found = backtested(weeks, with_wait(published(weeks), 7, 9))
    assert found.was is not None
    assert found.now.answered == found.was.answered
    assert found.now.assumed == Counter()
    shifts = {kind.name: (group.low, group.high) for kind, group in found.differences.groups.items()}
    two_days = 2 * 86_400.0
    assert shifts["csat_washing_machine"] == (two_days, two_days)
    assert shifts["care_team"] == (two_days, two_days)


async def test_customers_already_inside_at_the_first_day_keep_the_rules_they_entered_with(weeks: Weeks) -> None:
    period = Period(MONDAY_10 + timedelta(days=2, hours=1), PERIOD.until)
    found = backtested(weeks, with_wait(published(weeks), 3, 4), period)
    assert {person.name for person in found.differences.people} == {"KH-3", "KH-4", "KH-5"}
    assert found.orders == 3
