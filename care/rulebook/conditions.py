"""Reads conditions: ``field: test`` lines, joined by all, any and none, with definitions by name."""

from collections.abc import Iterable, Iterator
from typing import Literal, cast

from care.domain.catalogue import Field
from care.domain.conditions import Condition, FieldTest, Group, Named, Test
from care.rulebook.circles import DEEPEST
from care.rulebook.findings import Findings, Placed, quoted
from care.rulebook.forms import line_of
from care.rulebook.names import Known
from care.rulebook.phrases import one_of, read_test, read_value
from care.rulebook.reader import Listing, Node, Pair, Section, Text
from care.rulebook.spelling import did_you_mean
from care.rulebook.vocabulary import GROUP_EXAMPLE, GROUPS

ANYTHING = "any"

Join = Literal["all", "any", "none"]


class Conditions:
    """The conditions of one file, with its definitions.

    Args:
        definitions: What stands under ``define``; each is read when it is first used.

    Attributes:
        whole: Every condition that could be read, with its place; definitions only as part of others.
    """

    def __init__(self, known: Known, findings: Findings, definitions: Iterable[Pair] = ()) -> None:
        self._known = known
        self._findings = findings
        self._definitions = {pair.key.value: pair for pair in definitions}
        self._read: dict[str, Condition | None] = {}
        self._opened: list[str] = []
        self._used: set[str] = set()
        self._depth = 0
        self.whole: list[tuple[Node, Condition]] = []

    def read(self, node: Node, *, event: bool = False) -> Condition | None:
        """The condition of a node, or ``None`` when it is broken and that is told.

        Args:
            event: Whether an event is at hand, so that ``event.*`` may be tested.
        """
        if isinstance(node, Section):
            if self._depth > DEEPEST:
                self._findings.add("J032", node, f"conditions stand in one another more than {DEEPEST} deep", "")
                return None
            self._depth += 1
            parts = [self._part(pair, event=event) for pair in node.pairs]
            self._depth -= 1
            if not parts and not self._findings.has_told(node.line):
                self._findings.add("J012", node, "a condition without a test", "write for example {ticket.open: no}")
            condition = _joined("all", parts)
            if condition is not None and not self._depth and not self._opened:
                self.whole.append((node, condition))
            return condition
        if not (isinstance(node, Text) and node.unread):
            self._findings.add("J012", node, "this is not a condition", self._hint(node))
        return None

    def _hint(self, node: Node) -> str:
        field = self._known.field(node.value) if isinstance(node, Text) else None
        if isinstance(node, Text) and (node.value in self._definitions or (field and field.type == "yes/no")):
            return f"write {{{node.value}: yes}}"
        return "write 'field: test' lines, for example {csat.score: at most 2}"

    def unused(self) -> list[tuple[str, Placed]]:
        """Every definition that nothing outside ``define`` needs, with its place; reads those nobody asked for too."""
        outside = set(self._used)
        for name in self._definitions:
            self._definition(name)
        reached: set[str] = set()
        while outside:
            name = outside.pop()
            reached.add(name)
            condition = self._read.get(name)
            inner = {part.name for part in parts_of(condition) if isinstance(part, Named)} if condition else set()
            outside |= inner - reached
        return [(name, pair.key) for name, pair in self._definitions.items() if name not in reached]

    def _part(self, pair: Pair, *, event: bool) -> Condition | None:
        name = pair.key.value
        if name in GROUPS:
            return self._group(cast(Join, name), pair, event=event)
        if name in self._definitions:
            return self._named(pair, event=event)
        field = self.field(name, pair.key, event=event)
        if field is None:
            return None
        test = read_field_test(pair.value, field, self._findings)
        return FieldTest(name, test) if test is not None else None

    def field(self, name: str, at: Placed, *, event: bool = False) -> Field | None:
        """The field of a name, or ``None`` when it is unknown (which is told) or could not be read."""
        field = self._known.field(name)
        if field is None:
            if not self._known.has("fields", name):
                names = {*self._known.names("fields"), *self._definitions, *GROUPS}
                hint = did_you_mean(name, names) or "the catalogue lists the fields under 'fields:'"
                self._findings.add("J010", at, f"unknown field {quoted(name)}", hint)
            return None
        if name.startswith("event.") and not event:
            self._refuse_event(name, at)
            return None
        return field

    def _refuse_event(self, name: str, at: Placed) -> None:
        field = self._known.field(name)
        known = f"; {field.same_as} is known everywhere" if field is not None and field.same_as else ""
        hint = f"test it in a trigger, audience, goal, exit_when or wait_for{known}"
        self._findings.add("J010", at, f"{quoted(name)} is known only while its event is at hand", hint)

    def _group(self, join: Join, pair: Pair, *, event: bool) -> Condition | None:
        value = pair.value
        if isinstance(value, Listing) and value.items:
            return _joined(join, [self.read(item, event=event) for item in value.items])
        if isinstance(value, Section) and value.pairs:
            return _joined(join, [self._part(inner, event=event) for inner in value.pairs])
        if not (isinstance(value, Text) and value.unread):
            hint = "for example:  " + "  /  ".join(line.strip() for line in GROUP_EXAMPLE.splitlines())
            self._findings.add("J012", pair.key, f"'{join}' takes a list of conditions", hint)
        return None

    def _named(self, pair: Pair, *, event: bool) -> Condition | None:
        name = pair.key.value
        text = line_of(pair.value, name, self._findings)
        if text is not None and text.value not in ("yes", "no", "not yes", "not no"):
            message = f"{quoted(text.value)} is not a test of {quoted(name)}: a definition is yes or no"
            self._findings.add("J012", text, message, f"write '{name}: yes' or '{name}: no'")
            text = None
        if not self._opened:
            self._used.add(name)
        condition = self._definition(name, pair.key)
        if condition is None or text is None:
            return None
        if not event and (needed := next((f for f in fields_of(condition) if f.startswith("event.")), "")):
            self._refuse_event(needed, pair.key)
            return None
        return Named(name, condition, wanted=text.value in ("yes", "not no"))

    def _definition(self, name: str, at: Placed | None = None) -> Condition | None:
        if name in self._opened and at is not None:
            circle = " → ".join([*self._opened[self._opened.index(name) :], name])
            hint = "say one of them without the others"
            self._findings.add("J032", at, f"these definitions lead back to themselves: {circle}", hint)
            return None
        if name not in self._read:
            self._opened.append(name)
            self._read[name] = self.read(self._definitions[name].value, event=True)
            self._opened.pop()
        return self._read[name]


