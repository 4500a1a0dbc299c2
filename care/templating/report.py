"""What is wrong in the templates, gathered once each: the same fault is often met for many customers and steps."""

from collections.abc import Mapping
from dataclasses import dataclass

from care.rulebook.problems import Problem, Severity, in_order
from care.templating.files import Files

CODES: Mapping[str, str] = {
    "T01": "a message cannot be written",
    "T02": "a language or a version is missing",
    "T03": "a link is not a whole address",
    "T04": "a picture is missing, or cannot be read out",
    "T05": "a message is too large",
    "T06": "words do not stand out from what lies behind them",
    "T07": "there is no way to end such messages",
    "T08": "an SMS is long",
    "T09": "a file belongs to no template",
    "T10": "mail programs take something out",
    "T20": "a subject could be better",
    "T21": "words that filters take for advertising",
    "T22": "words of the trade that customers do not use",
    "T23": "a message shouts",
    "T24": "a sentence is long",
    "T25": "a message is a picture",
    "T26": "an inbox shows nothing beside the subject",
    "T27": "a link does not say where it leads",
}


@dataclass(frozen=True)
class Report:
    """What was looked at, and what is wrong in it.

    Attributes:
        messages: How many files were written, for whomever.
        samples: How often.
    """

    problems: tuple[Problem, ...]
    sources: Mapping[str, str]
    messages: int
    samples: int

    @property
    def errors(self) -> int:
        """How many problems stop a message from being right."""
        return sum(problem.severity == "error" for problem in self.problems)


class Gathered:
    """Problems by file, place and words; who or what step it was met for is told of the first one."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._found: dict[tuple[str, int, str, str], Problem] = {}

    def at(self, name: str, words: str, code: str, message: str, hint: str = "", severity: Severity = "error") -> None:
        """Note a problem where some words stand in a file, or in one that it is made of."""
        file, place = self.files.place(name, words)
        self.note(Problem(file, place.line, place.column, code, message, hint, severity))

    def note(self, problem: Problem) -> None:
        """Note a problem whose place is known."""
        self._found.setdefault((problem.file, problem.line, problem.code, problem.message), problem)

    def problems(self) -> tuple[Problem, ...]:
        """All of them in order."""
        return in_order(self._found.values())

    def sources(self) -> dict[str, str]:
        """The text of every file that has a problem."""
        return {problem.file: self.files.text(problem.file) for problem in self._found.values()}
