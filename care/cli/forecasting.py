"""`care rules forecast`: what leaves in the coming days if nobody buys anything new."""

from pathlib import Path
from typing import Annotated

import typer

Days = Annotated[int, typer.Option(min=1, max=366, help="How many days ahead.")]
Limits = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="CHANNEL=N/TIME", help="What a provider takes: email=1000/hour, sms=10/second."),
]
Answers = Annotated[str, typer.Option(metavar="SHARE", help="Share that answers surveys: 30%. Else as so far.")]
Seed = Annotated[int, typer.Option(help="Chooses among the answers nobody knows.")]
At = Annotated[str, typer.Option("--from", metavar="MOMENT", help="Begin at 2026-03-01 10:00, company time; else now.")]
Jobs = Annotated[int, typer.Option(min=0, help="Processes; 0 is one for each core.", show_default="cores")]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write lists and pictures here.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def forecast(  # noqa: PLR0913 - a command has one parameter for each option
    days: Days = 14,
    limit: Limits = None,
    answers: Answers = "",
    seed: Seed = 0,
    begin: At = "",
    jobs: Jobs = 0,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Lead every live customer forward: messages per hour, pile-ups, and provider limits that would be passed."""
    from care.cli.forecast_run import Asked, forecast_now
    from care.cli.forecast_screen import show, write
    from care.cli.screen import print_json
    from care.forecast.limits import limit_of
    from care.settings import load_settings

    limits = [limit_of(words) for each in limit or () for words in each.split(";")]
    plain = forecast_now(load_settings(), Asked(days, limits, answers, seed, begin, jobs))
    files = write(plain, limits, out) if out is not None else []
    plain["files"] = [str(file) for file in files]
    if as_json:
        print_json(plain)
    else:
        show(plain)
