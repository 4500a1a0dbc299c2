"""Carrying a batch out: each customer's command as an Update, many at a time; what is decided already is left alone."""

import asyncio
from collections.abc import Callable, Sequence

from temporalio.client import Client

from care.temporal.client import TASK_QUEUE, command

AT_ONCE = 30


async def carry_out(
    client: Client,
    commands: Sequence[tuple[str, str]],
    told: Callable[[bool], None],
    *,
    task_queue: str = TASK_QUEUE,
) -> int:
    """Have commands decided now.

    Args:
        commands: As (customer, inbox id).
        told: Called after each, with whether it was decided in time; the sweep goes on with those that were not.

    Returns:
        How many were decided.
    """
    gate, done = asyncio.Semaphore(AT_ONCE), 0

    async def one(customer: str, inbox_id: str) -> bool:
        async with gate:
            decided = await command(client, customer, inbox_id, task_queue=task_queue) is not None
        told(decided)
        return decided

    for start in range(0, len(commands), AT_ONCE * 10):
        part = commands[start : start + AT_ONCE * 10]
        done += sum(await asyncio.gather(*(one(customer, row) for customer, row in part)))
    return done
