"""Moving customers to another plan of their journey."""

import pytest

from care.domain.journey import MAIN, Plan, Trigger
from care.domain.moments import Duration, For
from care.domain.moving import landing
from care.domain.rulebook import WalkedPlan
from care.domain.steps import Branch, Repeat, Rule, Send, Wait

DAY = 86_400


def a_wait(name: str, days: int = 3) -> Wait:
    return Wait(name, 1, For(Duration(days * DAY, text=f"{days} days")), f"{days} days")


def a_send(name: str) -> Send:
    return Send(name, 1, name, ("email",))


def a_plan(*steps: object, **paths: tuple[object, ...]) -> WalkedPlan:
    return WalkedPlan(Plan("care", "Care", "", "care.yaml", Trigger("order.placed"), {MAIN: steps, **paths}))  # type: ignore[arg-type, dict-item]


def test_the_same_step_in_the_new_plan_is_where_one_lands() -> None:
    old, new = a_plan(a_wait("pause")), a_plan(a_send("hello"), a_wait("pause", 9))
    assert landing(("pause",), old, new, {}).at == ("pause",)


@pytest.mark.parametrize(
    ("new", "trouble"),
    [
        (a_plan(a_send("hello")), "step pause is not in the new plan"),
        (a_plan(a_send("pause")), "step pause is a send in the new plan, not a wait"),
    ],
)
def test_a_step_without_a_counterpart_says_why(new: WalkedPlan, trouble: str) -> None:
    assert landing(("pause",), a_plan(a_wait("pause")), new, {}).trouble == trouble


def test_an_explicit_map_finds_the_step_by_its_new_name() -> None:
    new = a_plan(a_wait("longer_pause"))
    assert landing(("pause",), a_plan(a_wait("pause")), new, {"pause": "longer_pause"}).at == ("longer_pause",)


def branching(target: str, *, at: str = "choose") -> WalkedPlan:
    paths = {"late": (a_wait("pause"),), "other": (a_send("hello"),)}
    return a_plan(Branch(at, 1, (Rule(None, target, 1),)), a_send("end"), **paths)


def test_inside_a_path_the_caller_must_still_lead_there() -> None:
    old = branching("late")
    assert landing(("choose", "pause"), old, branching("late"), {}).at == ("choose", "pause")
    assert "choose does not lead" in landing(("choose", "pause"), old, branching("other"), {}).trouble


def test_a_step_that_came_up_to_the_main_list_is_landed_on_there() -> None:
    flat = a_plan(a_send("end"), a_wait("pause"), Branch("choose", 1, (Rule(None, "continue", 1),)))
    assert landing(("choose", "pause"), branching("late"), flat, {}).at == ("pause",)


def test_a_repeat_is_a_caller_like_a_branch() -> None:
    looped = a_plan(Repeat("choose", 1, "late", 3), late=(a_wait("pause"),))
    assert landing(("choose", "pause"), looped, looped, {}).at == ("choose", "pause")
    assert (
        "is a repeat in the new plan, not a branch"
        in landing(("choose", "pause"), branching("late"), looped, {}).trouble
    )
