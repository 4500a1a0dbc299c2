"""Problems of rule files as the console shows them: at their line, with the lines around it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from care.rulebook.problems import Problem, Severity, lines_of

_AROUND = 1
_WIDEST = 300


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line of a rule file, with its number; ``caret`` is what stands before the column that a problem names."""

    number: int
    text: str
    caret: str | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One problem.

    Attributes:
        place: File, line and column as an editor opens them: ``rules/journeys/x.yaml:12:5``.
        lines: The line it is about and its neighbours; empty when the file has no such line.
    """

    file: str
    line: int
    column: int
    place: str
    code: str
    message: str
    hint: str
    severity: Severity
    lines: Sequence[FileLine]


def excerpts(problems: Iterable[Problem], sources: Mapping[str, str], folder: Path) -> list[Excerpt]:
    """Problems with their lines, errors first.

    Args:
        sources: The text of each file by the name problems use.
        folder: The rules folder.
    """
    lines = {file: lines_of(text) for file, text in sources.items()}
    shown = [_excerpt(problem, lines.get(problem.file, []), folder) for problem in problems]
    return sorted(shown, key=lambda each: each.severity != "error")


def _excerpt(problem: Problem, lines: list[str], folder: Path) -> Excerpt:
    return Excerpt(
        file=problem.file,
        line=problem.line,
        column=problem.column,
        place=f"{(folder / problem.file).as_posix()}:{problem.line}:{problem.column}",
        code=problem.code,
        message=problem.message,
        hint=problem.hint,
        severity=problem.severity,
        lines=tuple(_around(problem, lines)),
    )


def _around(problem: Problem, lines: list[str]) -> Iterator[FileLine]:
    if not (0 < problem.line <= len(lines) and lines[problem.line - 1].strip()):
        return
    for number in range(max(1, problem.line - _AROUND), min(len(lines), problem.line + _AROUND) + 1):
        text = _plain(lines[number - 1])
        yield FileLine(number, text, text[: problem.column - 1] if number == problem.line else None)


def _plain(line: str) -> str:
    """A line without what would turn or hide its letters; each letter keeps its column."""
    return "".join(letter if letter.isprintable() else " " for letter in line)[:_WIDEST]
