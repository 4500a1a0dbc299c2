"""Findings: the problems of one file while it is read, and the one way a parser says no."""

from collections.abc import Callable
from typing import NamedTuple, ParamSpec, Protocol, TypeVar

from care.domain.errors import CareError
from care.rulebook.problems import Problem, Severity

_T = TypeVar("_T")
_P = ParamSpec("_P")
_LONGEST = 60
MOST = 200
"""The most problems that are told of one file."""


class Placed(Protocol):
    """Anything that stands somewhere in a file."""

    @property
    def line(self) -> int:
        """Counted from 1."""
        ...

    @property
    def column(self) -> int:
        """Counted from 1."""
        ...


class Place(NamedTuple):
    """A line and a column, counted from 1."""

    line: int
    column: int


START = Place(1, 1)


class PhraseError(CareError):
    """A phrase cannot be read; whoever knows its place turns this into a problem."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class TooManyProblems(Exception):
    """Nobody mends so many problems at once; reading the file ends here."""


class Findings:
    """The problems of one file, in the order they were found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(self, code: str, at: Placed, message: str, hint: str = "", severity: Severity = "error") -> None:
        """Note a problem at a place, which may know that it stands in another file.

        Raises:
            TooManyProblems: When that is enough of them; it is told, and the file is not read any further.
        """
        file = getattr(at, "file", "") or self.file
        if len(self.problems) == MOST:
            # An error, whatever comes: what was not looked at to the end must not be used.
            said = f"there are more than {MOST:,} problems; these are the first"
            self.problems.append(Problem(self.file, 1, 1, "J001", said, "mend them, then check again"))
        if len(self.problems) > MOST:
            raise TooManyProblems
        self.problems.append(Problem(file, at.line, at.column, code, message, hint, severity))

    def beside(self, file: str) -> "Findings":
        """Findings of another file, told among these: what is wrong there is wrong here."""
        other = Findings(file)
        other.problems = self.problems
        return other

    def take(self, at: Placed, parse: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T | None:
        """Parse; a refusal becomes a problem at the place, and ``None`` comes back."""
        try:
            return parse(*args, **kwargs)
        except PhraseError as error:
            self.add(error.code, at, error.message, error.hint)
            return None

    def has_told(self, line: int) -> bool:
        """Whether a problem of this line is told already."""
        return any(problem.file == self.file and problem.line == line for problem in self.problems)

    @property
    def broken(self) -> bool:
        """Whether anything found so far stops the file from being used."""
        return any(problem.severity == "error" for problem in self.problems)


def quoted(text: str) -> str:
    """Words of a file as a message shows them: in quotes, on one line, not too long."""
    line = " ".join(text.split())
    return f"'{line[: _LONGEST - 1]}…'" if len(line) > _LONGEST else f"'{line}'"
