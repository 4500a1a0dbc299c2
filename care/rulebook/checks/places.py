"""Places: where a word of a journey stands in its file, found again only when something has to be told of it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from care.domain.steps import Step
from care.rulebook.findings import START, Placed
from care.rulebook.reader import Listing, Node, Pair, Section, Text


class Places:
    """The places of one journey file.

    Args:
        root: The file.
        marks: Where the verb of each step stands, by id; without them a step is found by its line.
    """

    def __init__(self, root: Node, marks: Mapping[str, Placed] | None = None) -> None:
        self._root = root
        self._marks = marks or {}

    def top(self, *names: str) -> Placed:
        """The value behind names inside one another, for example ``trigger``, ``event``; else the last name's place."""
        node: Node = self._root
        at: Placed = START
        for name in names:
            pair = _pair(node, name)
            if pair is None:
                return at
            node, at = pair.value, pair.key
        return node if isinstance(node, Text) else at

    def node(self, name: str) -> Node | None:
        """What stands behind a name at the top of the file."""
        pair = _pair(self._root, name)
        return pair.value if pair is not None else None

    def item(self, name: str, number: int) -> Node | None:
        """The item of a list at the top of the file, counted from 0."""
        node = self.node(name)
        return node.items[number] if isinstance(node, Listing) and number < len(node.items) else None

    def step(self, step: Step) -> Placed:
        """Where a step's verb stands."""
        mark = self._marks.get(step.id)
        if mark is not None:
            return mark
        return next((pair.key for pair in self._by_line.get(step.line, ()) if pair.key.value == step.verb), START)

    def setting(self, step: Step, name: str) -> Placed:
        """Where the value of a step's setting stands; the step itself when it has none."""
        pair = _pair(self.settings(step), name)
        if pair is None:
            return self.step(step)
        return pair.value if isinstance(pair.value, Text) else pair.key

    def settings(self, step: Step) -> Section | None:
        """All settings of a step."""
        at = self.step(step)
        for section, pairs in self._sections:
            if any((pair.key.line, pair.key.column) == (at.line, at.column) for pair in pairs):
                return section
        return None

    @cached_property
    def _sections(self) -> list[tuple[Section, tuple[Pair, ...]]]:
        return [(section, section.pairs) for section in _sections_of(self._root)]

    @cached_property
    def _by_line(self) -> dict[int, list[Pair]]:
        lines: dict[int, list[Pair]] = {}
        for _, pairs in self._sections:
            for pair in pairs:
                lines.setdefault(pair.key.line, []).append(pair)
        return lines


def first_key(node: Node | None, names: Iterable[str]) -> Text | None:
    """The first of some names that a node holds, however deep."""
    wanted = set(names)
    for section in _sections_of(node) if node is not None else ():
        for pair in section.pairs:
            if pair.key.value in wanted:
                return pair.key
    return None


def value_of(node: Node | None, name: str) -> Node | None:
    """What stands behind a name in a section."""
    pair = _pair(node, name)
    return pair.value if pair is not None else None


def _pair(node: Node | None, name: str) -> Pair | None:
    pairs = node.pairs if isinstance(node, Section) else ()
    return next((pair for pair in pairs if pair.key.value == name), None)


def _sections_of(node: Node) -> Iterator[Section]:
    """A node's sections, in the order they are read; a file's depth is bounded, so this may recurse."""
    if isinstance(node, Listing):
        for item in node.items:
            yield from _sections_of(item)
    elif isinstance(node, Section):
        yield node
        for pair in node.pairs:
            yield from _sections_of(pair.value)
