"""Beginning a journey: files that pass check and test before they are written, and never replace another."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from care.cli.rule_files import BrokenRulesError, errors_of, loaded
from care.cli.screen import screen
from care.domain.errors import CareError
from care.rendering import TemplateInventory
from care.rulebook.findings import PhraseError
from care.rulebook.names import simple_name
from care.rulebook.problems import render
from care.rulebook.testing import run_tests
from care.rulebook.workspace import CATALOG, JOURNEYS, TYPES, Workspace
from care.rulebook.writing.schema import FOLDER, schema_files
from care.rulebook.writing.starters import Started, Wish, started
from care.rulebook.writing.stock import Stock


class NotStartedError(CareError):
    """The journey cannot be begun; nothing was written."""


@dataclass(frozen=True)
class Folders:
    """The rules folder and the templates folder."""

    rules: Path
    templates: Path


def begin(wish: Wish, folders: Folders) -> list[Path]:
    """Write a new journey with its test; a catalogue, customer types and messages too, where there is no catalogue.

    Raises:
        NotStartedError: The name is taken or no name, or no journey would pass.
        NoStartError: The catalogue lacks what such a journey needs.
        BrokenRulesError: Something is wrong in the rules that are there.
    """
    _refuse_name(wish.journey, folders.rules)
    kit = {} if (folders.rules / CATALOG).exists() else _kit(folders)
    with tempfile.TemporaryDirectory() as made:
        trial = _trial(folders, kit, Path(made))
        workspace = loaded(trial.rules, trial.templates)
        if workspace.rulebook is None:
            shown = render(errors_of(workspace.problems), workspace.sources, str(folders.rules))
            raise BrokenRulesError(f"{shown}\n\nmend the rules that are there first")
        stock = Stock(workspace.rulebook.catalogue, TemplateInventory(trial.templates))
        found = _passing(wish, stock, trial)
    wanted = {
        **kit,
        **(_schema(folders, stock) if kit else {}),
        folders.rules / JOURNEYS / f"{wish.journey}.yaml": found.journey,
        folders.rules / JOURNEYS / f"{wish.journey}.test.yaml": found.tests,
    }
    return _write(wanted)


def show(written: list[Path], journey: str, folders: Folders) -> None:
    """Say what was written and what to do next."""
    out = screen()
    for path in sorted(written):
        out.print(f"written {path}", soft_wrap=True)
    out.print("\nNext:")
    for command, meaning in (
        ("check", "what is wrong, if anything"),
        (f"test {journey}", "play the examples of the test file"),
        (f"draw {journey}", "see it as a picture"),
        (f"preview {journey}", "try it on one customer"),
        ('publish --note "why"', "let customers in"),
    ):
        out.print(f"  care rules {command:<28} {meaning}", soft_wrap=True)


def _refuse_name(journey: str, rules: Path) -> None:
    try:
        simple_name(journey)
    except PhraseError as error:
        raise NotStartedError(f"{error.message}; {error.hint}") from error
    for ending in (".yaml", ".test.yaml"):
        path = rules / JOURNEYS / f"{journey}{ending}"
        if path.exists():
            raise NotStartedError(f"{path} is there already; give the new journey another name")


def _kit(folders: Folders) -> dict[Path, str]:
    """What a rules folder begins with, by the place of each file; what is there already is kept."""
    start = files("care.samples") / "start"
    wanted = {folders.rules / name: start / "rules" / name for name in (CATALOG, TYPES)}
    for folder in (start / "templates").iterdir():
        wanted |= {folders.templates / folder.name / file.name: file for file in folder.iterdir()}
    return {path: _text(file) for path, file in wanted.items() if not path.exists()}


def _schema(folders: Folders, stock: Stock) -> dict[Path, str]:
    """The schema files that are not there yet."""
    wanted = {folders.rules / FOLDER / name: text for name, text in schema_files(stock.catalogue).items()}
    return {path: text for path, text in wanted.items() if not path.exists()}


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")


def _trial(folders: Folders, kit: Mapping[Path, str], made: Path) -> Folders:
    """A copy of the folders with the new files, to be checked before anything is written."""
    trial = Folders(made / "rules", made / "templates" if kit else folders.templates)
    trial.rules.mkdir()
    if folders.rules.is_dir():
        shutil.copytree(folders.rules, trial.rules, dirs_exist_ok=True)
    if kit and folders.templates.is_dir():
        shutil.copytree(folders.templates, trial.templates)
    for path, text in kit.items():
        old = folders.rules if path.is_relative_to(folders.rules) else folders.templates
        new = trial.rules if old is folders.rules else trial.templates
        _put(new / path.relative_to(old), text)
    return trial


def _passing(wish: Wish, stock: Stock, trial: Folders) -> Started:
    """The fullest version of the journey that passes its check and its test.

    Raises:
        NotStartedError: There is none.
    """
    told = ""
    for made in started(wish, stock):
        _put(trial.rules / JOURNEYS / f"{wish.journey}.yaml", made.journey)
        _put(trial.rules / JOURNEYS / f"{wish.journey}.test.yaml", made.tests)
        workspace = loaded(trial.rules, trial.templates)
        told = _trouble(workspace, wish.journey)
        if not told:
            return made
    raise NotStartedError(f"no such journey would pass with this catalogue: {told}")


def _trouble(workspace: Workspace, journey: str) -> str:
    """What is wrong with a new journey, or nothing."""
    errors = errors_of(workspace.problems)
    if errors:
        return "; ".join(f"{problem.code} {problem.message}" for problem in errors)
    failures = [failure for result in run_tests(workspace, frozenset({journey})) for failure in result.failures]
    return "; ".join(failure.message for failure in failures)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write(wanted: Mapping[Path, str]) -> list[Path]:
    """Write files that must not be there yet; when one cannot be written, those written before are taken away again."""
    written: list[Path] = []
    try:
        for path, text in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for path in written:
            path.unlink()
        raise NotStartedError(f"{error.filename} cannot be written: {error.strerror}; nothing was written") from error
    return written
