"""Where everything stands in a rule file, and where it belongs: the parser's tokens line by line, for ``fmt``."""

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import yaml

from care.rulebook.findings import PhraseError
from care.rulebook.problems import lines_of

STEP = 2
# What is read the same without quotes: words of letters, digits and a few harmless signs.
_SIMPLE = re.compile(r"[^\W_][\w./%-]*(?: [\w./%-]+)*")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FLOW_BEGINS = (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)
_FLOW_ENDS = (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_MARKERS = (yaml.DirectiveToken, yaml.DocumentStartToken, yaml.DocumentEndToken)


class Shift(NamedTuple):
    """A column as it is, and as it should be."""

    old: int
    new: int


@dataclass
class Head:
    """A line that begins something: ``- `` signs, then a name with its colon, or a value.

    Attributes:
        blocks: The lists and settings that are open here, from the outside in.
        key: Where the name begins and ends.
        colon: Where the colon stands.
        value: Where the value begins.
        block: Which settings the name belongs to, counted through the file.
    """

    at: Shift
    blocks: tuple[Shift, ...] = ()
    dashes: int = 0
    key: tuple[int, int] | None = None
    colon: int | None = None
    value: int | None = None
    block: int = 0


@dataclass(frozen=True)
class Span:
    """A value over several lines, from ``first`` to ``last``; ``parent`` is what it stands in."""

    kind: Literal["flow", "plain", "quoted", "block"]
    first: int
    last: int
    parent: Shift | None


@dataclass
class Layout:
    """What stands on each line, counted from 0.

    Attributes:
        heads: The lines that begin something.
        spans: By line, the value that goes on there from the lines above.
        ends: Where the content of a line ends; a comment may follow.
        inside: Lines whose end lies inside quotes or a block of text: spaces there may mean something.
        edits: Small changes inside a line: begin, end, and what to write instead.
    """

    lines: list[str]
    heads: dict[int, Head] = field(default_factory=dict)
    spans: dict[int, Span] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    inside: set[int] = field(default_factory=set)
    edits: dict[int, list[tuple[int, int, str]]] = field(default_factory=dict)


@dataclass
class _Block:
    """Settings or a list that is open; a bare list is not indented deeper than the name above it."""

    kind: Literal["settings", "list", "bare list"]
    at: Shift
    number: int = 0


def layout_of(text: str) -> Layout:
    """The layout of a text that the reader accepts.

    Raises:
        PhraseError: J001 when it uses a form of YAML that cannot be laid out anew.
    """
    return _Walk(text).walk()


class _Walk:
    """Follows the tokens of one file, keeping what is open."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._made = Layout(lines_of(text))
        self._open: list[_Block] = []
        self._flows = 0
        self._flow_began = 0
        self._awaits_key = False
        self._markers: set[int] = set()
        self._blocks = 0

    def walk(self) -> Layout:
        tokens = list(yaml.scan(self._text, Loader=_LOADER))
        for token, following in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
            self._reach(token)
            if self._flows:
                self._in_flow(token, following)
            else:
                self._in_block(token)
        return self._made

    def _reach(self, token: yaml.Token) -> None:
        start, end = token.start_mark, token.end_mark
        if start.index < end.index:
            self._made.ends[end.line] = max(end.column, self._made.ends.get(end.line, 0))

    def _in_flow(self, token: yaml.Token, following: yaml.Token) -> None:
        """Inside brackets lines are kept as they are; only a comma gets the space behind it."""
        if isinstance(token, _FLOW_BEGINS):
            self._flows += 1
        elif isinstance(token, _FLOW_ENDS):
            self._flows -= 1
            if not self._flows:
                self._span("flow", self._flow_began, token.end_mark.line)
        elif isinstance(token, yaml.ScalarToken):
            self._keep_inside(token)
        elif isinstance(token, yaml.FlowEntryToken) and _touches(token, following):
            self._space_behind(token.end_mark.line, token.end_mark.column)

    def _in_block(self, token: yaml.Token) -> None:
        line, column = token.start_mark.line, token.start_mark.column
        if isinstance(token, _MARKERS):
            self._markers.add(line)
        elif isinstance(token, yaml.BlockMappingStartToken):
            self._push("settings", column)
        elif isinstance(token, yaml.BlockSequenceStartToken):
            self._push("list", column)
        elif isinstance(token, yaml.BlockEndToken):
            self._leave_bare_list()
            self._open.pop()
        elif isinstance(token, yaml.BlockEntryToken):
            self._dash(line, column)
        elif isinstance(token, yaml.KeyToken):
            self._expect_key(token)
        elif isinstance(token, yaml.ValueToken):
            self._colon(line, column)
        elif isinstance(token, yaml.ScalarToken):
            self._scalar(token)
        elif isinstance(token, _FLOW_BEGINS):
            self._value(line, column)
            self._flows, self._flow_began = 1, line

    def _push(self, kind: Literal["settings", "list", "bare list"], column: int) -> None:
        self._blocks += 1
        new = self._open[-1].at.new + STEP if self._open else 0
        self._open.append(_Block(kind, Shift(column, new), self._blocks))

    def _leave_bare_list(self) -> None:
        if self._open and self._open[-1].kind == "bare list":
            self._open.pop()

    def _dash(self, line: int, column: int) -> None:
        if self._open and self._open[-1].kind == "settings":
            self._push("bare list", column)
        self._head(line, column, self._open[-1].at.new).dashes += 1

    def _expect_key(self, token: yaml.KeyToken) -> None:
        if token.start_mark.column != token.end_mark.column:
            raise PhraseError("J001", "'? ' begins a name in a way that cannot be laid out", "write 'name: value'")
        self._leave_bare_list()
        self._awaits_key = True

    def _colon(self, line: int, column: int) -> None:
        head = self._made.heads.get(line)
        if head is None or head.key is None:
            raise PhraseError("J001", "a colon without a name before it", "write 'name: value'")
        head.colon = column

    def _scalar(self, token: yaml.ScalarToken) -> None:
        line, column = token.start_mark.line, token.start_mark.column
        self._unquote(token)
        if self._awaits_key:
            self._awaits_key = False
            head = self._head(line, column, self._open[-1].at.new)
            head.key, head.block = (column, token.end_mark.column), self._open[-1].number
            return
        self._value(line, column)
        if token.style in ("|", ">"):
            self._block_of_text(token)
        else:
            self._keep_inside(token)
            self._span("plain" if token.plain else "quoted", line, token.end_mark.line)

    def _value(self, line: int, column: int) -> None:
        if line not in self._markers:
            self._head(line, column, self._open[-1].at.new + STEP if self._open else 0).value = column

    def _head(self, line: int, column: int, new: int) -> Head:
        head = self._made.heads.setdefault(line, Head(Shift(column, new)))
        head.blocks = tuple(block.at for block in self._open)
        return head

    def _span(self, kind: Literal["flow", "plain", "quoted", "block"], first: int, last: int) -> None:
        span = Span(kind, first, last, self._open[-1].at if self._open else None)
        self._made.spans.update(dict.fromkeys(range(first + 1, last + 1), span))

    def _keep_inside(self, token: yaml.ScalarToken) -> None:
        """Of a text over several lines, every line but the last ends inside it."""
        lines = range(token.start_mark.line, token.end_mark.line)
        self._made.ends.update({line: len(self._made.lines[line].rstrip()) for line in lines})
        if not token.plain:
            self._made.inside.update(lines)

    def _block_of_text(self, token: yaml.ScalarToken) -> None:
        """The lines below ``|`` or ``>``; empty ones at the end belong to it only with ``+``."""
        first, lines = token.start_mark.line, self._made.lines
        last = token.end_mark.line - (token.end_mark.column == 0)
        header = lines[first][token.start_mark.column :].split()[0]
        self._made.ends[first] = token.start_mark.column + len(header)
        depth = next((indent_of(each) for each in lines[first + 1 : last + 1] if each.strip()), 0)
        while header in ("|", ">", "|-", ">-") and last > first and not lines[last][depth:] and not lines[last].strip():
            last -= 1
        for line in range(first + 1, last + 1):
            self._made.ends[line] = len(lines[line])
            self._made.inside.add(line)
        self._span("block", first, last)

    def _unquote(self, token: yaml.ScalarToken) -> None:
        start, end = token.start_mark, token.end_mark
        if token.style in ("'", '"') and start.line == end.line and _SIMPLE.fullmatch(token.value):
            written = self._made.lines[start.line][start.column + 1 : end.column - 1]
            if written == token.value:
                self._edit(start.line, start.column, end.column, written)

    def _space_behind(self, line: int, column: int) -> None:
        """After a comma; not inside ``5,000``, which is a mistake that the checker tells best as it was written."""
        text = self._made.lines[line]
        if not (text[: column - 1][-1:].isdigit() and text[column].isdigit()):
            self._edit(line, column, column, " ")

    def _edit(self, line: int, begin: int, end: int, text: str) -> None:
        self._made.edits.setdefault(line, []).append((begin, end, text))


def _touches(token: yaml.Token, following: yaml.Token) -> bool:
    end, start = token.end_mark, following.start_mark
    return (end.line, end.column) == (start.line, start.column) and not isinstance(following, _FLOW_ENDS)


def indent_of(line: str) -> int:
    """How many spaces a line begins with."""
    return len(line) - len(line.lstrip(" "))
