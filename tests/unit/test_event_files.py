"""Reading files of events: CSV cells get their type, and every problem its line."""

from pathlib import Path
from typing import Any

import pytest

from care.cli.event_files import EventFileError, Row, event_of_json, read_events
from care.domain.catalogue import Field

FIELDS = {
    field.name: field
    for field in (
        Field("order.total", "number"),
        Field("order.store", "text"),
        Field("order.category", "choice", ("tv", "7")),
        Field("order.discounted_share", "percent"),
        Field("customer.tags", "list"),
        Field("customer.member", "yes/no"),
        Field("order.placed_at", "date"),
        Field("event.category", "choice", same_as="order.category"),
        Field("event.amount", "number", same_as="order.total"),
    )
}
HEAD = "id,source,type,time,customer.id"
FIRST = "e1,shop,order.delivered,2026-03-02T10:00:00+07:00,KH-1"


def rows_of(folder: Path, text: str, name: str = "orders.csv", encoding: str = "utf-8") -> list[Row]:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return list(read_events(path, FIELDS))


def only_event(folder: Path, columns: str, cells: str, encoding: str = "utf-8") -> dict[str, Any]:
    (row,) = rows_of(folder, f"{HEAD},{columns}\n{FIRST},{cells}\n", encoding=encoding)
    assert row.event is not None, row.problem
    return row.event


def test_dotted_columns_become_an_event(tmp_path: Path) -> None:
    event = only_event(tmp_path, "customer.email,order.id,order.total,data.score", "lan@example.vn,DH-1,12500000,5")
    assert event == {
        "id": "e1",
        "source": "shop",
        "type": "order.delivered",
        "time": "2026-03-02T10:00:00+07:00",
        "customer": {"id": "KH-1", "email": "lan@example.vn"},
        "order": {"id": "DH-1", "total": 12500000},
        "data": {"score": 5},
    }


def test_empty_cells_are_missing(tmp_path: Path) -> None:
    event = only_event(tmp_path, "customer.email,order.id,order.total", ",,  ")
    assert event["customer"] == {"id": "KH-1"}
    assert "order" not in event


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("order.total", "12.5", 12.5),
        ("order.total", "1e3", 1000.0),
        ("order.total", "12tr", "12tr"),
        ("order.total", "0123", "0123"),
        ("order.store", "123", "123"),
        ("order.category", "7", "7"),
        ("order.discounted_share", "0.2", 0.2),
        ("order.placed_at", "2026-03-02", "2026-03-02"),
        ("customer.member", "yes", True),
        ("customer.member", "FALSE", False),
        ("customer.member", "1", "1"),
        ("customer.tags", "loyal; newsletter ;", ["loyal", "newsletter"]),
        ("customer.phone", "0912345678", "0912345678"),
        ("customer.name", "12", "12"),
        ("data.category", "7", "7"),
        ("data.amount", "7", 7),
        ("data.comment", "5", "5"),
        ("data.permanent", "true", True),
        ("order.discounted", "false", False),
        ("order.never_heard_of", "7", 7),
        ("order.never_heard_of", "seven", "seven"),
    ],
)
def test_a_cell_has_the_type_the_catalogue_gives_it(tmp_path: Path, column: str, cell: str, value: Any) -> None:
    owner, _, name = column.partition(".")
    assert only_event(tmp_path, column, cell)[owner][name] == value


def test_a_spreadsheets_semicolons_mark_and_quotes_are_read(tmp_path: Path) -> None:
    text = f'{HEAD},order.store\n{FIRST},"Hà Nội, ""trung tâm"""\n'.replace(",", ";").replace("Hà Nội; ", "Hà Nội, ")
    (row,) = rows_of(tmp_path, text, encoding="utf-8-sig")
    assert row.event is not None
    assert row.event["order"]["store"] == 'Hà Nội, "trung tâm"'


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    text = f'{HEAD},order.store\n\n{FIRST},"two\nlines"\n{FIRST},x\n,shop,t,,KH-2,\n{FIRST},a,b\n'
    rows = rows_of(tmp_path, text)
    assert [row.line for row in rows] == [3, 5, 6, 7]
    assert rows[2].problem == "id, time is empty; every event needs it"
    assert rows[3].problem == "7 cells under 6 columns; quote cells that hold the delimiter"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,source,type,time,custmer.id\n", "'custmer.id' is not a column that is known; did you mean 'customer.id'?"),
        ("id,source,type,tiem,customer.id\n", "'tiem' is not a column that is known; did you mean 'time'?"),
        (f"{HEAD},order.total,order.total\n", "'order.total' stands there twice"),
        (f"{HEAD},shoe size\n", "columns are id, source, type, time and names like customer.email"),
        ("id,source,type,time\n", "the column 'customer.id' is missing; name it in the first line"),
        ("", "the column 'id' is missing"),
        (f'{HEAD}\n{FIRST},"\n', "orders.csv:2: unexpected end of data; check the quotes in this line"),
    ],
)
def test_a_table_that_cannot_be_read_says_where_and_what_to_do(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(EventFileError) as refused:
        rows_of(tmp_path, text)
    assert message in str(refused.value)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EventFileError, match="is not UTF-8; save it as 'CSV UTF-8'"):
        rows_of(tmp_path, "id,source\xe9", encoding="latin-1")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EventFileError, match="No such file"):
        list(read_events(tmp_path / "none.jsonl", {}))


@pytest.mark.parametrize(
    ("name", "hint"), [("orders.xlsx", "name it .jsonl or .csv"), ("one.json", "care events send")]
)
def test_another_ending_says_what_to_use(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(EventFileError, match=hint):
        rows_of(tmp_path, "", name)


def test_json_lines_keep_their_numbers_and_name_their_faults(tmp_path: Path) -> None:
    text = '{"id": "a"}\n\n{"id": \n[1]\n{"id": 1, "id": 2}\n{"id": "b"}'
    rows = rows_of(tmp_path, text, "events.jsonl")
    assert [(row.line, row.event) for row in rows] == [
        (1, {"id": "a"}),
        (3, None),
        (4, None),
        (5, None),
        (6, {"id": "b"}),
    ]
    assert rows[1].problem.startswith("this is not JSON: Expecting value at column")
    assert rows[2].problem == "this is no JSON object; write one event a line"
    assert "'id' is written twice in one object" in rows[3].problem


def test_json_with_a_key_written_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'a' is written twice"):
        event_of_json('{"a": 1, "a": 2}')


def test_half_a_character_is_refused_and_a_whole_one_is_kept() -> None:
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        event_of_json('{"a": "\\ud83d"}')
    assert event_of_json('{"a": "\\ud83d\\ude00"}') == {"a": "😀"}
