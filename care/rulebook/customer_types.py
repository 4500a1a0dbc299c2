"""Reads customer_types.yaml: who a customer is, by the first rule that holds."""

from collections.abc import Iterator, Mapping

from care.domain.rulebook import CustomerType, TypeRule
from care.rulebook.checks.cases import check_conditions, check_type
from care.rulebook.circles import circles
from care.rulebook.conditions import Conditions, fields_of
from care.rulebook.findings import Findings, quoted
from care.rulebook.forms import example_of
from care.rulebook.names import Known
from care.rulebook.phrases import read_value
from care.rulebook.reader import Listing, Node, Pair, Section
from care.rulebook.rules import read_rules
from care.rulebook.vocabulary import RULE


def read_customer_types(root: Node, known: Known, findings: Findings) -> tuple[CustomerType, ...]:
    """The customer types of a file; rules that are broken are told and left out."""
    if not isinstance(root, Section):
        findings.add("J012", root, "customer types are written as 'field: rules'", "customer.type: [rules]")
        return ()
    reading = _Reading(known, findings)
    types = tuple(customer_type for pair in root.pairs if (customer_type := reading.read(pair)) is not None)
    reading.check()
    _refuse_circles(types, {pair.key.value: pair for pair in root.pairs}, findings)
    return types


class _Reading:
    """Reads one customer type after the other."""

    def __init__(self, known: Known, findings: Findings) -> None:
        self._known = known
        self._findings = findings
        self._conditions = Conditions(known, findings)

    def read(self, pair: Pair) -> CustomerType | None:
        """The type of one field, or ``None`` when it cannot be made out."""
        name = pair.key.value
        field = self._conditions.field(name, pair.key)
        if field is not None and field.type != "choice":
            message = f"{quoted(name)} is a {field.type} field; a customer type is a choice"
            self._findings.add("J012", pair.key, message, f"give {name} 'type: choice' in catalog.yaml")
        if not isinstance(pair.value, Listing) or not pair.value.items:
            self._findings.add("J012", pair.key, f"{quoted(name)} is a list of rules", example_of(RULE))
            return None
        rules = read_rules(pair.value.items, self._conditions, self._findings)
        for rule in rules:
            if field is not None and field.type == "choice":
                self._findings.take(rule.then, read_value, rule.then.value, field)
            for tested in fields_of(rule.when) if rule.when is not None else ():
                self._refuse_answer(tested, rule.tests or rule.at)
        check_type(rules, pair, self._known, self._findings)
        whole = tuple(TypeRule(rule.when, rule.then.value, rule.at.line) for rule in rules if rule.whole)
        return CustomerType(name, whole)

    def check(self) -> None:
        """Note what can be seen of all conditions together, once they are read."""
        check_conditions(self._conditions, self._known, self._findings)

    def _refuse_answer(self, name: str, at: Node) -> None:
        """An answer belongs to the journey that asked; a customer type is worked out for all of them."""
        field = self._known.field(name)
        if field is None or not (field.set_by or name.startswith("journey.")):
            return
        asked = "asked" if field.set_by else "set it"
        latest = f"{name.partition('.')[0]}.last"
        place = next((pair.key for pair in at.pairs if pair.key.value == name), at) if isinstance(at, Section) else at
        hint = f"use {latest}, the latest answer in any journey" if self._known.has("fields", latest) else ""
        self._findings.add("J010", place, f"{quoted(name)} is known only in the journey that {asked}", hint)


def _refuse_circles(types: tuple[CustomerType, ...], pairs: Mapping[str, Pair], findings: Findings) -> None:
    for circle in circles({each.field: tuple(_needed(each, pairs)) for each in types}):
        message = f"these customer types lead back to themselves: {' → '.join([*circle, circle[0]])}"
        findings.add("J032", pairs[circle[0]].key, message, "test a field that does not depend on the type")


def _needed(customer_type: CustomerType, names: Mapping[str, Pair]) -> Iterator[str]:
    """The other types a type looks at."""
    conditions = [rule.when for rule in customer_type.rules if rule.when is not None]
    yield from dict.fromkeys(name for each in conditions for name in fields_of(each) if name in names)
