"""Problems found in rule files, all at once, each with its place and what to do about it."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]

# YAML counts these as line ends too, so that our line numbers are the ones its parser gives.
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_WIDEST = 150


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a file.

    Attributes:
        file: Path below the rules folder, for example ``journeys/after_service_visit.yaml``.
        line: Counted from 1, as ``column`` is.
        code: A word for the kind of problem; ``care rules explain J010`` tells more.
        hint: What to do, or empty.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    severity: Severity = "error"


def lines_of(source: str) -> list[str]:
    """The lines of a file as editors number them."""
    return _LINE_END.split(source)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems by file and place, each once."""
    return tuple(sorted(set(problems)))


def render(problems: Iterable[Problem], sources: Mapping[str, str], root: str = "") -> str:
    """Every problem as a compiler would show it, with a blank line between them.

    Args:
        sources: The text of each file by the name problems use.
        root: The folder to put before file names, so that an editor can open them.
    """
    lines = {file: lines_of(text) for file, text in sources.items()}
    return "\n\n".join(_shown(problem, lines.get(problem.file, []), root) for problem in problems)


def as_json(problems: Iterable[Problem]) -> str:
    """The same as a JSON list of objects with the fields of ``Problem``."""
    return json.dumps([asdict(problem) for problem in problems], ensure_ascii=False, indent=2)


def _shown(problem: Problem, lines: list[str], root: str) -> str:
    place = f"{root.rstrip('/')}/{problem.file}" if root else problem.file
    kind = "" if problem.severity == "error" else f"{problem.severity}: "
    shown = [f"{place}:{problem.line}:{problem.column}: {problem.code} {kind}{problem.message}"]
    if 0 < problem.line <= len(lines) and lines[problem.line - 1].strip():
        shown.extend(_pointed(lines[problem.line - 1], problem.column))
    if problem.hint:
        shown.append(f"  hint: {problem.hint}")
    return "\n".join(shown)


def _pointed(line: str, column: int) -> list[str]:
    """The source line and a caret below the column, cut around it when the line is long."""
    line = line.rstrip()
    start = max(0, column - _WIDEST // 2) if len(line) > _WIDEST else 0
    text = "".join(letter if letter.isprintable() else " " for letter in line[start : start + _WIDEST])
    before = text[: max(0, column - 1 - start)]
    return [f"    {text}", f"    {' ' * _width(before)}^"]


def _width(text: str) -> int:
    """How many columns of a terminal a text fills."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
