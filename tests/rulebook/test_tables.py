"""Decision tables, and the steps that name one."""

from collections.abc import Callable

import pytest

from care.domain.conditions import Test as Asked
from care.domain.journey import Row, Table
from care.rulebook.workspace import Workspace
from tests.rulebook.folders import told

Example = Callable[..., Workspace]
OFFER = "  - offer: gifts\n    by: email\n"


def gifts(rows: str, more: str = "") -> str:
    head = (
        f"tables:\n  gifts:\n    given: [customer.type, order.total]\n    choose: [offer, discount]\n{more}    rows:\n"
    )
    return head + "".join(f"      - {row}\n" for row in rows.splitlines())


def test_rows_become_tests_and_words(example: Example) -> None:
    rows = "[[new, vip], at most 50 thousand, premium_care_kit, 20%]\n[not vip, any, none, 0%]\n"
    workspace = example(OFFER, gifts(f"{rows}otherwise: [stand_and_cover, 5%]", "    pick: first\n"))
    assert workspace.rulebook is not None, workspace.problems
    assert workspace.rulebook.entering["example"].plan.tables["gifts"] == Table(
        "gifts",
        ("customer.type", "order.total"),
        ("offer", "discount"),
        (
            Row(
                (Asked("one of", ("new", "vip"), "one of new, vip"), Asked("at most", (50_000,), "at most 50,000")),
                ("premium_care_kit", "20%"),
                10,
            ),
            Row((Asked("is", ("vip",), "not vip", negated=True), None), ("none", "0%"), 11),
            Row((None, None), ("stand_and_cover", "5%"), 12),
        ),
        5,
    )  # fmt: skip


def test_otherwise_may_be_the_first_cell_of_the_last_row(example: Example) -> None:
    workspace = example(OFFER, gifts("[otherwise, stand_and_cover, 5%]"))
    assert workspace.rulebook is not None, workspace.problems
    rows = workspace.rulebook.entering["example"].plan.tables["gifts"].rows
    assert rows == (Row((None, None), ("stand_and_cover", "5%"), 9),)


def chosen(column: str, value: str) -> str:
    return (
        f"tables:\n  pick_one:\n    given: [customer.type]\n    choose: [{column}]\n    rows:\n      - [any, {value}]\n"
    )


@pytest.mark.parametrize(
    ("column", "value", "step"),
    [
        ("template", "thank_you", "send: pick_one\n    by: email"),
        ("template", "csat_washing_machine", "survey: csat\n    ask: pick_one\n    by: email\n    up_to: 1 day"),
        ("offer", "none", "offer: pick_one\n    by: email"),
        ("queue", "care_team", "ticket: pick_one\n    up_to: 1 day"),
        ("channel", "sms", "send: thank_you\n    by: pick_one"),
        ("channel", "none", "send: thank_you\n    by: email\n    fallback: pick_one"),
        ("path", "late", "wait_for: order.paid\n    up_to: 1 day\n    otherwise: pick_one"),
        ("path", "late", "branch:\n      - otherwise: pick_one"),
    ],
)
def test_a_table_may_choose_wherever_a_name_is_expected(column: str, value: str, step: str, example: Example) -> None:
    paths = "paths:\n  late:\n    - exit: late\n" if column == "path" else ""
    assert told(example(f"  - {step}\n{paths}", chosen(column, value))) == []


@pytest.mark.parametrize(
    ("column", "value", "step", "problem"),
    [
        ("template", "thank_yo", "send: pick_one\n    by: email", "J010:9:15"),
        ("offer", "kit", "offer: pick_one\n    by: email", "J010:9:15"),
        ("queue", "none", "ticket: pick_one\n    up_to: 1 day", "J010:9:15"),
        ("channel", "zalo", "send: thank_you\n    by: pick_one", "J014:9:15"),
        ("path", "late", "branch:\n      - otherwise: pick_one", "J010:9:15"),
        ("words", "late", "send: pick_one\n    by: email", "J010:11:11"),
        ("template", "review_please", "send: pick_one\n    by: sms", "J014:12:9"),
    ],
)
def test_what_a_table_may_not_choose_is_told(
    column: str, value: str, step: str, problem: str, example: Example
) -> None:
    assert told(example(f"  - {step}\n", chosen(column, value))) == [problem]


def test_a_table_may_not_have_the_name_of_what_it_stands_for(example: Example) -> None:
    top = chosen("offer", "none").replace("pick_one", "stand_and_cover")
    workspace = example("  - offer: stand_and_cover\n    by: email\n", top)
    assert [problem.message for problem in workspace.problems] == [
        "'stand_and_cover' is the name of a template already",
        "'stand_and_cover' is the name of an offer already",
    ]


@pytest.mark.parametrize(
    ("table", "problems"),
    [
        ("gifts: [a]", ["J012:5:10"]),
        ("gifts: {given: [customer.typ], choose: [offer], rows: [[any, none]]}", ["J010:5:19"]),
        ("gifts: {given: [ticket.open], choose: [offer, offer], rows: []}", ["J002:5:49"]),
        ("gifts: {given: [ticket.open], choose: [offer], rows: [x, {a: b}]}", ["J012:5:57", "J003:5:60"]),
        ("gifts: {given: [ticket.open], choose: [offer], rows: [[any]]}", ["J012:5:57"]),
        ("gifts: {given: [ticket.open], choose: [offer], pick: last, rows: [[any, none]]}", ["J011:5:56"]),
        ("gifts: {given: [ticket.open], choose: [offer], rows: [[any, [none]]]}", ["J012:5:63"]),
        ("gifts: {choose: [offer], rows: [[none]]}", ["J003:5:3"]),
    ],
)
def test_a_table_that_cannot_be_read_is_told_at_its_place(table: str, problems: list[str], example: Example) -> None:
    found = told(example(OFFER, f"tables:\n  {table}\n"))
    assert [problem for problem in found if not problem.startswith("J010:7")] == problems
