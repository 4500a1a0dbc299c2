"""Carrying a batch out: each customer's command as an Update, many at a time; what is decided already is left alone."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from temporalio.client import Client

from care.temporal.client import TASK_QUEUE, command

AT_ONCE = 30
_PART = AT_ONCE * 10
_PATIENCE = timedelta(seconds=10)


async def carry_out(
    client: Client,
    commands: Sequence[tuple[str, str]],
    told: Callable[[bool], None],
    *,
    task_queue: str = TASK_QUEUE,
    patience: timedelta = _PATIENCE,
) -> int:
    """Have commands decided now; where nobody decides, the rest is left to the sweep.

    Args:
        commands: As (customer, inbox id).
        told: Called after each that was given, with whether it was decided in time.
        patience: How long one may take.

    Returns:
        How many were decided.
    """
    gate, done, start = asyncio.Semaphore(AT_ONCE), 0, 0

    async def one(customer: str, inbox_id: str) -> bool:
        async with gate:
            stands = await command(client, customer, inbox_id, task_queue=task_queue, patience=patience)
        told(stands is not None)
        return stands is not None

    while start < len(commands):
        # The first part is small: it shows whether a worker is there at all.
        part = commands[start : start + (_PART if start else AT_ONCE)]
        decided = sum(await asyncio.gather(*(one(customer, row) for customer, row in part)))
        if not decided:
            break
        done, start = done + decided, start + len(part)
    return done
