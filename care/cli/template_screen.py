"""What `care templates` shows: the list, and what is wrong or could be better."""

from dataclasses import asdict
from typing import Any

import typer

from care.cli.rule_files import count_text, loaded
from care.cli.screen import print_json, print_table
from care.rendering import TemplateInventory
from care.rulebook.problems import Problem, render
from care.rulebook.workspace import CATALOG, JOURNEYS, TYPES
from care.settings import Settings, load_settings
from care.templating.report import Report
from care.templating.uses import uses_of

_RULES = (CATALOG, TYPES, f"{JOURNEYS}/")


def listing(settings: Settings) -> list[dict[str, Any]]:
    """Every template of the catalogue as plain values.

    Raises:
        BrokenRulesError: The rule files cannot be read.
    """
    from care.cli.template_checking import sound

    rulebook = sound(loaded(settings.rules_dir, settings.templates_dir), settings, ("J014", "J054"))
    inventory = TemplateInventory(settings.templates_dir)
    steps: dict[str, dict[str, str]] = {}
    for use in uses_of(rulebook):
        if use.file:
            steps.setdefault(use.template, {})[f"{use.journey}/{use.step}"] = f"{settings.rules_dir}/{use.where}"
    return [
        {
            "name": each.name,
            "purpose": each.purpose,
            "channels": {channel: list(inventory.locales(channel, each.name)) for channel in each.channels},
            "steps": steps.get(each.name, {}),
        }
        for each in rulebook.catalogue.templates.values()
    ]


def show_listing(rows: list[dict[str, Any]]) -> None:
    """Print the list as a table."""
    shown = [
        (
            row["name"],
            row["purpose"],
            ", ".join(f"{channel} ({' '.join(locales) or 'no file'})" for channel, locales in row["channels"].items()),
            "\n".join(row["steps"]) or "no step",
        )
        for row in rows
    ]
    print_table("Templates", ("name", "purpose", "channels and languages", "sent by"), shown)


def report(found: Report, *, as_json: bool) -> None:
    """Print what was found, for people or for programs."""
    settings = load_settings()
    problems = [_rooted(problem, settings) for problem in found.problems]
    if as_json:
        plain = {"messages": found.messages, "samples": found.samples, "errors": found.errors}
        print_json({**plain, "problems": [asdict(problem) for problem in problems]})
        return
    sources = {_root(name, settings): text for name, text in found.sources.items()}
    if problems:
        print(render(problems, sources), end="\n\n")
    counts = [(kind, sum(problem.severity == kind for problem in problems)) for kind in ("error", "warning", "note")]
    words = ", ".join(count_text(count, _WORDS[kind]) for kind, count in counts if count) or "nothing to mend"
    looked = f"{count_text(found.messages, 'file')} written {count_text(found.samples, 'time')}"
    typer.secho(f"{settings.templates_dir}: {looked}: {words}", fg="red" if found.errors else "green")


_WORDS = {"error": "error", "warning": "warning", "note": "hint"}


def _rooted(problem: Problem, settings: Settings) -> Problem:
    return Problem(**{**asdict(problem), "file": _root(problem.file, settings)})


def _root(name: str, settings: Settings) -> str:
    """A file as an editor finds it."""
    folder = settings.rules_dir if name.startswith(_RULES) else settings.templates_dir
    return f"{folder}/{name}"
