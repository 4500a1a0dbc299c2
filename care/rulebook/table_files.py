"""Reads a decision table's rows from a CSV file: the first line names the columns, the others are rows as in YAML."""

import re
from dataclasses import replace
from typing import NamedTuple

from care.domain.catalogue import Field
from care.rulebook.conditions import ANYTHING
from care.rulebook.findings import Findings, quoted
from care.rulebook.reader import Listing, Node, Text
from care.rulebook.sheets import ENDING, Sheets

OTHERWISE = "otherwise"
_PHRASE = re.compile(r"(?:not|one of)\b|\[", re.IGNORECASE)
_NO_TEST = "write 'any' when every value will do"
_NO_VALUE = "write the word that is chosen; 'none' makes no offer"


class Shape(NamedTuple):
    """The columns of a table: what its rows test, with the fields as far as they are known, and what they choose."""

    given: tuple[Text, ...]
    fields: list[Field | None]
    choose: tuple[Text, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names as the first line of a file must write them."""
        return (*(text.value for text in self.given), *(text.value for text in self.choose))


def read_sheet(
    name: Text, shape: Shape, findings: Findings, sheets: Sheets | None
) -> tuple[tuple[Node, ...], Findings]:
    """The rows of a file as YAML would hold them, and where their problems are told."""
    word = replace(name, value=name.value.strip())
    if sheets is None or ENDING not in word.value.lower():
        hint = f"begin each row with '- ', or name a CSV file beside the journey: prices{ENDING}"
        findings.add("J012", name, "'rows' is a list", hint)
        return (), findings
    before = len(findings.problems)
    found = sheets.rows(word, findings)
    if found is None:
        return (), findings
    (header, *lines), there = found
    if not _is_header(header, shape.names, there):
        return (), there
    rows = [_row(line, shape, there) for line in lines]
    if not rows and len(findings.problems) == before:
        there.add("J012", header, "this file has no rows", "write them below the line with the columns' names")
    return tuple(row for row in rows if row is not None), there


def _is_header(header: Listing, names: tuple[str, ...], findings: Findings) -> bool:
    cells = _cells(header, len(names))
    wanted = ", ".join(names)
    for number, (cell, name) in enumerate(zip(cells, names, strict=False), 1):
        if cell.value != name:
            message = f"column {number} is called {quoted(cell.value)}, not {quoted(name)}"
            findings.add("J010", cell, message, f"the first line names the columns: {wanted}")
            return False
    if len(cells) != len(names):
        message = f"the first line names {len(cells)} columns; this table has {len(names)}"
        findings.add("J012", cells[len(names)] if len(cells) > len(names) else header, message, f"they are: {wanted}")
    return len(cells) == len(names)


def _cells(line: Listing, width: int) -> list[Text]:
    """The cells of a line without the empty ones that spreadsheets add behind the last column."""
    cells = [item for item in line.items if isinstance(item, Text)]
    while len(cells) > width and not cells[-1].value:
        cells.pop()
    return cells


def _row(line: Listing, shape: Shape, findings: Findings) -> Listing | None:
    """One line as a row of a table, or ``None`` when a cell is not what it should be."""
    width = len(shape.names)
    cells = _cells(line, width)
    tests, values = cells[: len(shape.given)], cells[len(shape.given) :]
    if cells[0].value == OTHERWISE:
        if len(cells) == 1 + len(shape.choose):
            # Written by hand without the empty cells between, as in YAML.
            tests, values = cells[:1], cells[1:]
        idle = next((cell for cell in tests[1:] if cell.value not in ("", ANYTHING)), None)
        if idle is not None:
            findings.add("J012", idle, "a row with 'otherwise' tests nothing", "leave this cell empty")
        if _tell_empty(values, _NO_VALUE, findings):
            return None
        return Listing((cells[0], *values), line.line, line.column)
    empty = [_tell_empty(tests, _NO_TEST, findings), _tell_empty(values, _NO_VALUE, findings)]
    if any(empty) and len(cells) == width:
        return None
    read = [_test(cell, field) for cell, field in zip(tests, shape.fields, strict=False)]
    return Listing((*read, *values), line.line, line.column)


def _tell_empty(cells: list[Text], hint: str, findings: Findings) -> bool:
    empty = [cell for cell in cells if not cell.value]
    for cell in empty:
        findings.add("J012", cell, "this cell is empty", hint)
    return bool(empty)


def _test(cell: Text, field: Field | None) -> Node:
    """A cell of a choice field may list several with commas between; anything else is a test as it stands."""
    if field is None or field.type != "choice" or "," not in cell.value or _PHRASE.match(cell.value):
        return cell
    items = tuple(replace(cell, value=part.strip()) for part in cell.value.split(","))
    return Listing(items, cell.line, cell.column)
