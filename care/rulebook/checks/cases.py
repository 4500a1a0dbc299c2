"""Cases: which rules, tables and conditions are asked what they match, and what helps where a case is left out."""

from collections.abc import Sequence

from care.domain.conditions import FieldTest, Group
from care.rulebook.checks.telling import Option, Options, check_condition, check_options
from care.rulebook.conditions import Conditions
from care.rulebook.draft import Draft
from care.rulebook.findings import Findings, Placed
from care.rulebook.names import Known
from care.rulebook.reader import Listing, Node, Pair
from care.rulebook.rules import RuleDraft
from care.rulebook.tables import RowDraft, TableDraft

_BRANCH = "add '- otherwise: continue', or another path, as the last rule"
_TYPE = "add '- otherwise: …' as the last rule; the catalogue says that {name} is always known"
_TABLE = "add a row for it, or 'otherwise: [{values}]' as the last row"
_SHEET = "add a row for it, or one that begins with 'otherwise' as the last row"


def check_conditions(conditions: Conditions, known: Known, findings: Findings) -> None:
    """Note every condition of a file that can never hold."""
    for node, condition in conditions.whole:
        check_condition(node, condition, known.catalogue.fields, findings)


def check_branch(rules: Sequence[RuleDraft], items: Sequence[Node], at: Placed, draft: Draft) -> None:
    """Note rules of a branch that are never chosen, and cases without a rule: nobody goes on by accident.

    Args:
        items: The rules as they are written, also those that could not be read.
        at: Where the branch stands.
    """
    options = _of_rules(rules, items, at, draft.findings, _BRANCH)
    check_options(options, draft.known.catalogue.fields, draft.findings)


def check_type(rules: Sequence[RuleDraft], pair: Pair, known: Known, findings: Findings) -> None:
    """Note rules of a customer type that are never chosen; and customers without one, where there must be one."""
    field = known.field(pair.key.value)
    remedy = _TYPE.format(name=field.name) if field is not None and field.always else ""
    items = pair.value.items if isinstance(pair.value, Listing) else ()
    check_options(_of_rules(rules, items, pair.key, findings, remedy), known.catalogue.fields, findings)


def check_table(table: TableDraft, draft: Draft) -> None:
    """Note rows of a table that are never chosen or hold together, and cases without a row."""
    asked = [row for row in table.rows if row.whole and not row.otherwise]
    last = next((row.at for row in table.rows if row.otherwise), None)
    values = ", ".join(table.table.choose)
    options = Options(
        "row",
        table.at,
        table.rows_in,
        [Option(row.number, row.at, _condition(row, table.table.given)) for row in asked],
        last,
        table.whole,
        _TABLE.format(values=values) if table.rows_in is draft.findings else _SHEET,
        unique=not table.first,
    )
    check_options(options, draft.known.catalogue.fields, draft.findings)


def _of_rules(
    rules: Sequence[RuleDraft], items: Sequence[Node], at: Placed, findings: Findings, remedy: str
) -> Options:
    numbers = {(item.line, item.column): number for number, item in enumerate(items, 1)}
    last = next((number for number, rule in enumerate(rules) if rule.tests is None), len(rules))
    options = [
        Option(numbers[rule.at.line, rule.at.column], rule.at, rule.when)
        for rule in rules[:last]
        if rule.when is not None
    ]
    whole = 0 < len(items) == len(rules) and all(rule.whole for rule in rules)
    return Options("rule", at, findings, options, rules[last].at if last < len(rules) else None, whole, remedy)


def _condition(row: RowDraft, given: tuple[str, ...]) -> Group:
    tests = zip(given, row.tests, strict=True)
    return Group("all", tuple(FieldTest(name, test) for name, test in tests if test is not None))
