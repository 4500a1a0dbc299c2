"""Writes the lines of a rule file anew from its layout: each where it belongs, with its words as they are."""

import re
from bisect import bisect_right
from collections import Counter

from care.rulebook.writing.layout import STEP, Head, Layout, Shift, Span, indent_of

_SWITCHED_OFF = re.compile(r"#\s*(-\s|[\w.]+\s*:(\s|$))")
_APART = 2


def laid_out(layout: Layout) -> str:
    """The text, laid out anew."""
    return _Laying(layout).text()


class _Laying:
    """Goes through the lines from the first to the last."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._begins = sorted(layout.heads)
        self._widths = _widths(layout)
        self._remark: tuple[int, Shift] | None = None

    def text(self) -> str:
        made: list[str] = []
        gap = False
        for number, line in enumerate(self._layout.lines):
            span = self._layout.spans.get(number)
            if span is None and not line.strip():
                gap = bool(made)
                continue
            made.extend([""] if gap else [])
            gap = False
            made.append(self._line(number, line) if span is None else self._continued(number, line, span))
        # A text block that ends the file without a line end means something else with one.
        ends_in_text = len(self._layout.lines) - 1 in self._layout.inside
        return "\n".join(made) + ("" if ends_in_text else "\n")

    def _line(self, number: int, line: str) -> str:
        head = self._layout.heads.get(number)
        if head is not None:
            return self._remarked(number, self._begun(number, head), head.at)
        if line.lstrip().startswith("#"):
            return " " * self._comment_column(number, line) + line.strip()
        return line.rstrip()

    def _begun(self, number: int, head: Head) -> str:
        """A line that begins something: signs of a list, a name, a value."""
        made = " " * head.at.new + "- " * head.dashes
        if head.key is not None:
            name = self._words(number, *head.key)
            width = self._widths.get(number, 0)
            made += f"{name}:" + " " * max(1, width - len(name) - 1)
        if head.value is not None:
            made += self._words(number, head.value, self._end(number))
        return made if number in self._layout.inside else made.rstrip()

    def _continued(self, number: int, line: str, span: Span) -> str:
        """A line of a value that began above: moved with its beginning, but never out of what it stands in."""
        if span.kind == "block":
            return self._text_line(line, span)
        if not line.strip():
            return ""
        old = indent_of(line)
        head = self._layout.heads.get(span.first)
        shift = head.at.new - head.at.old if head is not None else 0
        at = Shift(old, max(old + shift, span.parent.new + STEP if span.parent is not None else 0))
        if line.lstrip().startswith("#") and span.kind == "flow" and number not in self._layout.inside:
            return " " * at.new + line.strip()
        made = " " * at.new + self._words(number, old, self._end(number))
        return made if number in self._layout.inside else self._remarked(number, made, at)

    def _text_line(self, line: str, span: Span) -> str:
        """A line below ``|`` or ``>``; what it is indented by beyond the others belongs to the text."""
        lines = self._layout.lines[span.first + 1 : span.last + 1]
        first = next((indent_of(each) for each in lines if each.strip()), 0)
        if not line.strip() and len(line) <= first:
            return ""
        parent = span.parent
        header = self._layout.lines[span.first][: self._layout.ends[span.first]]
        if parent is None:
            new = first
        elif header[-1:].isdigit() or header[-2:-1].isdigit():
            new = first + parent.new - parent.old
        else:
            new = parent.new + STEP
        return " " * (new - first) + line if new >= first else line[first - new :]

    def _remarked(self, number: int, made: str, at: Shift) -> str:
        """The line with its comment, which stays in its column as far as it can."""
        line, end = self._layout.lines[number], self._layout.ends[number]
        rest = line[end:]
        if not rest.lstrip().startswith("#"):
            return made
        old = end + len(rest) - len(rest.lstrip())
        near = len(made) + _APART
        new = near if "\t" in line[end:old] else max(near, old + at.new - at.old)
        self._remark = (number, Shift(old, new))
        return made + " " * (new - len(made)) + rest.strip()

    def _comment_column(self, number: int, line: str) -> int:
        """Where a comment on a line of its own belongs: below the one it goes on from, else with what it speaks of."""
        old = indent_of(line)
        if self._remark is not None and self._remark == (number - 1, Shift(old, self._remark[1].new)):
            self._remark = (number, self._remark[1])
            return self._remark[1].new
        at = bisect_right(self._begins, number)
        following = self._layout.heads[self._begins[at]].at if at < len(self._begins) else Shift(-1, 0)
        before = self._layout.heads[self._begins[at - 1]].blocks if at else ()
        ended = [block for block in before if following.old < block.old <= old] if old > following.old else []
        new = ended[-1].new if ended else following.new
        return 0 if old == 0 and _SWITCHED_OFF.match(line) else new

    def _end(self, number: int) -> int:
        return len(self._layout.lines[number]) if number in self._layout.inside else self._layout.ends[number]

    def _words(self, number: int, begin: int, end: int) -> str:
        """A part of a line, with its small changes made."""
        line, made = self._layout.lines[number], ""
        for first, last, text in self._layout.edits.get(number, ()):
            if begin <= first and last <= end:
                made += line[begin:first] + text
                begin = last
        return made + line[begin:end]


def _widths(layout: Layout) -> dict[int, int]:
    """How far after its name's beginning each value begins, by line, where neighbours were lined up by hand."""
    found = {
        number: (head.block, head.value - head.key[0])
        for number, head in layout.heads.items()
        if head.key is not None and head.value is not None
    }
    shared = Counter(found.values())
    return {number: at[1] for number, at in found.items() if shared[at] > 1}
