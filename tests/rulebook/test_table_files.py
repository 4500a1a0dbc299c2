"""Decision tables written in a spreadsheet: CSV files beside the journeys."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.domain.conditions import Test as Asked
from care.domain.journey import Row
from care.rulebook.changes import changes
from care.rulebook.findings import Findings
from care.rulebook.reader import Text
from care.rulebook.sheets import lines_of_cells
from care.rulebook.workspace import Workspace, load
from tests.rulebook.folders import a_folder, a_journey

TOP = "tables:\n  gifts:\n    given: [customer.type, order.total]\n    choose: [offer, discount]\n    rows: gifts.csv\n"
JOURNEY = a_journey("  - offer: gifts\n    by: email\n", TOP)
HEAD = "customer.type,order.total,offer,discount\n"
FOUR = "vip,any,none,0%\nregular,any,none,0%\nnew,any,none,0%\nat_risk,any,none,0%\n"


def with_sheet(tmp_path: Path, sheet: str | bytes, name: str = "gifts.csv", journey: str = JOURNEY) -> Workspace:
    folder = a_folder(tmp_path, example=journey)
    (folder / "journeys" / name).write_bytes(sheet if isinstance(sheet, bytes) else sheet.encode())
    return load(folder)


def rows(workspace: Workspace) -> tuple[Row, ...]:
    assert workspace.rulebook is not None, workspace.problems
    return workspace.rulebook.entering["example"].plan.tables["gifts"].rows


def places(workspace: Workspace) -> list[str]:
    return [f"{each.file}:{each.line}:{each.column} {each.code}" for each in workspace.problems]


MEANT = (
    Row(
        (Asked("one of", ("new", "vip"), "one of new, vip"), Asked("at most", (5_000_000,), "at most 5,000,000")),
        ("premium_care_kit", "20%"),
        2,
    ),
    Row((None, None), ("stand_and_cover", "5%"), 3),
)


@pytest.mark.parametrize(
    "sheet",
    [
        f'{HEAD}"new, vip","at most 5,000,000",premium_care_kit,20%\notherwise,,stand_and_cover,5%\n',
        f'{HEAD}"one of new, vip","at most 5,000,000",premium_care_kit,20%\notherwise,any,stand_and_cover,5%',
        f'{HEAD}"[new, vip]",at most 5 million, premium_care_kit , 20% \notherwise,,stand_and_cover,5%\n,,,\n',
        "\ufeffcustomer.type;order.total;offer;discount;\r\n"
        "new, vip;at most 5,000,000;premium_care_kit;20%;\r\notherwise;;stand_and_cover;5%;\r\n;;;;\r\n",
        "customer.type\torder.total\toffer\tdiscount\nnew, vip\tat most 5000000\tpremium_care_kit\t20%\n"
        "otherwise\t\tstand_and_cover\t5%\n",
        f'{HEAD}"new, vip","at most 5,000,000",premium_care_kit,20%\notherwise,stand_and_cover,5%\n',
    ],
    ids=["quotes", "words", "brackets", "spreadsheet in Vietnam", "tabs", "by hand"],
)
def test_a_spreadsheet_says_the_same_as_rows_in_yaml(sheet: str, tmp_path: Path) -> None:
    assert rows(with_sheet(tmp_path, sheet)) == MEANT


def test_the_sheet_is_kept_with_the_sources_and_named_by_its_table(tmp_path: Path) -> None:
    workspace = with_sheet(tmp_path, f"{HEAD}otherwise,,none,0%\n")
    assert workspace.sources["journeys/gifts.csv"] == f"{HEAD}otherwise,,none,0%\n"
    assert workspace.rulebook is not None
    plan = workspace.rulebook.entering["example"].plan
    assert (plan.tables["gifts"].file, plan.tables["gifts"].rows[0].line) == ("gifts.csv", 2)


def test_a_cell_over_two_lines_does_not_move_the_lines_below(tmp_path: Path) -> None:
    sheet = f'{HEAD}vip,"at most\n5 million",none,0%\nvip,more than 5 million,kit,0%\n'
    assert "journeys/gifts.csv:4:25 J010" in places(with_sheet(tmp_path, sheet))


def test_a_changed_cell_is_a_change_of_the_table_and_a_moved_row_file_is_none(tmp_path: Path) -> None:
    def plans(name: str, text: str, discount: str) -> Workspace:
        (tmp_path / text).mkdir()
        journey = JOURNEY.replace("gifts.csv", name)
        return with_sheet(tmp_path / text, f"{HEAD}otherwise,,none,{discount}\n", name, journey)

    first, other, moved = (plans("gifts.csv", "a", "0%"), plans("gifts.csv", "b", "5%"), plans("new.csv", "c", "0%"))
    old, new, same = (each.rulebook.entering["example"].plan for each in (first, other, moved) if each.rulebook)
    assert [each.text for each in changes({"example": old}, {"example": new})] == ["table gifts changed"]
    assert old.hash != new.hash
    assert old.hash == same.hash


@pytest.mark.parametrize(
    ("sheet", "told"),
    [
        ("", ["journeys/gifts.csv:1:1 J001"]),
        ("\n\n", ["journeys/gifts.csv:1:1 J001"]),
        (HEAD, ["journeys/gifts.csv:1:1 J012"]),
        ("customer.type,order.total,offer\nvip,any,none\n", ["journeys/gifts.csv:1:1 J012"]),
        (f"{HEAD[:-1]},more\nvip,any,none,0%,x\n", ["journeys/gifts.csv:1:42 J012"]),
        (f"{HEAD}{FOUR}vip,any,none,0%,x\n", ["journeys/gifts.csv:6:1 J012"]),
        (f'{HEAD}{FOUR}"vip" ,any,none,0%\n', ["journeys/gifts.csv:6:1 J001"]),
        (f'{HEAD}{FOUR}vip,any,"none,0%\n', ["journeys/gifts.csv:6:9 J001"]),
        (f"{HEAD}vip,any,none,\xff%\n".encode("latin-1"), ["journeys/gifts.csv:2:14 J001"]),
        (f"{HEAD}vip,any,no\x00ne,0%\n", ["journeys/gifts.csv:2:11 J001"]),
    ],
)
def test_what_is_wrong_in_a_sheet_is_told_in_the_sheet(sheet: str | bytes, told: list[str], tmp_path: Path) -> None:
    assert places(with_sheet(tmp_path, sheet)) == told


def test_a_name_that_a_sheet_chooses_is_looked_up_like_one_in_yaml(tmp_path: Path) -> None:
    workspace = with_sheet(tmp_path, f"{HEAD}otherwise,,stand_and_covr,5%\n")
    assert places(workspace) == ["journeys/gifts.csv:2:12 J010"]
    assert workspace.problems[0].hint == "did you mean 'stand_and_cover'?"


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "sub/gifts.csv", "gifts.CSV", "gifts", "a\x7fb.csv"])
def test_a_file_that_does_not_stand_beside_the_journey_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret", encoding="utf-8")
    workspace = load(a_folder(tmp_path, example=JOURNEY.replace("gifts.csv", f'"{name}"'.replace("\x7f", "\\x7f"))))
    assert [(each.file, each.line) for each in workspace.problems] == [("journeys/example.yaml", 8)]
    assert all("secret" not in file for file in workspace.sources)


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(f"{HEAD}otherwise,,none,0%\n", encoding="utf-8")
    folder = a_folder(tmp_path, example=JOURNEY)
    (folder / "journeys" / "gifts.csv").symlink_to(tmp_path / "secret.csv")
    (problem,) = load(folder).problems
    assert (problem.code, problem.message) == ("J012", "'gifts.csv' leads out of the folder")


def test_a_sheet_that_no_table_reads_is_told_once_everything_else_is_right(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, example=a_journey("  - wait: 1 day\n"))
    for name in ("one.csv", "two.csv"):
        (folder / "journeys" / name).write_text(HEAD, encoding="utf-8")
    (folder / "stray.csv").write_text(HEAD, encoding="utf-8")
    assert places(load(folder)) == [
        "journeys/one.csv:1:1 J031",
        "journeys/two.csv:1:1 J031",
        "stray.csv:1:1 J001",
    ]
    (folder / "journeys" / "example.yaml").write_text(a_journey("  - wait: 1 month\n"), encoding="utf-8")
    assert [place.partition(" ")[2] for place in places(load(folder))] == ["J013", "J001"]


@given(st.text(alphabet='ab1 ",;\n\r\t', max_size=30))
def test_every_cell_is_found_where_the_csv_module_reads_it(text: str) -> None:
    findings = Findings("a.csv")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for row in lines_of_cells(text, findings):
        for cell in row.items:
            assert isinstance(cell, Text)
            rest = lines[cell.line - 1][cell.column - 1 :].lstrip()
            assert rest.startswith(('"', *cell.value.splitlines()[:1])) or not cell.value
    separator = max(",;\t", key=lines[0].count)
    if not findings.problems:
        read = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True, skipinitialspace=True)
        wanted = [[cell.strip() for cell in row] for row in read if any(cell.strip() for cell in row)]
        assert [
            [cell.value for cell in row.items if isinstance(cell, Text)] for row in lines_of_cells(text, findings)
        ] == wanted
