"""A chart as Mermaid text, for pages and wikis that draw flowcharts themselves."""

import re

from care.drawing.shapes import Box, Chart, boxes
from care.drawing.ways import Arrow, arrows

# Inside of quoted text too Mermaid reads signs of its own (#, %%, backticks, quotes): all but these go by number.
_PLAIN = re.compile(r"[\w ,.:?/()·…“”-]", re.ASCII)
_SHAPES = {
    "entry": ("([", "])"),
    "wait": ("([", "])"),
    "end": ("([", "])"),
    "branch": ("{{", "}}"),
    "split": ("{{", "}}"),
    "table": ("{{", "}}"),
    "exit": ("{{", "}}"),
    "again": ("[[", "]]"),
}
_CLASSES = {
    "entry": "fill:#e0f0ee,stroke:#0b5d5b,color:#1d1c1a",
    "wait": "fill:#efece5,stroke:#d9d4c9,color:#1d1c1a",
    "choice": "fill:#eee8f8,stroke:#5b3f97,color:#1d1c1a",
    "step": "fill:#ffffff,stroke:#8c877d,color:#1d1c1a",
    "over": "fill:#efece5,stroke:#5f5b54,color:#1d1c1a",
}
_CHOICES = ("branch", "split", "table", "exit")
_LONGEST = 300


def mermaid(chart: Chart) -> str:
    """A chart as a Mermaid flowchart, from top to bottom."""
    names = {box.anchor: f"b{number}" for number, box in enumerate(boxes(chart))}
    lines = ["---", f"title: {_title(chart.title)}", "---", "flowchart TD"]
    lines += [f"    {_box(box, names[box.anchor])}" for box in boxes(chart)]
    lines += [f"    {_arrow(arrow, names)}" for arrow in arrows(chart)]
    lines += [f"    classDef {name} {style}" for name, style in _CLASSES.items()]
    return "\n".join(lines) + "\n"


def _box(box: Box, name: str) -> str:
    left, right = _SHAPES.get(box.kind, ("[", "]"))
    words = "<br/>".join(_escaped(line) for line in (box.title, *box.details))
    return f'{name}{left}"{words}"{right}:::{_class(box)}'


def _class(box: Box) -> str:
    """The class a box is coloured by; Mermaid keeps the word ``end`` for itself."""
    if box.kind in _CHOICES:
        return "choice"
    if box.kind == "end":
        return "over"
    return box.kind if box.kind in ("entry", "wait") else "step"


def _arrow(arrow: Arrow, names: dict[str, str]) -> str:
    line = "-.->" if arrow.back else "-->"
    label = f'|"{_escaped(arrow.label)}"|' if arrow.label else ""
    return f"{names[arrow.source]} {line}{label} {names[arrow.target]}"


def _escaped(text: str) -> str:
    short = " ".join(text.split())
    if len(short) > _LONGEST:
        short = f"{short[:_LONGEST].rstrip()}…"
    return "".join(letter if _PLAIN.match(letter) or letter.isalpha() else f"#{ord(letter)};" for letter in short)


def _title(text: str) -> str:
    """A title as the YAML above the flowchart holds it."""
    return (
        '"' + "".join(letter for letter in " ".join(text.split()) if letter.isprintable() and letter not in '"\\') + '"'
    )
