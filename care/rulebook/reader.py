"""Reads a rule file into a tree that knows its places. Every scalar is text: ``no`` and ``21:00`` stay as written."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import yaml

from care.rulebook import traps
from care.rulebook.findings import START, Findings, Place, TooManyProblems, quoted
from care.rulebook.problems import lines_of

_LARGEST = 1_000_000
_DEEPEST = 40
_MOST_VALUES = 20_000
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAB_INDENT = re.compile(r"^ *\t\s*\S")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Text:
    """A word, number or phrase, as it was written.

    Attributes:
        unread: A problem with it has been told already.
        file: Where it stands when that is not the file that is being read, but a table's CSV file.
    """

    value: str
    line: int
    column: int
    unread: bool = False
    file: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple["Node", ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Pair:
    """One ``key: value`` line."""

    key: Text
    value: "Node"


@dataclass(frozen=True, slots=True)
class Section:
    """Settings by name, in the order of the file; no name comes twice."""

    pairs: tuple[Pair, ...]
    line: int
    column: int


Node = Text | Listing | Section


def decode(content: bytes, findings: Findings) -> str | None:
    """The text of a file in NFC, or ``None`` with the problem noted."""
    if len(content) > _LARGEST:
        findings.add("J001", START, "the file is larger than 1 MB", "split it into several files")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace")
        message = f"the file is not UTF-8 text: byte 0x{content[error.start]:02x} does not belong here"
        findings.add("J001", _place_after(before), message, "save the file with the encoding 'UTF-8'")
        return None
    return unicodedata.normalize("NFC", text)


def is_visible(text: str, findings: Findings) -> bool:
    """Whether a text is free of control characters; the first one is noted."""
    odd = _UNPRINTABLE.search(text)
    if odd is not None:
        message = f"the file contains the control character U+{ord(odd[0]):04X}, which cannot be seen"
        findings.add("J001", _place_after(text[: odd.start()]), message, "delete it, or save the file as plain text")
    return odd is None


def read(text: str, findings: Findings) -> Node | None:
    """The tree of a file, or ``None`` when it cannot be read; what is wrong is noted."""
    if not is_visible(text, findings):
        return None
    lines = lines_of(text)
    for number, line in enumerate(lines, 1):
        if _TAB_INDENT.match(line):
            traps.tab(findings, Place(number, line.index("\t") + 1))
            return None
    try:
        return _Tree(findings, lines).grow(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        at = _mark(getattr(error, "problem_mark", None), START)
        begun = _mark(getattr(error, "context_mark", None), at)
        traps.unreadable(findings, lines, at, begun, str(getattr(error, "problem", None) or error))
        return None
    except TooManyProblems:
        return None


def _place_after(text: str) -> Place:
    lines = lines_of(text)
    return Place(len(lines), len(lines[-1]) + 1)


class _Open:
    """A list or section whose end has not come yet; ``odd`` when it stands where a name should."""

    def __init__(self, event: yaml.CollectionStartEvent, at: Place, *, odd: bool) -> None:
        self.listing = isinstance(event, yaml.SequenceStartEvent)
        self.at = at
        self.odd = odd
        self.spoiled = False
        self.items: list[Node] = []
        self.pairs: list[Pair] = []
        self.names: dict[str, Text] = {}
        self.key: Text | None = None
        self.awaits_key = True


class _Tree:
    """Builds the tree from the parser's events, without recursion, and refuses what YAML offers beyond plain text."""

    def __init__(self, findings: Findings, lines: list[str]) -> None:
        self._findings = findings
        self._lines = lines
        self._open: list[_Open] = []
        self._root: Node | None = None
        self._stopped = False
        self._values = 0

    def grow(self, events: Iterator[yaml.Event]) -> Node | None:
        """The root node; ``None`` when the file is empty or unreadable."""
        seen = False
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if seen:
                    hint = "put the second part into a file of its own"
                    self._refuse("J001", event, "a second document begins here ('---')", hint)
                seen = True
            self._hear(event)
            if self._stopped:
                return None
        if not seen:
            hint = "a journey begins with 'journey: name of the file'"
            self._findings.add("J001", START, "the file is empty", hint)
        return self._root

    def _hear(self, event: yaml.Event) -> None:
        self._values += isinstance(event, yaml.NodeEvent)
        if self._values > _MOST_VALUES:
            message = f"the file holds more than {_MOST_VALUES:,} names and values"
            self._refuse("J001", event, message, "split it into several files, or put its tables into CSV files")
            self._stopped = True
        elif isinstance(event, yaml.AliasEvent):
            self._refuse("J002", event, f"'*{event.anchor}' repeats another place (a YAML alias)", traps.QUOTE_STAR)
            self._add(Text("", *_start(event), unread=True))
        elif isinstance(event, yaml.ScalarEvent):
            unread = self._refuse_marks(event) or traps.folded(self._findings, self._lines, _start(event), event.style)
            self._add(Text(event.value, *_start(event), unread), event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._refuse_marks(event)
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()

    def _refuse(self, code: str, event: yaml.Event, message: str, hint: str) -> None:
        self._findings.add(code, _start(event), message, hint)

    def _refuse_marks(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> bool:
        """Refuse a tag or an anchor; true when the value itself is lost."""
        if event.anchor is not None:
            message = f"'&{event.anchor}' gives a name to this place (a YAML anchor)"
            self._refuse("J002", event, message, "write it out in each place, or put text that begins with & in quotes")
        if event.tag is not None:
            traps.tag(self._findings, self._lines, _start(event), event.tag)
        return event.tag is not None

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        parent = self._open[-1] if self._open else None
        misplaced = parent is not None and not parent.listing and parent.awaits_key
        if misplaced and not self._is_odd():
            traps.odd_key(self._findings, self._lines, _start(event))
        self._open.append(_Open(event, _start(event), odd=misplaced or self._is_odd()))
        if len(self._open) > _DEEPEST:
            self._refuse("J001", event, f"lists and settings are nested more than {_DEEPEST} deep", "")
            self._stopped = True

    def _is_odd(self) -> bool:
        return bool(self._open) and self._open[-1].odd

    def _end(self) -> None:
        done = self._open.pop()
        if done.spoiled:
            self._add(Text("", *done.at, unread=True))
        else:
            self._add(Listing(tuple(done.items), *done.at) if done.listing else Section(tuple(done.pairs), *done.at))

    def _add(self, node: Node, event: yaml.ScalarEvent | None = None) -> None:
        if not self._open:
            if self._root is None:
                self._root = node
            return
        parent = self._open[-1]
        if parent.listing:
            parent.items.append(node)
        elif parent.awaits_key:
            parent.key = self._key(node, parent)
            parent.awaits_key = False
        else:
            if parent.key is not None and not self._is_lonely(parent, parent.key, event):
                parent.pairs.append(Pair(parent.key, node))
            parent.awaits_key = True

    def _is_lonely(self, parent: _Open, key: Text, event: yaml.ScalarEvent | None) -> bool:
        """In ``{a: one of 1, 2}`` the ``2`` stands alone: the comma has cut the phrase in two."""
        alone = event is not None and not event.value and _start(event) == (key.line, key.column + len(key.value))
        if alone and not parent.odd:
            self._findings.add("J001", key, f"{quoted(key.value)} has no value", traps.lonely(key.value))
        return alone

    def _key(self, node: Node, parent: _Open) -> Text | None:
        """The key to keep, or ``None`` when this pair is left out."""
        if not isinstance(node, Text) or node.unread:
            parent.spoiled = True
            return None
        if node.value == "<<":
            message = "'<<' copies settings from another place (a YAML merge)"
            self._findings.add("J002", node, message, "write the settings out here")
            return None
        first = parent.names.setdefault(node.value, node)
        if first is not node:
            message = f"{quoted(node.value)} is written twice (first on line {first.line})"
            self._findings.add("J002", node, message, "keep one of the two")
            return None
        return node


class _Mark(Protocol):
    line: int
    column: int


def _mark(mark: _Mark | None, default: Place) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark is not None else default


def _start(event: yaml.Event) -> Place:
    return _mark(event.start_mark, START)
