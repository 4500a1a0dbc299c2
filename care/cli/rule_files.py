"""Loading the rules folder for the commands."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from care.domain.errors import CareError

if TYPE_CHECKING:
    from care.domain.catalogue import Field
    from care.domain.rulebook import Rulebook
    from care.rulebook.problems import Problem
    from care.rulebook.workspace import Workspace
    from care.settings import Settings


class BrokenRulesError(CareError):
    """Something is wrong in the rule files; the message shows every place."""


def loaded(rules_dir: Path, templates_dir: Path) -> "Workspace":
    """The rules folder with everything that is wrong in it.

    Raises:
        BrokenRulesError: There is no such folder.
    """
    from care.rendering import TemplateInventory
    from care.rulebook.workspace import load

    if not rules_dir.is_dir():
        raise BrokenRulesError(f"there is no rules folder {str(rules_dir)!r}; go where it is, or set CARE_RULES_DIR")
    return load(rules_dir, TemplateInventory(templates_dir))


def checked(settings: "Settings") -> "tuple[Rulebook, Workspace]":
    """The rulebook of a rules folder without errors, and the folder as it was read.

    Raises:
        BrokenRulesError: Something is wrong in the rule files.
    """
    from care.rulebook.problems import render

    workspace = loaded(settings.rules_dir, settings.templates_dir)
    errors = errors_of(workspace.problems)
    if errors or workspace.rulebook is None:
        shown = render(errors, workspace.sources, str(settings.rules_dir))
        raise BrokenRulesError(f"{shown}\n\n{count_text(len(errors), 'error')} in the rule files; mend them first")
    return workspace.rulebook, workspace


def one_journey(settings: "Settings", journey: str) -> "Rulebook":
    """The rulebook of one journey; what is wrong in the others does not matter.

    Raises:
        BrokenRulesError: There is no such journey, or something is wrong in it or in what it rests on.
    """
    from care.rulebook.problems import render
    from care.rulebook.spelling import did_you_mean
    from care.rulebook.workspace import journey_names, load_journey

    folder = settings.rules_dir
    if journey not in (names := journey_names(folder)):
        hint = did_you_mean(journey, names) or f"there are: {', '.join(names) or 'none'}"
        raise BrokenRulesError(f"there is no journey {journey!r} in {str(folder)!r}; {hint}")
    workspace = load_journey(folder, journey)
    errors = errors_of(workspace.problems)
    if errors or workspace.rulebook is None:
        shown = render(errors, workspace.sources, str(folder))
        raise BrokenRulesError(f"{shown}\n\n{count_text(len(errors), 'error')} in the rule files; mend them first")
    return workspace.rulebook


def errors_of(problems: "tuple[Problem, ...]") -> "tuple[Problem, ...]":
    """The problems that stop the rules from being used; the others are warnings."""
    return tuple(problem for problem in problems if problem.severity == "error")


def catalogue_fields(settings: "Settings") -> "Mapping[str, Field]":
    """The fields of the catalogue in the rules folder; none where there are no rules, or broken ones."""
    if not settings.rules_dir.is_dir():
        return {}
    rulebook = loaded(settings.rules_dir, settings.templates_dir).rulebook
    return rulebook.catalogue.fields if rulebook is not None else {}


def count_text(count: int, word: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{count:,} {word}" + ("" if count == 1 else "s")
