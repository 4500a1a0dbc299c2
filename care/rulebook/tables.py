"""Reads decision tables: tests of the given fields, row by row, and the words each row chooses."""

from collections.abc import Mapping
from dataclasses import dataclass

from care.domain.catalogue import Field
from care.domain.conditions import Test
from care.domain.journey import Row, Table
from care.rulebook.conditions import Conditions, read_cell
from care.rulebook.findings import Findings, Placed, quoted
from care.rulebook.forms import fill, line_of
from care.rulebook.names import simple_name
from care.rulebook.reader import Listing, Node, Pair, Section, Text
from care.rulebook.vocabulary import TABLE

NOBODY = "none"
OTHERWISE = "otherwise"


@dataclass(frozen=True)
class TableDraft:
    """A table with the places of its cells.

    Attributes:
        columns: Every chosen name with the cells below it, as far as they could be read.
    """

    table: Table
    at: Placed
    columns: Mapping[str, tuple[Text, ...]]


def read_table(pair: Pair, conditions: Conditions, findings: Findings) -> TableDraft:
    """The table of a name; what is broken in it is told and left out."""
    findings.take(pair.key, simple_name, pair.key.value)
    entries = fill(pair.value, TABLE, findings, pair.key)
    if entries is None:
        return TableDraft(Table(pair.key.value, (), (), (), pair.key.line), pair.key, {})
    entries.choice("pick", ("first", "unique"), "unique")
    given = entries.texts("given")
    fields = [conditions.field(text.value, text) for text in given]
    choose = entries.texts("choose")
    for number, text in enumerate(choose):
        findings.take(text, _column_name, text.value)
        if any(text.value == other.value for other in choose[:number]):
            findings.add("J002", text, f"{quoted(text.value)} is chosen twice", "keep one of the two")
    reading = _Rows(fields, len(choose), findings)
    rows = [row for item in entries.items("rows") if (row := reading.read(item)) is not None]
    table = Table(
        pair.key.value,
        tuple(text.value for text in given),
        tuple(text.value for text in choose),
        tuple(Row(row.tests, tuple(cell.value for cell in row.cells), row.line) for row in rows),
        pair.key.line,
    )
    columns = {text.value: tuple(row.cells[at] for row in rows) for at, text in enumerate(choose)}
    return TableDraft(table, pair.key, columns)


def _column_name(text: str) -> str:
    return text if text.isidentifier() else simple_name(text)


@dataclass(frozen=True)
class _RowDraft:
    tests: tuple[Test | None, ...]
    cells: tuple[Text, ...]
    line: int


class _Rows:
    """Reads the rows of one table in order; nothing may follow ``otherwise``."""

    def __init__(self, fields: list[Field | None], chosen: int, findings: Findings) -> None:
        self._fields = fields
        self._chosen = chosen
        self._findings = findings
        self._otherwise: Placed | None = None

    def read(self, item: Node) -> _RowDraft | None:
        """One row, or ``None`` when it does not have the cells it should."""
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

    def _otherwise_section(self, item: Section) -> _RowDraft | None:
        pair = item.pairs[0] if item.pairs else None
        if pair is None or pair.key.value != OTHERWISE or len(item.pairs) > 1:
            hint = "write [test, …, value, …], or 'otherwise: [value, …]' as the last row"
            self._findings.add("J003", item, "this is not a row of a table", hint)
            return None
        self._otherwise = pair.key
        cells = pair.value.items if isinstance(pair.value, Listing) else (pair.value,)
        return self._row(item, (), cells)

    def _row(self, item: Node, tests: tuple[Node, ...], values: tuple[Node, ...]) -> _RowDraft | None:
        wanted = len(self._fields) if tests else 0
        if len(tests) < wanted or len(values) != self._chosen:
            self._refuse_length(item, len(tests) + len(values), wanted)
            return None
        read = [
            read_cell(node, field, self._findings) if field is not None else None
            for node, field in zip(tests, self._fields, strict=False)
        ]
        cells = [line_of(node, "rows", self._findings) for node in values]
        whole = tuple(cell for cell in cells if cell is not None)
        if len(whole) < len(cells):
            return None
        return _RowDraft(tuple(read) if tests else (None,) * len(self._fields), whole, item.line)

    def _refuse_length(self, item: Node, found: int, tests: int) -> None:
        wanted = tests + self._chosen
        message = f"this row has {_cells(found)}; it needs {wanted} ({tests} to test, {self._chosen} to choose)"
        hint = "a comma begins a new cell; put a cell that contains one in quotes" if found > wanted else ""
        self._findings.add("J012", item, message, hint)


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"
