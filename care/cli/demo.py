"""`care demo`: ninety virtual days of a whole shop, everything real but the time."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the console up on this data until Ctrl-C; it stays in data/demo.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the summary there, too.", dir_okay=False)
    ] = None,
    purchases: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Stop after the customers of the first N purchases.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides what people do; the same seed gives the same days.")] = 1,
) -> None:
    """Play ninety days of a shop: real servers, real mail, real pages; only the clock is virtual."""
    import asyncio

    from care.cli.demo_run import DemoOptions, run
    from care.cli.screen import screen

    options = DemoOptions(keep=keep, json_file=json_file, purchases=purchases, seed=seed)
    try:
        asyncio.run(run(options, screen()))
    except (KeyboardInterrupt, asyncio.CancelledError):
        screen(stderr=True).print("The demo was stopped before its end.")
        raise typer.Exit(130) from None
