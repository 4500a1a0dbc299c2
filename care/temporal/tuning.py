"""A worker with the settings that were measured to matter, and beside it one for each channel's messages."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from activities.contract import Sending, channel_queue
from care.store.addresses import CHANNEL_KINDS
from care.temporal.measuring import Measuring
from care.temporal.pulse import Pulse
from workflows.customer_care import CustomerCare
from workflows.sweep import Sweep

# Threads for the activities that are not async: deciding, mostly, and one database writes one decision at a time.
SYNC_ACTIVITIES = 16
# Decisions and the messages that leave within them; more than may wait for slow channels at once.
_ADVANCING = 32
# A task holds its place while its decision waits for a thread; more of them time out together on a busy machine.
_TASKS = 40
GRACE = timedelta(seconds=3)
# Messages of one channel that this process has on their way at once, and how many ask for the next.
_LEAVING = 50
_ASKING = 3

Activities = Sequence[Callable[..., Any]]


@asynccontextmanager
async def tuned_worker(
    client: Client,
    activities: Activities,
    threads: Executor,
    *,
    task_queue: str = "care",
    rates: Mapping[str, float] | None = None,
    runner: WorkflowRunner | None = None,
    cached: int = 2_000,
) -> AsyncIterator[Worker]:
    """Work on the workflows with these activities, and on each channel's messages, until the block ends.

    Args:
        client: Connected to the server.
        activities: Implementations of ``activities.contract``.
        threads: Runs the activities that are not async; at least ``SYNC_ACTIVITIES`` threads.
        task_queue: Where it takes its tasks from; messages come over a queue of their channel's own.
        rates: Channel to messages a second, which the server holds over all workers together; 0 is no limit.
        runner: How workflows run; outside the sandbox unless given, because the interpreter holds no rule and the
            sandbox costs twice the memory and seven times the time of a task.
        cached: How many workflows it keeps in memory; fewer than are active at once is ruinous.
    """
    main = _main_worker(client, activities, threads, task_queue, runner or UnsandboxedWorkflowRunner(), cached)
    sending = [each for each in activities if _name(each) == _name(Sending.send_message)]
    workers = [main]
    for channel in CHANNEL_KINDS if sending else ():
        rate = (rates or {}).get(channel, 0)
        workers.append(_channel_worker(client, sending, channel_queue(task_queue, channel), rate))
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        try:
            yield main
        finally:
            # Together, so that their last seconds do not add up.
            await asyncio.gather(*(worker.shutdown() for worker in workers))


def _main_worker(
    client: Client, activities: Activities, threads: Executor, task_queue: str, runner: WorkflowRunner, cached: int
) -> Worker:
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[CustomerCare, Sweep],
        activities=activities,
        activity_executor=threads,
        workflow_runner=runner,
        interceptors=[Measuring(), Pulse()],
        max_cached_workflows=cached,
        max_concurrent_workflow_tasks=_TASKS,
        max_concurrent_local_activities=_ADVANCING,
        max_eager_activity_reservations_per_workflow_task=10,
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(20),
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(10),
        nonsticky_to_sticky_poll_ratio=0.5,
        # After this a killed worker's customers go on elsewhere.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=4),
        max_heartbeat_throttle_interval=timedelta(seconds=5),
        graceful_shutdown_timeout=GRACE,
    )


def _channel_worker(client: Client, sending: Activities, task_queue: str, rate: float) -> Worker:
    return Worker(
        client,
        task_queue=task_queue,
        activities=sending,
        interceptors=[Measuring(), Pulse()],
        max_concurrent_activities=_LEAVING,
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(_ASKING),
        max_task_queue_activities_per_second=rate or None,
        max_heartbeat_throttle_interval=timedelta(seconds=5),
        graceful_shutdown_timeout=GRACE,
    )


def _name(implementation: Callable[..., Any]) -> str | None:
    """The activity's name; ``None`` when it is not one."""
    return getattr(getattr(implementation, "__temporal_activity_definition", None), "name", None)
