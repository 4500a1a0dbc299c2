"""Journey files: what stands beside the steps."""

from collections.abc import Callable
from pathlib import Path

import pytest

from care.domain.journey import EndRule, ReEntry
from care.rulebook.workspace import Workspace
from tests.rulebook.folders import loaded, told

Example = Callable[..., Workspace]
SEND = "  - send: thank_you\n    by: email\n"


def test_goal_and_exits_hear_their_own_order_unless_they_say_otherwise(example: Example) -> None:
    top = (
        "title: Cảm ơn khách\nowner: care@shop.example\ngoal: {event: order.placed, of: customer, within: 60 days}\n"
        "exit_when:\n  - event: order.returned\n  - event: ticket.opened\n    of: customer\n"
    )
    workspace = example(SEND, top)
    assert workspace.rulebook is not None, workspace.problems
    plan = workspace.rulebook.entering["example"].plan
    assert (plan.title, plan.owner, plan.file) == ("Cảm ơn khách", "care@shop.example", "example.yaml")
    assert plan.goal == EndRule("order.placed", None, "customer", 5_184_000, 6)
    assert plan.exit_when == (EndRule("order.returned", line=8), EndRule("ticket.opened", of="customer", line=9))
    assert (plan.trigger.event, plan.trigger.line) == ("order.delivered", 2)


def test_what_is_not_said_has_the_plainest_meaning(example: Example) -> None:
    workspace = example(SEND)
    assert workspace.rulebook is not None
    plan = workspace.rulebook.entering["example"].plan
    assert (plan.title, plan.owner, plan.audience, plan.re_entry) == ("example", "", None, ReEntry("never"))
    assert (plan.goal, plan.exit_when, dict(plan.tables), plan.revision) == (None, (), {}, 0)


@pytest.mark.parametrize(
    ("text", "re_entry"),
    [
        ("never", ReEntry("never")),
        ("always", ReEntry("always")),
        ("once per order", ReEntry("once per order")),
        ("after 30 days", ReEntry("after", 2_592_000)),
    ],
)
def test_re_entry_is_said_in_four_ways(text: str, re_entry: ReEntry, example: Example) -> None:
    workspace = example(SEND, f"re_entry: {text}\n")
    assert workspace.rulebook is not None
    assert workspace.rulebook.entering["example"].plan.re_entry == re_entry


@pytest.mark.parametrize(
    ("top", "problems"),
    [
        ("re_entry: once\n", ["J011:4:11"]),
        ("re_entry: after a while\n", ["J012:4:11"]),
        ("re_entry: after 5 hours\n", ["J012:4:11"]),
        ("re_entry: [never]\n", ["J012:4:11"]),
        ("owner: the team\n", ["J012:4:8"]),
        ("title:\n", ["J012:4:1"]),
        ("goal: order.placed\n", ["J012:4:7"]),
        ("goal: {event: order.placed, within: 4 business days}\n", ["J012:4:37"]),
        ("exit_when: order.returned\n", ["J012:4:12"]),
        ("exit_when: {event: order.returned}\n", ["J012:4:12"]),
        ("exit_when: [{evnt: order.returned}]\n", ["J003:4:14"]),
        ("define: [happy]\n", ["J012:4:9"]),
        ("define: {Happy One: {ticket.open: no}}\naudience: {Happy One: yes}\n", ["J012:4:10"]),
        ("audience:\n", ["J012:4:1"]),
        ("audience: {}\n", ["J012:4:11"]),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place(top: str, problems: list[str], example: Example) -> None:
    assert told(example(SEND, top)) == problems


@pytest.mark.parametrize("text", ["- a\n", "hello\n", "journey: example\n", "steps: []\n", "{}\n", "[]\n"])
def test_a_file_that_is_no_journey_says_what_it_needs(text: str, tmp_path: Path) -> None:
    workspace = loaded(tmp_path, example=text)
    assert workspace.rulebook is None
    assert workspace.problems


def test_a_step_list_must_hold_steps(example: Example) -> None:
    workspace = example("", "exit_when: []\n")
    assert told(workspace) == ["J012:5:1"]
