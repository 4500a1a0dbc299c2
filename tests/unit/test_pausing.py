"""Pausing a journey, closing its entry, and moving customers while time goes on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from care.domain.controls import Controls, JourneyPause
from care.domain.journey import Plan
from care.domain.rulebook import Rulebook, WalkedPlan
from care.domain.simulation import Life, Played, World
from care.domain.steps import Step
from tests.builders import Story, a_plan, send, survey, uncapped, until_day, wait

WALK = (send("hello"), wait(3), send("hint"), until_day(10), send("bye"))


class Shop:
    """One customer whose journey operators hold."""

    def __init__(self, *steps: Step) -> None:
        self.story = Story(a_plan(*(steps or WALK)), catalogue=uncapped())
        self.life = Life(self.story.rulebook, World(self.story.person), self.story.script)
        self.played = Played()

    def until(self, day: float) -> "Shop":
        for decision, _ in self.life.decisions(self.story.starts + timedelta(days=day)):
            self.played.add(decision)
        return self

    def paused(self, clock: str, day: float, end: float | None = None) -> "Shop":
        starts = self.story.starts
        until = starts + timedelta(days=end) if end is not None else None
        pause = JourneyPause(starts + timedelta(days=day), clock, until)  # type: ignore[arg-type]
        self.life.rulebook = replace(self.life.rulebook, controls=Controls({"journey": (pause,)}, {}))
        return self

    def woken(self, day: float) -> "Shop":
        self.life.wake = self.story.starts + timedelta(days=day)
        return self

    def sent(self) -> list[str]:
        return [f"{self.story.local(m.at)} {m.template}" for m in self.played.messages]


def test_a_frozen_pause_gives_waits_their_time_back_and_calendar_days_move_along() -> None:
    shop = Shop().until(1).paused("freeze", 1).until(30)
    assert shop.sent() == ["day 0 10:00 hello"]
    shop.paused("freeze", 1, 6).woken(6).until(60)
    assert shop.sent() == ["day 0 10:00 hello", "day 8 10:00 hint", "day 15 09:00 bye"]


def test_waits_run_on_under_a_running_clock_and_messages_leave_when_the_journey_goes_on() -> None:
    shop = Shop().until(1).paused("run", 1).until(4)
    assert shop.sent() == ["day 0 10:00 hello"]
    assert shop.life.state.enrolments[0].wish is not None
    shop.paused("run", 1, 4.5).woken(4.5).until(60)
    assert shop.sent() == ["day 0 10:00 hello", "day 5 08:00 hint", "day 10 09:00 bye"]


def test_a_message_held_by_a_pause_is_dropped_when_it_would_come_too_late() -> None:
    shop = Shop().until(1).paused("run", 1).until(20)
    shop.paused("run", 1, 20).woken(20).until(60)
    assert shop.sent() == ["day 0 10:00 hello"]
    assert [entry.code for entry in shop.played.entries if entry.kind == "skipped"] == ["expired", "expired"]


def test_nobody_enters_a_paused_or_closed_journey_and_the_reason_is_kept() -> None:
    paused = Shop().paused("freeze", -1).until(30)
    assert [entry.code for entry in paused.played.entries] == ["entry_stopped"]
    closed = Shop()
    closed.life.rulebook = replace(closed.life.rulebook, controls=Controls({}, {"journey": "entry was stopped by Mai"}))
    assert [entry.reason for entry in closed.until(30).played.entries] == ["entry was stopped by Mai"]


def test_a_second_pause_gives_its_own_time_back_once() -> None:
    shop = Shop(send("hello"), wait(10), send("bye")).until(1)
    starts = shop.story.starts
    pauses = tuple(
        JourneyPause(starts + timedelta(days=since), "freeze", starts + timedelta(days=until))
        for since, until in ((1, 2), (4, 8))
    )
    shop.life.rulebook = replace(shop.life.rulebook, controls=Controls({"journey": pauses}, {}))
    assert shop.woken(9).until(60).sent() == ["day 0 10:00 hello", "day 15 10:00 bye"]


def next_revision(*steps: Step, **paths: tuple[Step, ...]) -> Plan:
    return replace(a_plan(*steps, paths=paths), hash="hash of the next", revision=2)


def moved(old: tuple[Step, ...], new: Plan, *, at: float, **data: object) -> Story:
    story = Story(a_plan(*old), catalogue=uncapped()).then(
        at,
        "operator.moved",
        operator="Mai",
        journey="journey",
        plan=new.hash,
        **data,  # type: ignore[arg-type]
    )
    book = story.rulebook
    story.rulebook = Rulebook(book.catalogue, (), book.entering, {**book.plans, new.hash: WalkedPlan(new)}, 2)
    return story


def test_a_move_at_a_wait_goes_on_in_the_new_plan_without_doing_anything_twice() -> None:
    new = next_revision(wait(3), send("hello"), send("hint"), send("bye"))
    story = moved((send("hello"), wait(3), send("hint")), new, at=1)
    assert story.sent() == ["day 0 10:00 hello email", "day 3 10:00 hint email", "day 3 10:00 bye email"]
    assert "skipped done_before" in story.codes()


def test_a_longer_wait_of_the_new_plan_is_counted_from_when_it_began() -> None:
    longer = replace(wait(9), id="wait:3 days")
    assert moved((send("hello"), wait(3), send("hint")), next_revision(longer, send("hint")), at=1).sent()[1:] == [
        "day 9 10:00 hint email"
    ]
    shorter = replace(wait(1), id="wait:3 days")
    assert moved((send("hello"), wait(3), send("hint")), next_revision(shorter, send("hint")), at=2).sent()[1:] == [
        "day 2 10:00 hint email"
    ]


def test_who_cannot_move_stays_and_the_reason_is_told() -> None:
    story = moved((send("hello"), wait(3), send("hint")), next_revision(send("bye")), at=1)
    assert story.sent()[1:] == ["day 3 10:00 hint email"]
    assert "not_moved no_counterpart" in story.codes()


def test_a_step_with_another_name_is_found_by_the_map() -> None:
    new = next_revision(wait(3, "pause"), send("bye"))
    story = moved((send("hello"), wait(3), send("hint")), new, at=1, steps=("wait:3 days=pause",))
    assert story.sent()[1:] == ["day 3 10:00 bye email"]


def test_a_survey_that_waits_for_its_answer_keeps_the_question_and_takes_the_new_time() -> None:
    old, new = (survey(), send("hint")), next_revision(replace(survey(), up_to=wait(2).until.duration), send("bye"))  # type: ignore[union-attr]
    assert moved(old, new, at=1).sent() == ["day 0 10:00 ask email", "day 2 10:00 bye email"]


@pytest.mark.parametrize(("keeping", "left"), [("", 1), ("hash of journey", 0)])
def test_an_operator_ends_a_journey_except_for_those_who_may_stay(keeping: str, left: int) -> None:
    story = Story(a_plan(send("hello"), wait(3), send("hint")), catalogue=uncapped())
    story.then(1, "operator.exited", operator="Mai", journey="journey", keeping=keeping, note="stock ran out")
    played = story.played()
    ended = [each.reason for each in played.left if each.reason.startswith("ended by Mai")]
    assert ended == ["ended by Mai: stock ran out"] * left
