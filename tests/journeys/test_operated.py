"""New steps, and journeys that operators hold: the real engine must tell what the simulator told."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.client import Client

from care.domain.catalogue import Field
from care.domain.steps import Assignment, Repeat, SetStep, Share, Split
from care.store import enrolments
from care.store.engine import open_store, reading
from tests.builders import Story, a_plan, days, field, send, survey, ticket, uncapped, wait
from tests.journeys.real_shop import a_real_shop
from tests.journeys.test_differential import SLACK, monday_at, told
from tests.operated import Operated, the_next

FIELDS = (Field("journey.mood", "choice", ("glad", "sad")), Field("customer.tags", "list"))
KNOWING = replace(uncapped(), fields={each.name: each for each in FIELDS})
LONGER = replace(wait(9), id="wait:3 days")


def a_set(name: str, mood: str, tag: str) -> SetStep:
    told = (Assignment("journey.mood", "is", mood, 1), Assignment("customer.tags", "add", tag, 2))
    return SetStep(name, 1, told)


SPLIT = a_plan(
    Split("split:gift", 1, "gift", (Share("left", 0.5, 2), Share("right", 0.5, 3)), 0.2),
    wait(1),
    send("hint", only_if=field("customer.tags", "includes", "lefty")),
    send("sorry", only_if=field("journey.mood", "is", "sad")),
    SetStep("set:tags", 9, (Assignment("customer.tags", "remove", "lefty", 9),)),
    send("bye", only_if=field("customer.tags", "includes", "lefty", negated=True)),
    paths={"left": (a_set("set:left", "glad", "lefty"),), "right": (a_set("set:right", "sad", "righty"),)},
)
REPEATED = (send("hint"), wait(2), survey(up_to=days(3)))
TWICE = Repeat("repeat:again", 1, "again", 2, days(30))
REPEATING = a_plan(send("hello"), TWICE, send("bye"), paths={"again": REPEATED})
WAITING = a_plan(send("hello"), wait(3), send("hint"), wait(4), send("bye"))


def operated(*steps: object) -> Operated:
    plan = a_plan(*steps) if steps else WAITING  # type: ignore[arg-type]
    return Operated(plan, starts=monday_at(10), catalogue=KNOWING)


def moved_in_a_repeat() -> Operated:
    story = Operated(REPEATING, starts=monday_at(10), catalogue=KNOWING)
    more = a_plan(replace(TWICE, times=3, every=days(10)), send("bye"), send("hello"), paths={"again": REPEATED})
    return story.published(1, the_next(more))


def paused_while_a_ticket_was_open() -> Operated:
    story = operated(ticket(up_to=days(9)), send("bye")).paused(1)
    story.then(2, "ticket.closed")
    return story.resumed(6)


STORIES: dict[str, Callable[[], Story]] = {
    "two_passes": lambda: Story(REPEATING, starts=monday_at(10), catalogue=KNOWING).then(
        3, "csat.answered", "o1", score=5
    ),
    "split_set_and_tags": lambda: Story(SPLIT, starts=monday_at(10), catalogue=KNOWING),
    "moved_in_the_middle_of_a_wait": lambda: operated().published(
        1, the_next(a_plan(LONGER, send("hello"), send("hint"), send("sorry")))
    ),
    "moved_to_a_wait_with_other_words": lambda: operated().published(
        1, the_next(a_plan(send("hello"), wait(5), send("hint")))
    ),
    "moved_in_a_repeat": moved_in_a_repeat,
    "cannot_move": lambda: operated().published(1, the_next(a_plan(send("hello"), send("hint")))),
    "frozen": lambda: operated().paused(1).resumed(6),
    "paused_with_a_clock_that_runs": lambda: operated().paused(1, "run").resumed(4),
    "moved_while_frozen": lambda: operated().paused(1).published(3, the_next(a_plan(LONGER, send("bye")))).resumed(6),
    "paused_while_a_ticket_was_open": paused_while_a_ticket_was_open,
    "ended_by_an_operator": lambda: operated().emptied(2),
    "ended_while_frozen": lambda: operated().paused(1).emptied(2),
}


@pytest.mark.parametrize("name", STORIES)
async def test_the_real_engine_tells_the_story_the_simulator_told(
    name: str, temporal: Client, task_queue: str, tmp_path: Path
) -> None:
    story = STORIES[name]()
    async with a_real_shop(temporal, tmp_path, task_queue) as shop:
        lived = await shop.live(story)
        # Which side of a split somebody is on hangs on their key.
        expected = story.who(customer=shop.customer).played().entries
    assert [told(entry) for entry in lived] == [told(entry) for entry in expected]
    reasons = [[each.reason for each in entries if each.kind in KINDS] for entries in (lived, expected)]
    assert reasons[0] == reasons[1]
    for real, simulated in zip(lived, expected, strict=True):
        assert abs(real.at - simulated.at) <= SLACK, (real.what, real.at, simulated.at)
        if real.until is not None and simulated.until is not None:
            assert abs(real.until - simulated.until) <= SLACK, (real.what, real.until, simulated.until)


KINDS = ("moved", "not_moved", "exited", "resumed", "repeated")


async def test_a_held_journey_is_the_same_when_every_task_replays(
    temporal: Client, task_queue: str, tmp_path: Path
) -> None:
    story = STORIES["moved_while_frozen"]()
    async with a_real_shop(temporal, tmp_path, task_queue, cached=0) as shop:
        lived = await shop.live(story)
    assert [told(entry) for entry in lived] == [told(entry) for entry in story.played().entries]


async def test_a_moved_customer_is_in_the_new_plan_in_the_store_too(
    temporal: Client, task_queue: str, tmp_path: Path
) -> None:
    async with a_real_shop(temporal, tmp_path, task_queue) as shop:
        await shop.live(STORIES["moved_in_the_middle_of_a_wait"]())
        customer = shop.customer
    engine = open_store(f"sqlite:///{tmp_path / 'care.sqlite'}", durable=False)
    with reading(engine) as conn:
        [enrolment] = enrolments.listing(conn, customer)
    engine.dispose()
    assert (enrolment.plan, enrolment.revision, enrolment.reason) == ("hash of journey, 2", 2, "completed")
