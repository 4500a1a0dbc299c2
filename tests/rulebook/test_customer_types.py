"""Customer types."""

from pathlib import Path

import pytest

from care.domain.conditions import FieldTest
from care.domain.conditions import Test as Asked
from care.domain.rulebook import CustomerType, TypeRule
from tests.rulebook.folders import loaded, told


def test_rules_are_taken_in_order_with_their_lines(tmp_path: Path) -> None:
    text = "customer.motive:\n  - when: {customer.orders: at least 3}\n    then: loyal\n  - otherwise: need_based\n"
    workspace = loaded(tmp_path, customer_types=text)
    assert workspace.rulebook is not None, workspace.problems
    several = FieldTest("customer.orders", Asked("at least", (3,), "at least 3"))
    rules = (TypeRule(several, "loyal", 2), TypeRule(None, "need_based", 4))
    assert workspace.rulebook.types == (CustomerType("customer.motive", rules),)


def test_a_shop_may_have_no_customer_types(tmp_path: Path) -> None:
    workspace = loaded(tmp_path)
    assert workspace.rulebook is not None
    assert len(workspace.rulebook.types) == 2


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("- otherwise: new\n", ["J012:1:1"]),
        ("customer.type: new\n", ["J012:1:1"]),
        ("customer.type: []\n", ["J012:1:1"]),
        ("customer.type:\n  - when: {event.category: dryer}\n    then: vip\n", ["J010:2:12"]),
        ("customer.type:\n  - when: {customer.motive: loyal}\n", ["J003:2:5"]),
        ("customer.type:\n  - otherwise: gold\n", ["J011:2:16"]),
        ("customer.type:\n  - when: {customer.type: vip}\n    then: vip\n", ["J022:1:1", "J032:1:1"]),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place(text: str, problems: list[str], tmp_path: Path) -> None:
    workspace = loaded(tmp_path, customer_types=text)
    assert workspace.rulebook is None
    assert told(workspace) == problems
