"""`care rules`: check, explain, test and publish the rule files."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from care.cli.screen import local_text, print_json, print_table, screen
from care.domain.errors import CareError

if TYPE_CHECKING:
    from care.cli.publishing import JourneyChange, Proposal
    from care.rulebook.problems import Problem
    from care.rulebook.workspace import Workspace

app = typer.Typer(no_args_is_help=True, help="Check, explain, test and publish the rule files.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class NotConfirmedError(CareError):
    """Nobody said yes, and nobody could be asked."""


@app.command()
def check(
    path: Annotated[
        Path | None, typer.Argument(help="A rules folder or one of its files; else the folder of the settings.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong in the rule files, each with its place and what to do."""
    from care.cli.rule_files import errors_of, loaded
    from care.rulebook.problems import as_json as problems_as_json
    from care.settings import load_settings

    settings = load_settings()
    folder, file = _folder_of(path or settings.rules_dir)
    workspace = loaded(folder, settings.templates_dir)
    problems = tuple(found for found in workspace.problems if file in ("", found.file))
    if as_json:
        print(problems_as_json(problems))
    else:
        _show_check(workspace, problems, (folder, file))
    if errors_of(problems):
        raise typer.Exit(1)


@app.command()
def explain(
    word: Annotated[str, typer.Argument(help="A step, setting, test or problem code: survey, by, 'at most', J010.")],
) -> None:
    """Say what a word of the rule language means, with an example."""
    from care.rulebook.describe import explain as describe

    screen().print(describe(word))


@app.command("test")
def play(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Test files such as first_purchase.test.yaml, or journeys; else all.")
    ] = None,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="Print what happened in every test, with reasons.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Play the rule tests on a virtual clock, and show what was expected and did not happen."""
    from care.cli.rule_testing import results_as_plain, results_of, show_results
    from care.settings import load_settings

    settings = load_settings()
    results = results_of(settings, files or [])
    if as_json:
        print_json(results_as_plain(results))
    else:
        show_results(results, settings.rules_dir, timeline=timeline)
    if not all(result.passed for result in results):
        raise typer.Exit(1)


@app.command()
def publish(
    note: Annotated[str, typer.Option(help="What changed, for the history.")] = "",
    by: Annotated[str, typer.Option(envvar="USER", help="Who publishes.", show_default="$USER")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Check the rules, show what changes, and make them the ones new customers enter by."""
    from care.cli.publishing import propose
    from care.cli.publishing import publish as publish_now
    from care.settings import load_settings

    proposal = propose(load_settings(), by or "unknown", note)
    out = screen()
    if proposal.published is not None and proposal.changes_nothing:
        out.print(f"Nothing changed: revision {proposal.published.revision} holds these rules already.")
        return
    _show_changes(proposal)
    if not yes:
        _confirm()
    published = publish_now(proposal)
    out.print(f"Published as revision {published.revision} by {published.by}. New customers enter by it.")


@app.command()
def history(as_json: AsJson = False) -> None:
    """List every publication: when, by whom, and why."""
    from dataclasses import asdict

    from care.cli.opening import company_zone, existing_store
    from care.cli.publishing import history as publications
    from care.settings import load_settings
    from care.store.engine import reading

    with reading(existing_store(load_settings())) as conn:
        found = publications(conn)
        zone = company_zone(conn)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [
        (
            str(each.revision),
            local_text(each.at, zone),
            each.by,
            each.note,
            ", ".join(f"{name} v{number}" for name, number in each.journeys.items()),
        )
        for each in found
    ]
    print_table("Publications", ("revision", "at", "by", "note", "journeys"), rows)


def _folder_of(path: Path) -> tuple[Path, str]:
    """The rules folder a path belongs to, and the file's name as problems spell it (empty for the folder)."""
    from care.rulebook.workspace import CATALOG

    if not path.is_file():
        return path, ""
    for folder in path.absolute().parents:
        if (folder / CATALOG).is_file():
            return Path(os.path.relpath(folder)), path.absolute().relative_to(folder).as_posix()
    return path.parent, path.name


def _show_check(workspace: "Workspace", problems: "tuple[Problem, ...]", where: tuple[Path, str]) -> None:
    from care.cli.rule_files import count_text, errors_of
    from care.rulebook.problems import render

    (folder, file), rulebook = where, workspace.rulebook
    path = folder / file
    if problems:
        print(render(problems, workspace.sources, str(folder)), end="\n\n")
    errors = len(errors_of(problems))
    warnings = f", {count_text(len(problems) - errors, 'warning')}" if len(problems) > errors else ""
    if errors:
        typer.secho(f"{path}: {count_text(errors, 'error')}{warnings}", fg="red")
        return
    journeys = f"{count_text(len(rulebook.entering), 'journey')}, " if rulebook is not None and not file else ""
    typer.secho(f"{path}: {journeys}no error{warnings}", fg="green")


def _show_changes(proposal: "Proposal") -> None:
    out = screen()
    before = f"revision {proposal.published.revision}" if proposal.published else "nothing published yet"
    out.print(f"Against {before}:")
    if proposal.catalogue and proposal.published is not None:
        out.print("  catalogue or customer types changed (they hold for everybody at once)")
    for change in proposal.journeys:
        if change.kind != "unchanged":
            out.print(f"  {_change_text(change)}")
            for detail in change.details:
                out.print(f"      {detail}")


def _change_text(change: "JourneyChange") -> str:
    text = f"{change.journey}: {'nobody enters it any more' if change.kind == 'gone' else change.kind}"
    if change.inside:
        text += f"; {change.inside:,} on their way keep what they entered with"
    return text


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise NotConfirmedError("nobody is here to be asked; look at the changes above and publish with --yes")
    typer.confirm("Publish?", abort=True)
