"""What is told of rules, rows and conditions: never chosen, left out, twice (J020 to J024)."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from care.rulebook.checks import boxes
from care.rulebook.workspace import Workspace, load
from tests.rulebook.folders import BROKEN, a_folder, a_journey, loaded, told

Example = Callable[..., Workspace]
OFFER = "  - offer: gifts\n    by: email\n"


def messages(workspace: Workspace) -> list[str]:
    return [problem.message for problem in workspace.problems]


def hints(workspace: Workspace) -> list[str]:
    return [problem.hint for problem in workspace.problems]


def branch(*rules: str) -> str:
    """A branch; a rule is the tests of its ``when``, or ``otherwise``."""
    lines = (
        "- otherwise: continue" if rule == "otherwise" else f"- when: {{{rule}}}\n        then: exit" for rule in rules
    )
    return "  - branch:\n" + "".join(f"      {line}\n" for line in lines)


def gifts(*rows: str, given: str = "csat.last, customer.type", more: str = "") -> str:
    head = f"tables:\n  gifts:\n    given: [{given}]\n    choose: [offer]\n{more}    rows:\n"
    return head + "".join(f"      - {row}\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "never_chosen",
            [
                "row 3 can never be chosen; the rows above already match every case (row 2)",
                "this can never hold: customer.orders at least 2 and customer.orders 1 exclude each other",
                "rule 2 can never be chosen; the rules above already match every case (rule 1)",
                "this can never hold: unhappy and csat.score at least 4 exclude each other",
                "rule 4 can never be chosen; the rules above already match every case (rules 1 and 2)",
            ],
        ),
        (
            "left_out",
            [
                "no row for: order.total at least 10,000,000, csat.score 4 or 5",
                "no row for: csat.score 4 or 5, customer.type at_risk",
                "no rule for: nps.score missing",
                "no rule for: csat.score 3, 4 or 5",
            ],
        ),
        (
            "overlapping_rows",
            [
                "rows 1 and 2 both match when csat.score 4 or 5, customer.type vip",
                "rows 1 and 2 both match when appointment.at between 7 and 30 days ago, order.category dryer",
            ],
        ),
        (
            "needless_otherwise",
            [
                "'otherwise' can never happen: the rows above already match every case",
                "'otherwise' can never happen: the rules above already match every case",
            ],
        ),
    ],
)
def test_the_broken_files_are_told_with_a_witness(name: str, expected: list[str], tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    shutil.copy(BROKEN / f"{name}.yaml", folder / "journeys")
    assert messages(load(folder)) == expected


def test_customer_types_are_told_with_a_witness(tmp_path: Path) -> None:
    types = (BROKEN / "types.cases.yaml").read_text(encoding="utf-8")
    assert messages(loaded(tmp_path, customer_types=types)) == [
        "no rule for: csat.last missing, order.category not dryer",
        "rule 2 can never be chosen; the rules above already match every case (rule 1)",
        "this can never hold: order.total missing never happens",
    ]


def test_a_type_that_need_not_be_known_may_leave_customers_out(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, customer_types="customer.type:\n  - when: {csat.last: at most 2}\n    then: at_risk\n")
    assert told(load(folder)) == ["J021:1:1"]
    catalogue = (folder / "catalog.yaml").read_text(encoding="utf-8")
    (folder / "catalog.yaml").write_text(catalogue.replace("at_risk], always: yes", "at_risk]"), encoding="utf-8")
    assert told(load(folder)) == []


def test_an_otherwise_that_cannot_happen_is_no_error(example: Example) -> None:
    workspace = example(branch("ticket.open: yes", "ticket.open: no", "otherwise"))
    assert [(problem.code, problem.severity) for problem in workspace.problems] == [("J024", "warning")]
    assert workspace.rulebook is not None


def test_a_branch_without_otherwise_may_cover_everything_itself(example: Example) -> None:
    assert told(example(branch("csat.last: at most 2", "csat.last: at least 3", "csat.last: missing"))) == []


def test_what_else_is_left_out_is_in_the_hint(example: Example) -> None:
    workspace = example(branch("csat.last: at most 2", "csat.last: at least 4, customer.type: not vip"))
    assert messages(workspace) == ["no rule for: csat.last 3"]
    assert hints(workspace) == [
        "add '- otherwise: continue', or another path, as the last rule; "
        "nor is there one for: csat.last missing; csat.last 4 or 5, customer.type vip"
    ]


def test_a_case_that_leaves_out_customers_of_a_kind_has_a_code_of_its_own(example: Example) -> None:
    both = branch("customer.type: [new, regular, vip]") + branch("csat.last: at most 5") + "    id: second\n"
    assert told(example(both)) == ["J022:5:5", "J021:8:5"]


def test_one_of_a_table_s_rows_holds_unless_it_says_pick_first(example: Example) -> None:
    rows = ("[any, vip, none]", "[at least 4, any, none]", "otherwise: none")
    workspace = example(OFFER, gifts(*rows))
    assert told(workspace) == ["J023:10:9"]
    assert hints(workspace) == ["make one of them narrower, or write 'pick: first' to take the first that holds"]


def test_with_pick_first_rows_may_overlap(example: Example) -> None:
    rows = ("[any, vip, none]", "[at least 4, any, none]", "otherwise: none")
    latest = gifts(*rows, given="csat.last, customer.type", more="    pick: first\n")
    assert told(example(OFFER, latest)) == []


def test_of_a_row_that_is_never_chosen_no_overlap_is_told(example: Example) -> None:
    workspace = example(OFFER, gifts("[any, any, none]", "[4, vip, none]"))
    assert messages(workspace) == ["row 2 can never be chosen; the rows above already match every case (row 1)"]


def test_a_row_whose_test_never_holds_is_told_with_the_test(example: Example) -> None:
    workspace = example(OFFER, gifts("[any, missing, none]", "[less than 1, any, none]", "[any, any, none]"))
    assert messages(workspace) == [
        "row 1 can never be chosen: customer.type missing never happens",
        "row 2 can never be chosen: csat.last less than 1 never happens",
    ]


def test_a_table_without_rows_covers_nothing(example: Example) -> None:
    assert messages(example(OFFER, "tables:\n  gifts: {given: [ticket.open], choose: [offer], rows: []}\n")) == [
        "no row for: every case"
    ]


def test_rules_that_cannot_be_read_may_cover_what_the_others_leave(example: Example) -> None:
    workspace = example(branch("customer.tpye: vip", "csat.last: at most 3", "csat.last: at most 2"))
    assert told(workspace) == ["J010:6:16", "J020:10:9"]


def test_rows_that_cannot_be_read_may_cover_what_the_others_leave(example: Example) -> None:
    rows = ("[at most 6, vip, none]", "[1, vip, none]", "[at most 2, vip, none]", "[2, vip]", "[3, any, none]")
    assert told(example(OFFER, gifts(*rows))) == ["J012:9:10", "J023:11:9", "J012:12:9"]


def test_columns_that_are_unknown_prove_nothing(example: Example) -> None:
    rows = ("[1, vip, none]", "[2, vip, none]", "otherwise: none")
    assert told(example(OFFER, gifts(*rows, given="csat.scor, customer.type"))) == ["J010:6:13"]


def test_columns_whose_field_could_not_be_read_prove_nothing(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, example=a_journey(OFFER, gifts("[1, vip, none]", "[2, vip, none]")))
    catalogue = (folder / "catalog.yaml").read_text(encoding="utf-8")
    broken = catalogue.replace("csat.last:         {type: number,", "csat.last:         {type: numbr,")
    (folder / "catalog.yaml").write_text(broken, encoding="utf-8")
    assert {problem.code for problem in load(folder).problems} == {"J011"}


def test_rows_of_a_file_are_told_in_the_file(tmp_path: Path) -> None:
    table = "tables:\n  gifts:\n    given: [csat.last, customer.type]\n    choose: [offer]\n    rows: gifts.csv\n"
    folder = a_folder(tmp_path, example=a_journey(OFFER, table))
    sheet = "csat.last,customer.type,offer\nat least 4,any,none\n5,vip,none\nat least 3,vip,none\n"
    (folder / "journeys" / "gifts.csv").write_text(sheet, encoding="utf-8")
    problems = load(folder).problems
    assert [(each.file, each.line, each.column, each.code) for each in problems] == [
        ("journeys/example.yaml", 5, 3, "J021"),
        ("journeys/gifts.csv", 3, 1, "J020"),
        ("journeys/gifts.csv", 4, 1, "J023"),
    ]
    assert "one that begins with 'otherwise'" in problems[0].hint


@pytest.mark.parametrize(
    ("top", "place"),
    [
        ("audience: {order.total: 5, all: [{order.total: 6}]}\n", "J020:4:11"),
        ("goal: {event: order.placed, when: {event.category: not known, any: [{event.category: tv}]}}\n", "J020:4:35"),
        ("exit_when: [{event: order.paid, when: {ticket.open: missing}}]\n", "J020:4:39"),
    ],
)
def test_a_condition_that_can_never_hold_is_told_wherever_it_stands(top: str, place: str, example: Example) -> None:
    assert told(example("  - wait: 1 day\n", top)) == [place]


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        (
            "csat.last: at least 4, any: [{csat.last: at most 2}, {csat.last: 3}]",
            "csat.last at least 4 and what stands under 'any' exclude each other",
        ),
        ("none: [{csat.last: known}, {csat.last: missing}]", "what stands under 'none' never happens"),
        (
            "csat.last: [1, 2], any: [{csat.last: 1}, {ticket.open: yes}], "
            "all: [{csat.last: not 1}, {ticket.open: no}]",
            "its tests exclude each other",
        ),
    ],
)
def test_an_impossible_part_is_named_and_so_are_two(tests: str, why: str, example: Example) -> None:
    step = f"  - wait: 1 day\n    only_if: {{{tests}}}\n"
    assert messages(example(step)) == [f"this can never hold: {why}"]


def test_what_is_told_of_a_definition_is_told_where_it_is_used(example: Example) -> None:
    define = "define:\n  torn: {csat.last: 1, all: [{csat.last: 2}]}\n"
    workspace = example("  - wait: 1 day\n    only_if: {torn: yes}\n", define)
    assert told(workspace) == ["J020:8:14"]
    assert messages(workspace) == ["this can never hold: torn never happens"]
    assert hints(workspace) == [""]


def test_what_cannot_be_decided_is_said(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "MOST", 2)
    workspace = example(branch("csat.last: 3, ticket.open: no", "csat.last: 1, customer.type: vip", "otherwise"))
    assert [(problem.code, problem.severity) for problem in workspace.problems] == [("J021", "warning")]
    assert messages(workspace) == [
        "could not prove that every case is covered and every rule can be chosen: "
        "the tests cut it into more than 2 cases"
    ]


def test_a_condition_that_cannot_be_decided_is_said(example: Example) -> None:
    dates = "{order.placed_at: in the last 7 days}, {order.placed_at: before 2026-02-01}"
    also = dates.replace("order.placed_at", "appointment.at")
    workspace = example(f"  - wait: 1 day\n    only_if: {{any: [{dates}, {also}]}}\n")
    assert [(problem.code, problem.severity) for problem in workspace.problems] == [("J020", "warning")]
    assert messages(workspace)[0].startswith("could not prove that this can ever hold: order.placed_at and appoint")