def read_field_test(node: Node, field: Field, findings: Findings) -> Test | None:
    """What a value asks of a field: a phrase, or a list of values."""
    if isinstance(node, Listing):
        values = [line_of(item, field.name, findings) for item in node.items]
        if not values:
            findings.add("J012", node, f"an empty list for {field.name}", "write at least one value")
        texts = [value for value in values if value is not None]
        read = [findings.take(text, read_value, text.value, field) for text in texts]
        if not texts or None in read or len(texts) < len(values):
            return None
        return findings.take(node, one_of, [text.value for text in texts], field)
    text = line_of(node, field.name, findings)
    return None if text is None else findings.take(text, read_test, text.value, field)


def read_cell(node: Node, field: Field, findings: Findings) -> Test | None:
    """What a table's cell asks of a field; ``None`` for ``any``, and for a broken cell, which is told."""
    if isinstance(node, Text) and node.value.strip().lower() == ANYTHING:
        return None
    return read_field_test(node, field, findings)


def parts_of(condition: Condition) -> Iterator[Condition]:
    """A condition and everything in it, except what stands behind a definition's name."""
    yield condition
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from parts_of(part)


def fields_of(condition: Condition) -> Iterator[str]:
    """Every field a condition looks at, behind definitions too."""
    if isinstance(condition, FieldTest):
        yield condition.field
    elif isinstance(condition, Named):
        yield from fields_of(condition.condition)
    else:
        for part in condition.parts:
            yield from fields_of(part)


def sure_tests(condition: Condition) -> Iterator[FieldTest]:
    """The tests that must hold for a condition to hold."""
    if isinstance(condition, FieldTest):
        yield condition
    elif isinstance(condition, Named) and condition.wanted:
        yield from sure_tests(condition.condition)
    elif isinstance(condition, Group) and condition.join == "all":
        for part in condition.parts:
            yield from sure_tests(part)


def _joined(join: Join, parts: list[Condition | None]) -> Condition | None:
    whole = [part for part in parts if part is not None]
    if not whole or len(whole) < len(parts):
        return None
    return whole[0] if len(whole) == 1 and join != "none" else Group(join, tuple(whole))
