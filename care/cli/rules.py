"""`care rules`: check, explain, test and publish the rule files."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from care.cli import backtesting, drawing, forecasting, previewing, revisions
from care.cli.screen import print_json, screen

app = typer.Typer(no_args_is_help=True, help="Check, explain, test and publish the rule files.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Like(StrEnum):
    """What a new journey begins as."""

    THANK_YOU = "thank_you"
    SURVEY = "survey"
    OFFER = "offer"
    REMINDER = "reminder"


class ReportForm(StrEnum):
    """How problems are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


@app.command()
def check(
    path: Annotated[
        Path | None, typer.Argument(help="A rules folder or one of its files; else the folder of the settings.")
    ] = None,
    form: Annotated[
        ReportForm | None,
        typer.Option(
            "--format", help="text, json, github (annotations of a pull request) or sarif.", show_default="text"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
) -> None:
    """Say everything that is wrong in the rule files, each with its place and what to do."""
    from care.cli.rule_checking import check as check_now
    from care.cli.rule_checking import report
    from care.settings import load_settings

    if as_json and form not in (None, ReportForm.JSON):
        raise typer.BadParameter(f"--json and --format {form} contradict each other; give one")
    settings = load_settings()
    found = check_now(path or settings.rules_dir, settings.templates_dir)
    report(found, ReportForm.JSON if as_json else form or ReportForm.TEXT)
    if found.errors:
        raise typer.Exit(1)


@app.command()
def new(
    journey: Annotated[str, typer.Argument(help="The new journey's name, for example thank_buyers.")],
    like: Annotated[Like, typer.Option(help="What it begins as.")] = Like.THANK_YOU,
    event: Annotated[
        str, typer.Option(help="The event that lets customers in; else the likeliest of the catalogue.")
    ] = "",
    template: Annotated[
        str, typer.Option(help="The message to send or to ask with, or the offer; else one that fits.")
    ] = "",
    title: Annotated[str, typer.Option(help="What people see in the console.")] = "",
    owner: Annotated[str, typer.Option(help="The e-mail address of the person to ask; else the company's.")] = "",
) -> None:
    """Begin a journey with its test; in an empty folder with a catalogue, customer types and messages too."""
    from care.cli.scaffolding import Folders, begin, show
    from care.rulebook.writing.starters import Wish
    from care.settings import load_settings

    settings = load_settings()
    wish = Wish(journey, like.value, event, template, title, owner)
    folders = Folders(settings.rules_dir, settings.templates_dir)
    show(begin(wish, folders), journey, folders)


@app.command()
def fmt(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Rule files, or a rules folder; else the folder of the settings.")
    ] = None,
    only_check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when something would change.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")] = False,
) -> None:
    """Lay rule files out evenly: indentation, spaces, blank lines. Comments and meaning stay as they are."""
    from care.cli.formatting import lay_out, show, show_difference, write
    from care.settings import load_settings

    laid_out = lay_out(files or [], load_settings().rules_dir)
    if diff:
        show_difference(laid_out)
    if not (only_check or diff):
        write(laid_out)
    if only_check or not diff:
        show(laid_out, written=not (only_check or diff))
    if (only_check or diff) and any(file.changed for file in laid_out):
        raise typer.Exit(1)


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option(help="Where to; else the folder schema in the rules folder.")] = None,
    only_check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when it is not current.")] = False,
) -> None:
    """Write JSON Schema for editors, with the catalogue's names: they complete and explain while one writes."""
    from care.cli.schema_writing import show_old, wanted, write
    from care.rulebook.writing.schema import FOLDER
    from care.settings import load_settings

    rules_dir = load_settings().rules_dir
    files = wanted(rules_dir, out or rules_dir / FOLDER)
    if not only_check:
        write(files)
    elif show_old(files):
        raise typer.Exit(1)


@app.command()
def explain(
    word: Annotated[
        str,
        typer.Argument(help="A step, setting, test or problem code (survey, by, 'at most', J010), or a name of yours."),
    ],
) -> None:
    """Say what a word of the rule language means, with an example; or a field, a template, a journey of yours."""
    from care.cli.explaining import explained
    from care.settings import load_settings

    screen().print(explained(word, load_settings()))


@app.command("test")
def play(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Test files such as first_purchase.test.yaml, or journeys; else all.")
    ] = None,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="Print what happened in every test, with reasons.")
    ] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="List the steps, rules and table rows that no test reached.")
    ] = False,
    explore: Annotated[
        int, typer.Option(metavar="N", help="Let N made-up customers walk each journey, too.", min=0, max=1_000_000)
    ] = 0,
    seed: Annotated[int, typer.Option(help="Other made-up customers.")] = 1,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit XML, too.")] = None,
    as_json: AsJson = False,
) -> None:
    """Play the rule tests on a virtual clock, and show what was expected and did not happen."""
    from care.cli.rule_testing import as_plain, run, show
    from care.settings import load_settings

    settings = load_settings()
    done = run(settings, files or [], coverage=coverage, customers=explore, seed=seed)
    if junit is not None:
        from care.trying.junit import junit as as_junit

        junit.write_text(as_junit(done.results, done.seconds, f"{settings.rules_dir}/journeys"), encoding="utf-8")
    if as_json:
        print_json(as_plain(done))
    else:
        show(done, settings.rules_dir, timeline=timeline)
    if not done.passed:
        raise typer.Exit(1)


app.command()(drawing.draw)
app.command()(previewing.preview)
app.command()(backtesting.backtest)
app.command()(forecasting.forecast)


@app.command()
def prove(
    limit: Annotated[int, typer.Option(help="How many lives to look at, at most.", min=1)] = 200_000,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0 is one for each core.", show_default="cores")] = 0,
    as_json: AsJson = False,
) -> None:
    """Try to break every promise, built in or of promises.yaml, with every life that the rules tell apart."""
    from care.cli.proving import as_plain, proofs, show
    from care.settings import load_settings

    settings = load_settings()
    found = proofs(settings, limit, jobs)
    if as_json:
        print_json(as_plain(found))
    else:
        show(found, str(settings.rules_dir))
    if any(proof.verdict != "kept" for proof in found):
        raise typer.Exit(1)


app.command()(revisions.publish)
app.command()(revisions.history)
app.command()(revisions.diff)
app.command()(revisions.rollback)
