"""Reads decision tables: tests of the given fields, row by row, and the words each row chooses."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from care.domain.catalogue import Field
from care.domain.conditions import Test
from care.domain.journey import Row, Table
from care.rulebook.conditions import Conditions, read_cell
from care.rulebook.findings import Findings, Placed, quoted
from care.rulebook.forms import fill, line_of
from care.rulebook.names import simple_name
from care.rulebook.reader import Listing, Node, Pair, Section, Text
from care.rulebook.sheets import Sheets
from care.rulebook.table_files import OTHERWISE, Shape, read_sheet
from care.rulebook.vocabulary import TABLE

NOBODY = "none"
MOST_ROWS = 2_000


@dataclass(frozen=True)
class RowDraft:
    """A row with the places of its cells.

    Attributes:
        number: As people count them, from 1.
        tests: One per given field; ``None`` accepts anything, and stands for what could not be read.
        whole: Whether all its tests could be read.
        otherwise: Whether it takes what the rows above leave.
    """

    number: int
    at: Node
    tests: tuple[Test | None, ...]
    cells: tuple[Text, ...]
    whole: bool
    otherwise: bool


@dataclass(frozen=True)
class TableDraft:
    """A table with the places of its cells.

    Attributes:
        columns: Every chosen name with the cells below it, as far as they could be read.
        rows_in: Where problems of its rows are told: in the journey's file, or in its CSV file.
        rows: Those that have the cells they should.
        whole: Whether nothing is wrong with it.
        first: Whether rows may overlap, and the first that holds is taken.
    """

    table: Table
    at: Placed
    columns: Mapping[str, tuple[Text, ...]]
    rows_in: Findings
    rows: tuple[RowDraft, ...] = ()
    whole: bool = False
    first: bool = False


def read_table(pair: Pair, conditions: Conditions, findings: Findings, sheets: Sheets | None = None) -> TableDraft:
    """The table of a name; what is broken in it is told and left out."""
    findings.take(pair.key, simple_name, pair.key.value)
    entries = fill(pair.value, TABLE, findings, pair.key)
    if entries is None:
        return TableDraft(Table(pair.key.value, (), (), (), pair.key.line), pair.key, {}, findings)
    before = len(findings.problems)
    pick = entries.choice("pick", ("first", "unique"), "unique")
    given = entries.texts("given")
    fields = [conditions.field(text.value, text) for text in given]
    choose = entries.texts("choose")
    for number, text in enumerate(choose):
        findings.take(text, _column_name, text.value)
        if any(text.value == other.value for other in choose[:number]):
            findings.add("J002", text, f"{quoted(text.value)} is chosen twice", "keep one of the two")
    shape = Shape(given, fields, choose)
    written = entries.pairs["rows"].value if "rows" in entries else None
    if isinstance(written, Text) and not written.unread and written.value.strip():
        items, rows_in = read_sheet(written, shape, findings, sheets)
    else:
        items, rows_in = entries.items("rows"), findings
    if len(items) > MOST_ROWS:
        message = f"this table has {len(items):,} rows; at most {MOST_ROWS:,} can be held against each other"
        findings.add("J012", written or pair.key, message, "split it into several tables")
        items = items[:MOST_ROWS]
    reading = _Rows(fields, len(choose), rows_in)
    rows = [row for item in items if (row := reading.read(item)) is not None]
    table = Table(
        pair.key.value,
        tuple(text.value for text in given),
        tuple(text.value for text in choose),
        tuple(Row(row.tests, tuple(cell.value for cell in row.cells), row.at.line) for row in rows),
        pair.key.line,
        "" if rows_in is findings else PurePath(rows_in.file).name,
    )
    columns = {text.value: tuple(row.cells[at] for row in rows) for at, text in enumerate(choose)}
    whole = len(findings.problems) == before and None not in fields
    return TableDraft(table, pair.key, columns, rows_in, tuple(rows), whole, pick == "first")


def _column_name(text: str) -> str:
    return text if text.isidentifier() else simple_name(text)


class _Rows:
    """Reads the rows of one table in order; nothing may follow ``otherwise``."""

    def __init__(self, fields: list[Field | None], chosen: int, findings: Findings) -> None:
        self._fields = fields
        self._chosen = chosen
        self._findings = findings
        self._otherwise: Placed | None = None
        self._number = 0

    def read(self, item: Node) -> RowDraft | None:
        """One row, or ``None`` when it does not have the cells it should."""
        self._number += 1
        if self._otherwise is not None:
            message = f"'otherwise' (line {self._otherwise.line}) takes every case: this row is never reached"
            self._findings.add("J003", item, message, "move 'otherwise' to the end")
        if isinstance(item, Section):
            return self._otherwise_section(item)
        if not isinstance(item, Listing):
            if not item.unread:
                self._findings.add("J012", item, "a row is a list of cells", "write [test, …, value, …]")
            return None
        first = item.items[0] if item.items else None
        if isinstance(first, Text) and first.value == OTHERWISE:
            self._otherwise = first
            return self._row(item, (), item.items[1:])
        tests = item.items[: len(self._fields)]
        return self._row(item, tests, item.items[len(tests) :])

    def _otherwise_section(self, item: Section) -> RowDraft | None:
        pair = item.pairs[0] if item.pairs else None
        if pair is None or pair.key.value != OTHERWISE or len(item.pairs) > 1:
            hint = "write [test, …, value, …], or 'otherwise: [value, …]' as the last row"
            self._findings.add("J003", item, "this is not a row of a table", hint)
            return None
        self._otherwise = pair.key
        cells = pair.value.items if isinstance(pair.value, Listing) else (pair.value,)
        return self._row(item, (), cells)

    def _row(self, item: Node, tests: tuple[Node, ...], values: tuple[Node, ...]) -> RowDraft | None:
        wanted = len(self._fields) if tests else 0
        if len(tests) < wanted or len(values) != self._chosen:
            self._refuse_length(item, len(tests) + len(values), wanted)
            return None
        before = len(self._findings.problems)
        read = [
            read_cell(node, field, self._findings) if field is not None else None
            for node, field in zip(tests, self._fields, strict=False)
        ]
        sound = len(self._findings.problems) == before and None not in self._fields
        cells = [line_of(node, "rows", self._findings) for node in values]
        whole = tuple(cell for cell in cells if cell is not None)
        if len(whole) < len(cells):
            return None
        read = read or [None] * len(self._fields)
        return RowDraft(self._number, item, tuple(read), whole, sound, otherwise=self._otherwise is not None)

    def _refuse_length(self, item: Node, found: int, tests: int) -> None:
        wanted = tests + self._chosen
        message = f"this row has {_cells(found)}; it needs {wanted} ({tests} to test, {self._chosen} to choose)"
        hint = "a comma begins a new cell; put a cell that contains one in quotes" if found > wanted else ""
        self._findings.add("J012", item, message, hint)


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"
