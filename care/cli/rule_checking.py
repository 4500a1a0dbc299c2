"""Checking the rule files, and telling what is wrong to people and programs."""

import os
from dataclasses import dataclass
from pathlib import Path

import typer

from care.cli.rule_files import count_text, errors_of, loaded
from care.rulebook.problems import Problem, as_json, render
from care.rulebook.workspace import CATALOG, Workspace


@dataclass(frozen=True)
class Checked:
    """What was checked, and what is wrong in it.

    Attributes:
        folder: The rules folder.
        file: The one file that was asked about, as problems spell it; empty for the whole folder.
    """

    folder: Path
    file: str
    workspace: Workspace
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What stops the rules from being used."""
        return errors_of(self.problems)


def check(path: Path, templates_dir: Path) -> Checked:
    """Check a rules folder, or one file of it.

    Raises:
        BrokenRulesError: There is no such folder.
    """
    folder, file = folder_of(path)
    workspace = loaded(folder, templates_dir)
    problems = tuple(found for found in workspace.problems if file in ("", found.file))
    return Checked(folder, file, workspace, problems)


def report(checked: Checked, form: str) -> None:
    """Print what is wrong.

    Args:
        form: ``text``, ``json``, ``github`` or ``sarif``.
    """
    from care.rulebook.writing.reports import as_github, as_sarif

    folder = str(checked.folder)
    match form:
        case "json":
            print(as_json(checked.problems))
        case "github":
            if checked.problems:
                print(as_github(checked.problems, folder))
        case "sarif":
            print(as_sarif(checked.problems, checked.workspace.sources, folder))
        case _:
            _show(checked)


def folder_of(path: Path) -> tuple[Path, str]:
    """The rules folder a path belongs to, and the file's name as problems spell it (empty for the folder)."""
    if not path.is_file():
        return path, ""
    for folder in path.absolute().parents:
        if (folder / CATALOG).is_file():
            return Path(os.path.relpath(folder)), path.absolute().relative_to(folder).as_posix()
    return path.parent, path.name


def _show(checked: Checked) -> None:
    rulebook, problems = checked.workspace.rulebook, checked.problems
    path = checked.folder / checked.file
    if problems:
        print(render(problems, checked.workspace.sources, str(checked.folder)), end="\n\n")
    errors = len(checked.errors)
    counts = [(kind, sum(found.severity == kind for found in problems)) for kind in ("warning", "note")]
    more = "".join(f", {count_text(count, kind)}" for kind, count in counts if count)
    if errors:
        typer.secho(f"{path}: {count_text(errors, 'error')}{more}", fg="red")
        return
    journeys = f"{count_text(len(rulebook.entering), 'journey')}, " if rulebook is not None and not checked.file else ""
    typer.secho(f"{path}: {journeys}no error{more}", fg="green")
