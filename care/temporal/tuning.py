"""A worker with the settings that were measured to matter."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from care.temporal.pulse import Pulse
from workflows.customer_care import CustomerCare
from workflows.sweep import Sweep

# Threads for the activities that are not async: deciding, mostly, and one database writes one decision at a time.
SYNC_ACTIVITIES = 16
# A task holds its place while its decision waits for a thread; more of them time out together on a busy machine.
_TASKS = 40
GRACE = timedelta(seconds=3)


def tuned_worker(
    client: Client,
    activities: Sequence[Callable[..., Any]],
    threads: Executor,
    *,
    task_queue: str = "care",
    runner: WorkflowRunner | None = None,
    cached: int = 2_000,
) -> Worker:
    """A worker for the workflows with these activities.

    Args:
        client: Connected to the server.
        activities: Implementations of ``activities.contract``.
        threads: Runs the activities that are not async; at least ``SYNC_ACTIVITIES`` threads.
        task_queue: Where it takes its tasks from.
        runner: How workflows run; outside the sandbox unless given, because the interpreter holds no rule and the
            sandbox costs twice the memory and seven times the time of a task.
        cached: How many workflows it keeps in memory; fewer than are active at once is ruinous.
    """
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[CustomerCare, Sweep],
        activities=activities,
        activity_executor=threads,
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
        interceptors=[Pulse()],
        max_cached_workflows=cached,
        max_concurrent_workflow_tasks=_TASKS,
        max_concurrent_local_activities=SYNC_ACTIVITIES,
        max_eager_activity_reservations_per_workflow_task=10,
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(20),
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(10),
        nonsticky_to_sticky_poll_ratio=0.5,
        # After this a killed worker's customers go on elsewhere.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=4),
        max_heartbeat_throttle_interval=timedelta(seconds=5),
        graceful_shutdown_timeout=GRACE,
    )
