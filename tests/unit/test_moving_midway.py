"""Moving a customer who is in the middle of something: nothing is done twice, nothing that was begun is lost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from care.domain.catalogue import Endpoint, Field
from care.domain.happenings import EXITED, MOVED
from care.domain.journey import Plan
from care.domain.moving import landing
from care.domain.orders import EscalateTicket
from care.domain.rulebook import WalkedPlan
from care.domain.steps import Assignment, Repeat, SetStep, Step, Webhook
from tests.builders import Story, a_plan, branch, days, hours, send, survey, ticket, uncapped, wait
from tests.byhand import ByHand
from tests.operated import Operated, the_next

MOOD = Field("journey.mood", "choice", ("glad", "sad"))
ENDPOINTS = {name: Endpoint(name, f"https://{name}.example/hooks") for name in ("crm", "erp")}
KNOWING = replace(uncapped(), fields={MOOD.name: MOOD}, endpoints=ENDPOINTS)
NO_STEPS: Mapping[str, str] = {}
NEXT = "hash of journey, 2"


def operated(*steps: Step, **paths: tuple[Step, ...]) -> Operated:
    return Operated(a_plan(*steps, paths=paths), catalogue=KNOWING)


def led(*steps: Step, **paths: tuple[Step, ...]) -> ByHand:
    return ByHand(Story(a_plan(*steps, paths=paths), catalogue=KNOWING))


def anew(*steps: Step, revision: int = 2, **paths: tuple[Step, ...]) -> Plan:
    return the_next(a_plan(*steps, paths=paths), revision)


def sent(story: Operated) -> list[str]:
    return [text.split()[3] for text in story.sent()]


def keys(story: Operated) -> Counter[str]:
    return Counter(message.key for message in story.played().messages)


def named(step: Step, name: str) -> Step:
    return replace(step, id=name)


def move(
    life: ByHand, day: float, plan: str = NEXT, *, publication: int = 2, steps: Mapping[str, str] = NO_STEPS
) -> ByHand:
    words = tuple(f"{old}={new}" for old, new in steps.items())
    return life.hears(day, MOVED, journey="journey", plan=plan, steps=words, publication=publication, operator="Mai")


def test_the_answer_to_a_question_counts_although_its_step_has_another_name_now() -> None:
    life = led(survey(), send("bye")).settles(0, "sent").publishes(anew(named(survey(), "how_was_it"), send("hint")))
    about = f"{life.run.id}/survey:csat/1"
    move(life, 1, steps={"survey:csat": "how_was_it"}).hears(2, "csat.answered", about=about, score=5)
    assert [order.key.split("/")[1] for order in life.orders] == ["send:hint"]


def test_the_answer_to_a_question_counts_although_its_step_came_up_to_the_main_list() -> None:
    path = (survey(), send("bye"))
    twice = Repeat("repeat:again", 1, "again", 3)
    life = led(twice, again=path).settles(0, "sent").hears(1, "csat.answered", score=3).settles(1, "sent")
    life.settles(1, "sent").publishes(anew(survey(), send("hint"), named(twice, "repeat:other"), again=(wait(1),)))
    about = f"{life.run.id}/survey:csat/2"
    move(life, 2).hears(3, "csat.answered", about=about, score=5)
    assert [order.key.split("/")[1] for order in life.orders] == ["send:hint"]


def test_a_webhook_that_is_under_way_is_finished_before_the_move() -> None:
    ask = Webhook("webhook:crm", 1, "crm", hours(2))
    life = led(ask, wait(3), send("bye")).publishes(anew(named(ask, "webhook:erp"), wait(3), send("hint")))
    move(life, 0.01, steps={"webhook:crm": "webhook:erp"})
    assert "moved" not in life.told
    life.settles(0.02, "done")
    assert "moved" in life.told
    assert life.wakes(3.02).orders[0].key.split("/")[1] == "send:hint"


def test_a_repeat_that_got_another_name_goes_on_counting() -> None:
    again = Repeat("repeat:again", 1, "again", 3)
    new = anew(named(again, "repeat:more"), send("bye"), again=(send("hint"), wait(1)))
    story = operated(again, send("bye"), again=(send("hint"), wait(1)))
    story.published(1.5, new, **{"repeat:again": "repeat:more"})
    assert sent(story) == ["hint", "hint", "hint", "bye"]
    assert set(keys(story).values()) == {1}


def test_a_repeated_path_that_got_another_name_never_uses_a_key_again() -> None:
    old, new = Repeat("repeat", 1, "again", 4), Repeat("repeat", 1, "once_more", 4)
    path = (wait(1), send("hint"))
    story = operated(old, send("bye"), again=path)
    story.published(2.5, anew(new, send("bye"), once_more=path))
    assert sent(story) == ["hint", "hint", "hint", "hint", "bye"]
    assert set(keys(story).values()) == {1}


def test_fewer_passes_than_were_walked_already_end_the_repeat() -> None:
    again = Repeat("repeat", 1, "again", 5, days(10))
    story = operated(again, send("bye"), again=(send("hint"), wait(1)))
    story.published(25, anew(replace(again, times=2), send("bye"), again=(send("hint"), wait(1))))
    assert story.sent()[-1] == "day 25 10:00 bye email"
    assert sent(story) == ["hint", "hint", "hint", "bye"]


def test_what_a_path_did_is_not_done_again_on_the_main_list() -> None:
    aside = branch((None, "aside"))
    story = operated(aside, named(aside, "and again"), wait(2), aside=(send("hello"),))
    story.published(1, anew(wait(2), send("hello"), send("bye")))
    assert sent(story) == ["hello", "hello", "bye"]
    assert set(keys(story).values()) == {1}


def test_a_reminder_on_the_main_list_does_not_take_the_key_of_one_in_an_earlier_pass() -> None:
    asking = survey(up_to=days(4), remind=days(2))
    again = Repeat("repeat", 1, "again", 3)
    story = operated(again, again=(asking, wait(1)))
    story.published(6, anew(asking, again, again=(wait(1), send("bye"))))
    reminders = [message.key for message in story.played().messages if message.part]
    assert len(reminders) == 2
    assert set(keys(story).values()) == {1}


def test_what_the_main_list_did_is_not_done_again_in_the_first_pass_of_a_path() -> None:
    again = Repeat("repeat", 1, "again", 2)
    story = operated(send("hello"), wait(2)).published(1, anew(wait(2), again, again=(send("hello"), send("bye"))))
    assert sent(story) == ["hello", "bye", "hello", "bye"]
    assert set(keys(story).values()) == {1}


def test_the_caller_of_a_path_is_not_asked_again_when_the_path_came_up_to_the_main_list() -> None:
    aside = branch((None, "aside"))
    story = operated(aside, send("bye"), aside=(wait(2), send("hello")))
    story.published(1, anew(wait(2), aside, send("bye"), aside=(send("hello"),)))
    assert sent(story) == ["bye"]


def test_a_step_of_the_same_decision_is_not_done_again_either() -> None:
    note = SetStep("set:mood", 1, (Assignment(MOOD.name, "is", "glad", 1),))
    story = operated(wait(1), note, wait(2), send("bye"))
    story.published(1, anew(wait(2), note, send("bye")))
    entries = [entry.kind for entry in story.played().entries if entry.step == "set:mood"]
    assert entries == ["set", "skipped"]


def test_names_that_changed_in_two_moves_are_followed_through_both() -> None:
    story = operated(send("hello"), wait(5), send("bye"))
    story.published(1, anew(wait(5), named(send("hello"), "greeting"), send("bye")), **{"send:hello": "greeting"})
    last = anew(wait(5), named(send("hello"), "welcome"), send("bye"), revision=3)
    story.published(2, last, greeting="welcome")
    assert sent(story) == ["hello", "bye"]


def test_a_step_that_was_away_for_a_revision_is_not_done_again_when_it_comes_back() -> None:
    story = operated(send("hello"), wait(5), send("bye"))
    story.published(1, anew(wait(5), send("bye")))
    story.published(2, anew(wait(5), send("hello"), send("bye"), revision=3))
    assert sent(story) == ["hello", "bye"]


def test_somebody_whose_path_came_up_to_the_main_list_lands_there_although_its_branch_is_gone() -> None:
    old = WalkedPlan(a_plan(branch((None, "aside")), paths={"aside": (wait(2),)}))
    assert landing(("branch", "wait:2 days"), old, WalkedPlan(a_plan(wait(2))), {}).at == ("wait:2 days",)


def test_nobody_moves_to_a_plan_that_names_what_the_catalogue_lost_meanwhile() -> None:
    life = led(wait(3), send("bye")).publishes(anew(wait(3), named(send("gone"), "send:gone")))
    move(life, 1)
    assert life.told[-1] == "not_moved plan_lacks"
    assert "template 'gone'" in life.decisions[-1].entries[-1].reason
    assert life.wakes(3).orders[0].key.split("/")[1] == "send:bye"


def test_a_command_of_an_earlier_publication_changes_nothing_any_more() -> None:
    life = led(wait(9), send("bye"))
    life.publishes(anew(wait(9), send("hint"))).publishes(anew(wait(9), send("hello"), revision=3))
    move(life, 1, "hash of journey, 3", publication=3)
    move(life, 2, NEXT, publication=2)
    assert life.run.plan == "hash of journey, 3"


@pytest.mark.parametrize("kind", [MOVED, EXITED])
def test_an_earlier_publication_neither_moves_nor_ends_what_was_entered_by_a_later_one(kind: str) -> None:
    life = led(wait(9), send("bye"))
    life.publishes(anew(wait(9), send("hint"))).publishes(anew(wait(9), send("hello"), revision=3))
    life.story.then(1, "order.delivered", "o2")
    life.happens(life.story.script[1])
    first, second = life.state.enrolments
    assert (first.publication, second.publication) == (1, 3)
    life.hears(2, kind, journey="journey", plan=NEXT, keeping=NEXT, steps=(), publication=2, operator="Mai")
    left = [each for each in life.state.enrolments if each.id != second.id]
    assert [each.plan for each in left] == ([NEXT] if kind == MOVED else [])
    assert second.plan == "hash of journey, 3"


def test_going_back_takes_a_move_back_that_was_only_wanted() -> None:
    life = led(send("hello"), wait(3), send("bye")).publishes(anew(send("hello"), wait(3), send("hint")))
    move(life, 0, publication=2)
    assert life.run.moving is not None
    move(life, 0, "hash of journey", publication=3)
    assert life.settles(0.1, "sent").run.plan == "hash of journey"


def test_a_ticket_is_not_escalated_to_nobody() -> None:
    old = ticket(sla=hours(8), escalate_to="leads")
    life = led(old, send("bye")).settles(0, "done").publishes(anew(ticket(), send("bye")))
    move(life, 0.1).wakes(2)
    assert not any(isinstance(order, EscalateTicket) for order in life.orders)


@pytest.mark.parametrize(("old", "new", "due"), [(3, 2, 2), (3, None, 7), (None, 2, 2), (3, 5, 5)])
def test_a_reminder_comes_when_the_new_plan_says(old: int | None, new: int | None, due: float) -> None:
    before, after = (survey(remind=days(day) if day else None) for day in (old, new))
    life = led(before, send("bye")).settles(0, "sent").publishes(anew(after, send("bye")))
    move(life, 1.5)
    assert life.wake == due


def test_a_reminder_that_would_have_come_already_by_the_new_plan_comes_at_once() -> None:
    life = led(survey(remind=days(3)), send("bye")).settles(0, "sent").publishes(anew(survey(remind=days(1))))
    assert [order.key.split("/")[1] for order in move(life, 2).orders] == ["survey:csat+remind"]


def test_nobody_is_reminded_twice() -> None:
    life = led(survey(remind=days(1)), send("bye")).settles(0, "sent").wakes(1).settles(1, "sent")
    life.publishes(anew(survey(remind=days(3)), send("bye")))
    assert move(life, 1.5).wake == 7


def test_a_repeat_that_is_moved_while_it_stands_still_waits_no_longer_than_the_pause() -> None:
    again = Repeat("repeat", 1, "again", 2, days(4))
    story = operated(again, again=(send("hint"),)).paused(1).published(5, anew(again, again=(send("hint"),)))
    assert story.resumed(6).sent() == ["day 0 10:00 hint email", "day 9 10:00 hint email"]
