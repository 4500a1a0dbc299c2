"""`care rules backtest`: past purchases lived again by the draft, beside the rules that hold."""

from pathlib import Path
from typing import Annotated

import typer

_WHAT, _HOW, _SHOWN = "What is replayed", "How", "What is shown"

From = Annotated[
    str, typer.Option("--from", metavar="DATE", help="First day: 2026-03-01, in company time.", rich_help_panel=_WHAT)
]
To = Annotated[
    str,
    typer.Option("--to", metavar="DATE", help="Last day; else that of the last event.", rich_help_panel=_WHAT),
]
Against = Annotated[
    str,
    typer.Option(metavar="published|REVISION|none", help="Rules to compare the draft with.", rich_help_panel=_WHAT),
]
Events = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Replay a .jsonl or .csv file, not the store.", rich_help_panel=_WHAT),
]
Journeys = Annotated[
    list[str] | None, typer.Option("--journeys", metavar="NAMES", help="Only these: a,b.", rich_help_panel=_WHAT)
]
Answers = Annotated[
    str,
    typer.Option(
        metavar="SHARE",
        help="Share that answers a survey of which nobody knows: 30%. Else as in the past.",
        rich_help_panel=_HOW,
    ),
]
Seed = Annotated[int, typer.Option(help="Chooses among the answers nobody knows.", rich_help_panel=_HOW)]
Jobs = Annotated[
    int, typer.Option(min=0, help="Processes; 0 is one for each core.", rich_help_panel=_HOW, show_default="cores")
]
Who = Annotated[
    str, typer.Option(metavar="CUSTOMER", help="One customer's two timelines, with the why.", rich_help_panel=_SHOWN)
]
Out = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Write lists and pictures here.", rich_help_panel=_SHOWN)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=_SHOWN)]


def backtest(  # noqa: PLR0913 - a command has one parameter for each option
    since: From,
    until: To = "",
    against: Against = "published",
    events: Events = None,
    journeys: Journeys = None,
    answers: Answers = "",
    seed: Seed = 0,
    jobs: Jobs = 0,
    why: Who = "",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Replay past purchases by the draft and by the rules that hold, and show what would have been different."""
    from care.cli.backtest_run import Asked, compare, prepared
    from care.cli.backtest_screen import show, write
    from care.cli.screen import print_json
    from care.cli.two_lives import show_lives
    from care.settings import load_settings

    names = frozenset(name.strip() for words in journeys or () for name in words.split(",") if name.strip())
    asked = Asked(since, until, against, events, names, answers, seed, jobs)
    with prepared(load_settings(), asked) as ready:
        if why:
            show_lives(ready, why, as_json=as_json)
            return
        report = compare(ready)
        files = write(report, ready, out) if out is not None else []
    plain = report.plain | {"files": [str(file) for file in files]}
    if as_json:
        print_json(plain)
    else:
        show(plain)
