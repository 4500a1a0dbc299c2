"""Carrying batches out while somebody watches: a progress bar, and nothing lost when they stop watching."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Engine

from care.cli.screen import screen
from care.settings import Settings
from care.store import batches
from care.store.batches import Batch
from care.store.engine import reading
from care.temporal import client as temporal
from care.temporal.batching import carry_out

_PATIENCE = timedelta(seconds=3)


def carry_on(settings: Settings, engine: Engine, wanted: Sequence[Batch]) -> None:
    """Have what is undecided of these batches decided now, as far as a worker runs; the rest is stored and will be."""
    for batch in wanted:
        asyncio.run(_carry_on(settings, engine, batch))


async def _carry_on(settings: Settings, engine: Engine, batch: Batch) -> None:
    out = screen(stderr=True)
    with reading(engine) as conn:
        commands = batches.undecided(conn, batch.id)
    if not commands:
        return
    try:
        client = await temporal.connect(settings, patience=_PATIENCE)
    except temporal.UnreachableError:
        out.print(f"batch {batch.id}: {len(commands):,} commands are stored; they take effect once a worker runs")
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        bar = progress.add_task(f"{batch.journey}: {batch.kind}", total=len(commands))
        done = await carry_out(client, commands, lambda _: progress.advance(bar), task_queue=settings.task_queue)
    late = f"; {len(commands) - done:,} are stored and follow" if done < len(commands) else ""
    out.print(f"batch {batch.id} ({batch.kind}, {batch.journey}): {done:,} of {len(commands):,} carried out{late}")
