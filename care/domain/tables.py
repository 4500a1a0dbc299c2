"""Decision tables: which row holds, and the words it chooses."""

from collections.abc import Mapping

from care.domain.audit import RuleSeen
from care.domain.conditions import Clause, FieldTest, Verdict, explain, join, verdict
from care.domain.journey import Row, Table
from care.domain.turn import Running, Turn

NOBODY = "none"
_NO_VALUES: Mapping[str, str] = {}


def chosen_name(
    turn: Turn, run: Running, name: str, column: str
) -> tuple[str, Mapping[str, str], tuple[RuleSeen, ...]]:
    """A name as it stands, or as the table of that name chooses it.

    Args:
        column: Which column of the table is meant: ``offer``, ``template``, ``queue``, ``path`` or ``channel``.

    Returns:
        The name (``none`` when no row holds), every column of the row, and the rows that were asked.
    """
    table = run.plan.tables.get(name)
    if table is None:
        return name, _NO_VALUES, ()
    row, seen = _first_row(turn, run, table)
    if row is None:
        turn.note(
            "alert", f"table {name} → none", run, code="no_row", reason="no row of the table holds", line=table.line
        )
        return NOBODY, _NO_VALUES, seen
    values = dict(zip(table.choose, row.values, strict=True))
    return values[column], values, seen


def _first_row(turn: Turn, run: Running, table: Table) -> tuple[Row | None, tuple[RuleSeen, ...]]:
    seen: list[RuleSeen] = []
    for number, row in enumerate(table.rows, 1):
        held, clause = _row_holds(turn, run, table, row)
        seen.append(RuleSeen(f"{table.name} row {number}", held, clause))
        if held is True:
            return row, tuple(seen)
    return None, tuple(seen)


def _row_holds(turn: Turn, run: Running, table: Table, row: Row) -> tuple[Verdict, Clause | None]:
    tests = [FieldTest(field, test) for field, test in zip(table.given, row.tests, strict=True) if test is not None]
    sight = turn.look(run)
    if not turn.explain:
        return join("all", [verdict(test, sight) for test in tests]), None
    parts = tuple([explain(test, sight) for test in tests])
    held = join("all", [part.verdict for part in parts])
    return held, Clause("all of", held, "", parts) if parts else None
