"""Conditions: field tests, groups and definitions."""

from collections.abc import Callable

import pytest

from care.domain.conditions import FieldTest, Group, Named
from care.domain.conditions import Test as Asked
from care.rulebook.workspace import Workspace
from tests.rulebook.folders import told

Example = Callable[..., Workspace]
SEND = "  - send: thank_you\n    by: email\n"


def audience(workspace: Workspace) -> object:
    assert workspace.rulebook is not None, workspace.problems
    return workspace.rulebook.entering["example"].plan.audience


VIP = FieldTest("customer.type", Asked("is", ("vip",), "vip"))
CLOSED = FieldTest("ticket.open", Asked("is", (False,), "no"))


def test_one_test_stands_alone_and_several_must_all_hold(example: Example) -> None:
    assert audience(example(SEND, "audience: {customer.type: vip}\n")) == VIP


def test_groups_nest(example: Example) -> None:
    top = "audience:\n  ticket.open: no\n  any:\n    - customer.type: vip\n    - none: [{ticket.open: no}]\n"
    expected = Group("all", (CLOSED, Group("any", (VIP, Group("none", (CLOSED,))))))
    assert audience(example(SEND, top)) == expected


def test_any_of_settings_means_any_one_of_them(example: Example) -> None:
    top = "audience:\n  any: {customer.type: vip, ticket.open: no}\n"
    assert audience(example(SEND, top)) == Group("any", (VIP, CLOSED))


def test_a_list_of_values_means_one_of_them(example: Example) -> None:
    top = "audience: {customer.type: [new, vip]}\n"
    assert audience(example(SEND, top)) == FieldTest(
        "customer.type", Asked("one of", ("new", "vip"), "one of new, vip")
    )


def test_a_definition_is_a_yes_no_field_and_carries_its_condition(example: Example) -> None:
    top = "define:\n  big: {customer.type: vip}\n  small: {big: no}\naudience: {small: yes, big: not yes}\n"
    big = Named("big", VIP, wanted=False)
    assert audience(example(SEND, top)) == Group("all", (Named("small", big), big))


def test_what_is_no_condition_is_refused(example: Example) -> None:
    top = "audience: vip\ngoal: {event: order.paid, when: {any: [], all: vip, none: {}}}\n"
    workspace = example(SEND, top)
    assert told(workspace) == ["J012:4:11", "J012:5:34", "J012:5:43", "J012:5:53"]


def test_a_definition_is_only_yes_or_no(example: Example) -> None:
    top = "define: {big: {customer.type: vip}}\naudience: {big: at least 3}\n"
    workspace = example(SEND, top)
    assert told(workspace) == ["J012:5:17"]
    assert workspace.problems[0].hint == "write 'big: yes' or 'big: no'"


def test_definitions_built_on_one_another_without_end_are_refused(example: Example) -> None:
    chain = "".join(f"  d{number}: {{d{number + 1}: yes}}\n" for number in range(400))
    workspace = example(SEND, f"define:\n{chain}  d400: {{ticket.open: no}}\naudience: {{d0: yes}}\n")
    assert {problem.code for problem in workspace.problems} == {"J032"}


def test_an_event_is_at_hand_only_where_one_is_heard(example: Example) -> None:
    top = (
        "define: {spare: {event.category: accessory}}\naudience: {spare: yes}\n"
        "goal: {event: order.placed, of: customer, when: {event.category: accessory}}\n"
    )
    workspace = example("  - wait_for: order.placed\n    when: {spare: yes}\n    up_to: 1 day\n", top)
    assert workspace.rulebook is not None


def test_a_definition_of_the_event_cannot_be_asked_later(example: Example) -> None:
    top = "define: {spare: {event.category: accessory}}\n"
    assert told(example(f"{SEND}    only_if: {{spare: yes}}\n", top)) == ["J010:8:15"]


@pytest.mark.parametrize(
    ("when", "hint"),
    [
        ("big", "write {big: yes}"),
        ("ticket.open", "write {ticket.open: yes}"),
        ("whatever", "write 'field: test' lines, for example {csat.score: at most 2}"),
    ],
)
def test_a_name_without_a_test_is_told_what_is_missing(example: Example, when: str, hint: str) -> None:
    workspace = example(SEND, f"define:\n  big: {{customer.type: vip}}\naudience: {when}\n")
    assert workspace.problems[-1].hint == hint


def test_a_test_without_its_colon_is_told_once(example: Example) -> None:
    workspace = example(SEND, "audience: {customer.type vip}\n")
    assert [problem.hint for problem in workspace.problems] == [
        "write 'customer.type: vip', with a space after the colon"
    ]


def test_a_misspelt_definition_is_not_told_as_unused_too(example: Example) -> None:
    workspace = example(SEND, "define:\n  unhappy: {customer.type: vip}\naudience: {unhapy: yes}\n")
    assert [problem.code for problem in workspace.problems] == ["J010"]
