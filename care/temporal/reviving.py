"""Reviving: when Temporal's database was lost, every customer on the way gets a workflow again, from the store.

The store holds where everybody stands, and claims keep every message single, so a workflow is never restored: a new one
goes on. How far this has come is noted on the sweep's schedule, in Temporal itself: a database that was lost has lost
the note, too.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from sqlalchemy import Engine
from temporalio.client import Client, ScheduleUpdate, ScheduleUpdateInput
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from activities.contract import CareStart
from care.store import customers
from care.store.engine import reading
from care.temporal.client import ANSWER_WITHIN, SWEEP_SCHEDULE, TASK_QUEUE, UnreachableError, tell, workflow_id
from workflows.customer_care import CustomerCare

# Names no row of the inbox: a workflow that hears it looks at its customer anew and changes nothing else.
REVIVED = "revived"
DONE = "every customer on the way has a workflow"
_SO_FAR = "customers on the way have a workflow again up to "
_PART = 1_000
_AT_ONCE = 20

log = logging.getLogger(__name__)


async def revive_lost(engine: Engine, client: Client, *, task_queue: str = TASK_QUEUE) -> int:
    """Start the workflow of every customer on the way who has none, once for every database of Temporal's.

    Returns:
        How many were started.

    Raises:
        UnreachableError: Temporal could not be asked; asked again, it goes on where it stopped.
    """
    note = await _note(client)
    if note == DONE:
        return 0
    after, started = note.removeprefix(_SO_FAR) if note.startswith(_SO_FAR) else "", 0
    while part := await asyncio.to_thread(_under_way, engine, after):
        started += await _each(part, lambda key: _start_missing(client, key, task_queue))
        after = part[-1]
        await _write(client, _SO_FAR + after)
    await _write(client, DONE)
    if started:
        log.warning("%d customers on the way had no workflow and have one again", started)
    return started


async def revive_all(
    engine: Engine, client: Client, told: Callable[[int], None], *, task_queue: str = TASK_QUEUE
) -> int:
    """Have every customer on the way decided anew: who has no workflow gets one, and one that is behind catches up.

    Args:
        told: Called with how many more were told.

    Returns:
        How many were told.

    Raises:
        UnreachableError: Temporal could not be told; telling everybody again is harmless.
    """
    after, count = "", 0
    while part := await asyncio.to_thread(_under_way, engine, after):

        async def one(key: str) -> bool:
            await tell(client, key, REVIVED, task_queue=task_queue)
            told(1)
            return True

        count += await _each(part, one)
        after = part[-1]
    return count


def _under_way(engine: Engine, after: str) -> list[str]:
    with reading(engine) as conn:
        return customers.under_way(conn, after, limit=_PART)


async def _each(keys: list[str], work: Callable[[str], Awaitable[bool]]) -> int:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(key: str) -> bool:
        async with gate:
            return await work(key)

    return sum(await asyncio.gather(*(one(key) for key in keys)))


async def _start_missing(client: Client, customer: str, task_queue: str) -> bool:
    try:
        await client.start_workflow(
            CustomerCare.run,
            CareStart(customer),
            id=workflow_id(customer),
            task_queue=task_queue,
            rpc_timeout=ANSWER_WITHIN,
        )
    except WorkflowAlreadyStartedError:
        return False
    except RPCError as error:
        raise UnreachableError(f"Temporal cannot start the customers' workflows now ({error}).") from None
    return True


async def _note(client: Client) -> str:
    try:
        described = await client.get_schedule_handle(SWEEP_SCHEDULE).describe()
    except RPCError as error:
        raise UnreachableError(f"Temporal does not tell which customers it knows ({error}).") from None
    return described.schedule.state.note or ""


async def _write(client: Client, note: str) -> None:
    def noted(found: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule = found.description.schedule
        return ScheduleUpdate(replace(schedule, state=replace(schedule.state, note=note)))

    try:
        await client.get_schedule_handle(SWEEP_SCHEDULE).update(noted)
    except RPCError as error:
        raise UnreachableError(f"Temporal does not take note of the customers it knows ({error}).") from None
