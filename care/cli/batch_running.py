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
_PART = 300


def carry_on(settings: Settings, engine: Engine, wanted: Sequence[Batch]) -> None:
    """Have what is undecided of these batches decided now, as far as a worker runs; the rest is stored and will be."""
    for batch in wanted:
        asyncio.run(_carry_on(settings, engine, batch))


async def _carry_on(settings: Settings, engine: Engine, batch: Batch) -> None:
    out = screen(stderr=True)
    total = len(_undecided(engine, batch))
    if not total:
        return
    try:
        client = await temporal.connect(settings, engine, patience=_PATIENCE)
    except temporal.UnreachableError:
        out.print(f"batch {batch.id}: {total:,} commands are stored; they take effect once a worker runs")
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tried: set[tuple[str, str]] = set()
    with Progress(*columns, console=out, transient=True) as progress:
        bar = progress.add_task(f"{batch.journey}: {batch.kind}", total=total)
        # The sweep carries the batch out, too: what it has decided meanwhile is not asked for again.
        while part := [each for each in _undecided(engine, batch) if each not in tried][:_PART]:
            tried.update(part)
            if not await carry_out(client, part, lambda _: None, task_queue=settings.task_queue):
                break
            progress.update(bar, completed=total - len(_undecided(engine, batch)))
    left = len(_undecided(engine, batch))
    late = f"; {left:,} are stored and follow" if left else ""
    out.print(f"batch {batch.id} ({batch.kind}, {batch.journey}): {total - left:,} of {total:,} carried out{late}")


def _undecided(engine: Engine, batch: Batch) -> list[tuple[str, str]]:
    with reading(engine) as conn:
        return batches.undecided(conn, batch.id)
