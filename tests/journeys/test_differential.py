"""The same stories through the simulator and through the real engine must give the same timeline."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from care import clock
from care.domain.audit import Entry
from care.domain.happenings import PAUSED, RESUMED, Event
from care.domain.simulation import Scripted
from care.rulebook.policies import shipped
from tests.builders import (
    HAPPY,
    UNHAPPY,
    Story,
    a_plan,
    branch,
    days,
    hours,
    offer,
    send,
    survey,
    ticket,
    until_day,
    wait,
    wait_for,
)
from tests.journeys.real_shop import a_real_shop

# The real engine takes milliseconds for what the simulator does in none; a night may round them up to a minute.
SLACK = timedelta(minutes=1)

CARE = a_plan(
    send("hello"),
    until_day(3),
    survey(up_to=days(7), remind=days(3)),
    branch((UNHAPPY, "rescue"), (HAPPY, "reward"), (None, "continue")),
    wait(2),
    send("bye"),
    paths={"rescue": (ticket(sla=hours(24), escalate_to="leads"), send("sorry")), "reward": (offer(),)},
)
PATIENT = a_plan(send("hello"), wait_for("order.returned", days(10), "late"), paths={"late": (send("hint"),)})
CHATTY = a_plan(
    *(step for name in ("hello", "hint", "sorry", "bye", "deal") for step in (send(name), wait(1, f"after {name}")))
)


def monday_at(hour: int) -> datetime:
    """The next Monday but one at this hour in Hồ Chí Minh City: no run may begin in the past."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=14 - today.weekday(), hours=hour - 7)


def bought_again(after: int) -> Story:
    story = Story(PATIENT, starts=monday_at(10))
    second = Event("ev1", "order.delivered", "o2")
    story.script.append(Scripted(story.starts + timedelta(days=after), second, {"order.total": 3_000_000}))
    return story


STORIES: dict[str, Callable[[], Story]] = {
    "nobody_answers": lambda: Story(CARE, starts=monday_at(10)),
    "delighted": lambda: (
        Story(CARE, starts=monday_at(10))
        .who(consents={("email", "marketing"): True})
        .then(0.5, "consent.given", channel="email", purpose="marketing")
        .then(4, "csat.answered", "o1", score=5)
    ),
    "rescued_by_a_ticket": lambda: (
        Story(CARE, starts=monday_at(10)).then(4, "csat.answered", "o1", score=1).then(6, "ticket.closed")
    ),
    "bought_at_night": lambda: Story(CARE, starts=monday_at(22)),
    "returned_the_goods": lambda: Story(PATIENT, starts=monday_at(10)).then(5, "order.returned", "o1"),
    "never_returned_them": lambda: Story(PATIENT, starts=monday_at(10)),
    "too_many_messages": lambda: Story(CHATTY, starts=monday_at(10)),
    "has_no_phone": lambda: Story(CARE, starts=monday_at(10)).who(reach=("email",)),
    "paused_for_a_week": lambda: (
        Story(CARE, starts=monday_at(10)).then(1, PAUSED, operator="Mai").then(8, RESUMED, operator="Mai")
    ),
    "bought_again": lambda: bought_again(after=40),
    "bought_again_while_on_the_way": lambda: bought_again(after=4),
}


def told(entry: Entry) -> tuple[object, ...]:
    """What a support lead reads of an entry, without its time and the ids that differ."""
    why = tuple((rule.label, rule.verdict, rule.clause) for rule in entry.why.rules)
    checks = tuple((check.name, check.passed) for check in entry.why.checks)
    what = (entry.kind, entry.what, entry.journey, entry.step, entry.line, entry.revision, entry.code)
    return *what, entry.channel, entry.template, entry.verb, entry.score, why, checks


async def assert_same(story: Story, temporal: Client, task_queue: str, folder: Path, *, cached: int = 100) -> None:
    story.rulebook = replace(story.rulebook, policies=shipped())
    expected = story.played().entries
    async with a_real_shop(temporal, folder, task_queue, cached=cached) as shop:
        lived = await shop.live(story)
    assert [told(entry) for entry in lived] == [told(entry) for entry in expected]
    for real, simulated in zip(lived, expected, strict=True):
        assert abs(real.at - simulated.at) <= SLACK, (real.what, real.at, simulated.at)


@pytest.mark.parametrize("name", STORIES)
async def test_the_real_engine_tells_the_story_the_simulator_told(
    name: str, temporal: Client, task_queue: str, tmp_path: Path
) -> None:
    await assert_same(STORIES[name](), temporal, task_queue, tmp_path)


async def test_the_story_is_the_same_when_every_task_replays(temporal: Client, task_queue: str, tmp_path: Path) -> None:
    await assert_same(STORIES["rescued_by_a_ticket"](), temporal, task_queue, tmp_path, cached=0)


@pytest.mark.parametrize(("rate", "activities", "most"), [(0, 0, 13), (1_000, 2, 27)])
async def test_two_messages_of_a_real_journey_cost_at_most_27_events(
    temporal: Client, task_queue: str, tmp_path: Path, rate: int, activities: int, most: int
) -> None:
    """Over a channel without a rate they leave within the decisions' own tasks."""
    journey = a_plan(send("hello"), wait(14), send("bye"))
    async with a_real_shop(temporal, tmp_path, task_queue, email_rate=rate, sms_rate=rate) as shop:
        lived = await shop.live(Story(journey, starts=monday_at(10)))
        events = await shop.events()
    assert [entry.kind for entry in lived].count("sent") == 2
    assert events.get("ACTIVITY_TASK_SCHEDULED", 0) == activities
    # Only a virtual clock, and the test that moves it, write these.
    del events["WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED"], events["WORKFLOW_EXECUTION_OPTIONS_UPDATED"]
    assert sum(events.values()) <= most, events


async def test_a_second_run_never_sees_time_go_backwards(temporal: Client, task_queue: str, tmp_path: Path) -> None:
    async with a_real_shop(temporal, tmp_path, task_queue) as shop:
        await shop.live(Story(a_plan(send("hello"), wait(3)), starts=monday_at(10)))
        # The first run's clock went weeks ahead; the second one's begins today.
        lived = await shop.live(Story(a_plan(send("hello"), wait(3)), starts=clock.now()))
    times = [entry.at for entry in lived]
    assert [entry.kind for entry in lived].count("entered") == 2
    assert times == sorted(times)
