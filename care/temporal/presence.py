"""What the Temporal server knows of us: whether it answers, who works on our queues, whether the sweep is alive."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    GetSystemInfoRequest,
)
from temporalio.client import Client, ScheduleActionExecutionStartWorkflow
from temporalio.service import RPCError, RPCStatusCode

from activities.contract import channel_queue
from care.temporal.client import SWEEP_SCHEDULE

# A poller asks anew at least every 70 seconds.
FRESH = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Server:
    """A Temporal server as it describes itself.

    Attributes:
        retention: How long it keeps the histories of completed workflows.
    """

    version: str
    retention: timedelta


@dataclass(frozen=True, slots=True)
class Queue:
    """One kind of work of a task queue: ``care (decisions)``, ``care (activities)``, ``care-email (activities)``.

    Attributes:
        asked_at: When a worker asked for work last, on the server's clock (UTC); ``None`` when none did lately.
        workers: How many did.
    """

    name: str
    asked_at: datetime | None
    workers: int


@dataclass(frozen=True, slots=True)
class SweepPulse:
    """How the sweep is.

    Attributes:
        there: Whether its schedule exists.
        paused: Whether somebody paused that.
        running: Whether a stretch of sweeping is under way.
        beat_at: When it gave its last sign of life, on the server's clock (UTC).
    """

    there: bool
    paused: bool = False
    running: bool = False
    beat_at: datetime | None = None


async def server(client: Client, within: timedelta) -> Server:
    """Describe the server and our namespace.

    Raises:
        RPCError: It does not answer in time, or the namespace is not there.
        RuntimeError: A lazy client could not connect.
    """
    service, namespace = client.workflow_service, client.namespace
    found = await service.describe_namespace(DescribeNamespaceRequest(namespace=namespace), timeout=within)
    system = await service.get_system_info(GetSystemInfoRequest(), timeout=within)
    return Server(system.server_version, found.config.workflow_execution_retention_ttl.ToTimedelta())


async def queues(client: Client, task_queue: str, channels: Mapping[str, object], within: timedelta) -> list[Queue]:
    """Every task queue a shop with these channels needs, with who works on it; raises like ``server``."""
    wanted = [
        (task_queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, "decisions"),
        (task_queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, "activities"),
        *(
            (channel_queue(task_queue, name), TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, "messages")
            for name, providers in channels.items()
            if providers
        ),
    ]
    return [await _queue(client, name, kind, words, within) for name, kind, words in wanted]


async def sweep_pulse(client: Client, within: timedelta) -> SweepPulse:
    """How the sweep is; raises like ``server``."""
    try:
        described = await client.get_schedule_handle(SWEEP_SCHEDULE).describe(rpc_timeout=within)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return SweepPulse(there=False)
    paused, beats = described.schedule.state.paused, []
    running = [
        each for each in described.info.running_actions if isinstance(each, ScheduleActionExecutionStartWorkflow)
    ]
    for action in running:
        stretch = await client.get_workflow_handle(action.workflow_id).describe(rpc_timeout=within)
        for pending in stretch.raw_description.pending_activities:
            beats += [each for each in (pending.last_heartbeat_time, pending.last_started_time) if each.seconds]
    last = max((each.ToDatetime(UTC) for each in beats), default=None)
    return SweepPulse(there=True, paused=paused, running=bool(running), beat_at=last)


async def _queue(client: Client, name: str, kind: TaskQueueType.ValueType, words: str, within: timedelta) -> Queue:
    asked = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=name), task_queue_type=kind, report_pollers=True
    )
    described = await client.workflow_service.describe_task_queue(asked, timeout=within)
    pollers = described.pollers
    asked_at = max((each.last_access_time.ToDatetime(UTC) for each in pollers), default=None)
    return Queue(f"{name} ({words})", asked_at, len({each.identity for each in pollers}))
