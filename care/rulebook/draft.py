"""A journey while it is read: what its steps may name, and what they did name."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from care.domain.steps import CONTINUE, EXIT
from care.rulebook.conditions import Conditions
from care.rulebook.findings import Findings, Placed, quoted
from care.rulebook.inventory import Inventory
from care.rulebook.names import Known
from care.rulebook.reader import Pair, Text
from care.rulebook.sheets import Sheets
from care.rulebook.spelling import did_you_mean, nearest
from care.rulebook.tables import NOBODY, TableDraft


@dataclass(frozen=True)
class Beside:
    """The files that stand beside a journey: the texts of its messages, and tables from a spreadsheet."""

    inventory: Inventory | None = None
    sheets: Sheets | None = None


@dataclass
class Draft:
    """What the steps of one journey are read against.

    Attributes:
        paths: Where each path is written, by name.
        used: Tables that a step uses, and paths and tables that it probably meant to use.
        marks: Where each step stands, by id.
        shaky: Ids of steps with a problem of their own: what they lead to is not certain.
    """

    known: Known
    findings: Findings
    conditions: Conditions
    inventory: Inventory | None = None
    tables: dict[str, TableDraft] = field(default_factory=dict)
    paths: dict[str, Pair] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    marks: dict[str, Placed] = field(default_factory=dict)
    shaky: set[str] = field(default_factory=set)

    def cells(self, name: Text, column: str) -> tuple[Text, ...]:
        """What a name may come to: itself, or every word a table of that name may choose."""
        draft = self.tables.get(name.value)
        if draft is None:
            return (name,)
        self.used.add(name.value)
        if column not in draft.columns:
            chosen = ", ".join(draft.columns)
            hint = f"it chooses: {chosen}" if chosen else ""
            self.findings.add("J010", name, f"table {quoted(name.value)} has no column '{column}'", hint)
        return draft.columns.get(column, ())

    def named(self, name: Text, column: str, section: str, *, nobody: bool = False) -> tuple[Text, ...]:
        """The names of the catalogue that a word, or a table of that name, comes to; unknown ones are told.

        Args:
            column: The column a table must have, which is also what people call such a name.
            section: Where the catalogue lists them.
            nobody: Whether a table may choose ``none``.
        """
        return tuple(cell for cell in self.cells(name, column) if self._exists(cell, name, column, section, nobody))

    def targets(self, name: Text) -> tuple[str, ...]:
        """The paths a ``then`` or ``otherwise`` may lead to; ``continue`` and ``exit`` are not among them."""
        found = []
        for cell in self.cells(name, "path"):
            if cell.value in self.paths:
                found.append(cell.value)
            elif cell.value not in (CONTINUE, EXIT):
                self.unknown_path(cell, (*self.tables_with("path"), EXIT, CONTINUE))
        return tuple(found)

    def unknown_path(self, name: Text, others: Iterable[str]) -> None:
        """Tell a path that is not there, and take the one that was meant as used."""
        self.used.add(nearest(name.value, self.paths))
        hint = did_you_mean(name.value, (*self.paths, *others)) or "write the path's steps under 'paths:'"
        self.findings.add("J010", name, f"unknown path {quoted(name.value)}", hint)

    def tables_with(self, column: str) -> tuple[str, ...]:
        """The tables that choose such a name."""
        return tuple(name for name, draft in self.tables.items() if column in draft.columns)

    def _exists(self, cell: Text, name: Text, column: str, section: str, nobody: bool) -> bool:
        if self.known.has(section, cell.value):
            return True
        if cell is not name and nobody and cell.value == NOBODY:
            return False
        others = self.tables_with(column) if cell is name else ()
        self.used.add(nearest(cell.value, self.tables))
        hint = did_you_mean(cell.value, {*self.known.names(section), *others})
        hint = hint or f"the catalogue lists what there is under '{section}:'"
        self.findings.add("J010", cell, f"unknown {column} {quoted(cell.value)}", hint)
        return False
