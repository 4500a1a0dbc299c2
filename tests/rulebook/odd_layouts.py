"""Rule files as nobody should write them: the same few things in every indentation, quoting and order of comments."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

_WORDS = st.sampled_from(
    [
        "vip",
        "at most 2",
        "5,000",
        "10%",
        "Khách chấm 5/5",
        "day 7 at 09:00",
        "no",
        "x: y",
        "# none",
        "it's",
        "a - b",
        "*",
    ]
)
_NAMES = st.sampled_from(["when", "order.total", "a", "chào", "x y", "a: b", "#"])
_TREES = st.recursive(
    _WORDS,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(_NAMES, inner, min_size=1, max_size=3),
    max_leaves=8,
)
_SAFE = {"vip", "at most 2", "10%", "Khách chấm 5/5", "no", "a - b", "when", "order.total", "a", "chào", "x y"}


@dataclass
class Odd:
    """A file, and the comments that were put into it (``#1``, ``#2``, …) in order."""

    content: bytes
    comments: list[str]


@dataclass
class _Writing:
    """Writes a tree, drawing every choice of layout."""

    draw: Any
    lines: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def below(self, tree: Any, indent: int, first: str) -> None:
        """Write settings or a list at an indentation; ``first`` stands before its first line."""
        items = tree.items() if isinstance(tree, dict) else [(None, item) for item in tree]
        for name, inner in items:
            self.lonely(first)
            sign = "-" if name is None else f"{self.scalar(name)}{' ' * self.few(1)}:"
            self.valued(inner, indent, (first or " " * indent) + sign, bare=name is not None)
            first = ""

    def valued(self, tree: Any, indent: int, before: str, *, bare: bool) -> None:
        """Write what stands behind a dash or a colon: on its line, or below it."""
        gap = " " * (1 + self.few(2))
        if isinstance(tree, str):
            self.text(tree, indent, before, gap)
        elif self.draw(st.booleans()) and all(isinstance(each, str) for each in _parts(tree)):
            self.brackets(tree, indent, before + gap)
        elif not bare and self.draw(st.booleans()):
            self.below(tree, len(before + gap), before + gap)
        else:
            self.end(before)
            deeper = 0 if bare and isinstance(tree, list) and self.draw(st.booleans()) else 1 + self.few(4)
            self.below(tree, indent + deeper, "")

    def text(self, text: str, indent: int, before: str, gap: str) -> None:
        kind = self.draw(st.sampled_from(["line", "line", "line", "below", "literal", "folded", "quoted lines"]))
        deep = " " * (indent + 1 + self.few(3))
        if kind == "line":
            self.end(before + gap + self.scalar(text))
        elif kind == "below":
            self.end(before)
            self.lonely()
            self.end(deep + self.scalar(text))
        elif kind == "quoted lines":
            self.lines.extend([f'{before}{gap}"{text}', *[""] * self.few(2)])
            self.end(f'{deep}{text}"')
        else:
            self.end(before + gap + ("|" if kind == "literal" else ">") + self.draw(st.sampled_from(["", "-", "+"])))
            self.lines.extend([f"{deep}{text}", *[""] * self.few(2), f"{deep}  {text}", *[""] * self.few(2)])

    def brackets(self, tree: Any, indent: int, before: str) -> None:
        opens, closes = "{}" if isinstance(tree, dict) else "[]"
        parts = [self.quoted(each) for each in tree]
        if isinstance(tree, dict):
            parts = [f"{part}: {self.quoted(tree[name])}" for part, name in zip(parts, tree, strict=True)]
        self.lines.append(before + opens + " " * self.few(1))
        for number, part in enumerate(parts):
            self.lines[-1] += part + ("," if number < len(parts) - 1 else closes)
            if number < len(parts) - 1 and self.draw(st.booleans()):
                self.end(self.lines.pop())
                self.lonely()
                self.lines.append(" " * (indent + 1 + self.few(6)))
            elif number < len(parts) - 1:
                self.lines[-1] += " " * self.few(2)
        self.end(self.lines.pop())

    def scalar(self, text: str) -> str:
        return text if text in _SAFE and self.draw(st.booleans()) else self.quoted(text)

    def quoted(self, text: str) -> str:
        return "'" + text.replace("'", "''") + "'" if self.draw(st.booleans()) else f'"{text}"'

    def end(self, line: str) -> None:
        """End a line, perhaps with a comment, perhaps with spaces."""
        if self.few(3) == 3:
            self.comments.append(f"#{len(self.comments) + 1}")
            line += self.draw(st.sampled_from([" ", "  ", "      ", "\t"])) + f"{self.comments[-1]} a\tb"
        self.lines.append(line + " " * self.few(2))

    def lonely(self, first: str = "") -> None:
        """Perhaps a comment on a line of its own, perhaps a blank line; not in the middle of a line."""
        if first:
            return
        for _ in range(self.few(2)):
            self.lines.append(" " * self.few(3))
        if self.few(3) == 3:
            self.comments.append(f"#{len(self.comments) + 1}")
            self.lines.append(" " * self.few(9) + f"{self.comments[-1]} - x: y")

    def few(self, most: int) -> int:
        return int(self.draw(st.integers(0, most)))


def _parts(tree: Any) -> list[Any]:
    return list(tree.values()) if isinstance(tree, dict) else tree


@st.composite
def odd_files(draw: Any) -> Odd:
    """A file that the reader accepts."""
    writing = _Writing(draw)
    tree = draw(_TREES.filter(lambda tree: not isinstance(tree, str)))
    writing.below(tree, 0, "")
    writing.lonely()
    line_end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    text = line_end.join(writing.lines) + draw(st.sampled_from(["", line_end, line_end * 3]))
    return Odd(draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode(), writing.comments)
