"""Laying rule files out: all of them in memory first, then each written whole, or none at all."""

import difflib
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from care.cli.rule_checking import folder_of
from care.cli.rule_files import BrokenRulesError, count_text
from care.cli.screen import screen
from care.domain.errors import CareError
from care.rulebook.problems import Problem, render
from care.rulebook.workspace import JOURNEYS
from care.rulebook.writing.formatting import UnreadableError, formatted


class NoRuleFileError(CareError):
    """There is no such rule file, or it cannot be read or written."""


@dataclass(frozen=True)
class LaidOut:
    """A rule file as it is and as it should be."""

    path: Path
    before: bytes
    after: bytes

    @property
    def changed(self) -> bool:
        """Whether anything is to be written."""
        return self.before != self.after


def lay_out(files: Sequence[Path], rules_dir: Path) -> list[LaidOut]:
    """The files laid out anew, none of them written yet.

    Args:
        files: Rule files, or rules folders; the folder of the settings when none is named.

    Raises:
        NoRuleFileError: There is no such file.
        BrokenRulesError: A file cannot be read; the message shows every place.
        MeaningError: A file would not mean the same.
    """
    made: list[LaidOut] = []
    problems: list[Problem] = []
    sources: dict[str, str] = {}
    for path in _files(files or [rules_dir]):
        content = _content(path)
        try:
            made.append(LaidOut(path, content, formatted(content, str(path)).encode()))
        except UnreadableError as error:
            problems.extend(error.problems)
            sources[str(path)] = content.decode("utf-8-sig", "replace")
    if problems:
        shown = render(problems, sources)
        raise BrokenRulesError(f"{shown}\n\n{count_text(len(sources), 'file')} cannot be read; nothing was written")
    return made


def write(files: Sequence[LaidOut]) -> None:
    """Put each changed file in the place of the old one, in one step each.

    Raises:
        NoRuleFileError: A file cannot be written.
    """
    for file in files:
        if file.changed:
            _replace(file.path.resolve(), file.after)


def show(files: Sequence[LaidOut], *, written: bool) -> None:
    """Say which files were, or would be, laid out anew."""
    changed = [file for file in files if file.changed]
    out = screen()
    for file in changed:
        out.print(f"{'laid out' if written else 'would lay out'} {file.path}", soft_wrap=True)
    verb = "laid out" if written else "to lay out"
    rest = f", {count_text(len(files) - len(changed), 'file')} as they should be" if len(files) > len(changed) else ""
    out.print(f"{count_text(len(changed), 'file')} {verb}{rest}", style="green" if written or not changed else "red")


def show_difference(files: Sequence[LaidOut]) -> None:
    """Print what would change, as a unified difference."""
    for file in files:
        before, after = (text.decode().splitlines() for text in (file.before, file.after))
        for line in difflib.unified_diff(before, after, str(file.path), str(file.path), lineterm=""):
            print(line)


def _files(paths: Sequence[Path]) -> list[Path]:
    """The rule files of these paths, each once."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            folder, _ = folder_of(path)
            found += [*sorted(folder.glob("*.yaml")), *sorted((folder / JOURNEYS).glob("*.yaml"))]
        elif path.is_file():
            found.append(path)
        else:
            raise NoRuleFileError(f"there is no rule file {str(path)!r}; name a file, or a rules folder")
    return list(dict.fromkeys(found))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NoRuleFileError(f"{path} cannot be read: {error.strerror}") from error


def _replace(path: Path, content: bytes) -> None:
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
            try:
                new.write(content)
                new.flush()
                os.fsync(new.fileno())
                shutil.copymode(path, new.name)
                Path(new.name).replace(path)
            except BaseException:
                Path(new.name).unlink()
                raise
    except OSError as error:
        raise NoRuleFileError(f"{path} cannot be written: {error.strerror}; it is as it was") from error
