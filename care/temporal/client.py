"""Reaching Temporal: connecting, telling a customer's workflow what happened, asking where the customer stands.

Only opaque ids travel. Whatever is told here was committed to the store before, so a call that fails loses nothing:
the sweep tells it again.
"""

import asyncio
import contextlib
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Engine
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    WithStartWorkflowOperation,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import QueryRejectCondition, WorkflowIDConflictPolicy
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from activities.contract import CareStart, Position
from care.domain.errors import CareError
from care.settings import Settings
from care.store.keyring import KeyDestroyedError
from care.temporal.codec import WORKFLOW_PREFIX, CustomerCodec, sealing_converter
from care.temporal.converting import DATA_CONVERTER
from care.temporal.runtime import runtime as quiet_runtime
from care.temporal.tracing import client_interceptors
from workflows.customer_care import CustomerCare
from workflows.sweep import SWEEP_LASTS, Sweep

TASK_QUEUE = "care"
SWEEP_SCHEDULE = "care-sweep"
_NOT_YET = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.NOT_FOUND, RPCStatusCode.DEADLINE_EXCEEDED)
# A client that connects lazily raises RuntimeError while there is no server; what cannot be sealed (no store, another
# secret) is a CareError and cannot be told either.
_NO_ANSWER = (RPCError, RuntimeError)
# Ten commands of one customer are decided at a time, and those under way when a run ends are turned away.
_BUSY = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.RESOURCE_EXHAUSTED)
_BUSY_PAUSE = 0.2
_COMMAND_TRIES = 3
ANSWER_WITHIN = timedelta(seconds=5)


class UnreachableError(CareError):
    """The Temporal server cannot be used; the message says where it was looked for and why not."""


def workflow_id(customer: str) -> str:
    """Id of the workflow of a customer key."""
    return f"{WORKFLOW_PREFIX}{customer}"


async def connect(
    settings: Settings,
    engine: Engine | None = None,
    *,
    patience: timedelta | None = timedelta(seconds=30),
    runtime: Runtime | None = None,
) -> Client:
    """Connect, trying again while the server starts or its namespace is being made.

    Args:
        settings: Where the server is and how to speak to it.
        engine: The store, which has the customers' keys; without it nothing is sealed and nothing sealed can be read.
        patience: How long to try; ``None`` tries for ever.
        runtime: The SDK's engine in this process; the quiet one unless given.

    Raises:
        UnreachableError: The server or the namespace was not there in time.
    """
    pause, trouble = 0.02, ""
    try:
        async with asyncio.timeout(patience.total_seconds() if patience is not None else None):
            while True:
                try:
                    return await _connect_once(settings, engine, runtime)
                except (RPCError, RuntimeError) as error:
                    if isinstance(error, RPCError) and error.status not in _NOT_YET:
                        raise _unreachable(settings, error.message) from None
                    trouble = str(error)
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 2.0)
    except TimeoutError:
        raise _unreachable(settings, trouble or "no answer") from None


async def lazy_client(settings: Settings, engine: Engine | None = None, runtime: Runtime | None = None) -> Client:
    """A client that connects at its first call, for a process that must start while Temporal is down.

    Args:
        settings: Where the server is and how to speak to it.
        engine: The store, which has the customers' keys.
        runtime: The SDK's engine in this process; the quiet one unless given.
    """
    return await _client(settings, engine, runtime, lazy=True)


async def make_ready(client: Client, customers: Collection[str]) -> None:
    """Read or make the keys of many customers at once, before each is told of something; what fails now fails then."""
    codec = client.data_converter.payload_codec
    if isinstance(codec, CustomerCodec):
        with contextlib.suppress(CareError):
            await codec.make_ready(customers)


async def tell(client: Client, customer: str, inbox_id: str, *, task_queue: str = TASK_QUEUE) -> None:
    """Tell the customer's workflow of an inbox row, starting the workflow if none runs; telling twice is harmless.

    Raises:
        UnreachableError: Temporal could not be told; the sweep will do it.
    """
    try:
        await client.start_workflow(
            CustomerCare.run,
            CareStart(customer),
            id=workflow_id(customer),
            task_queue=task_queue,
            start_signal="hear",
            start_signal_args=[inbox_id],
            rpc_timeout=ANSWER_WITHIN,
        )
    except KeyDestroyedError:
        return  # The customer was erased meanwhile, and the event with them.
    except (*_NO_ANSWER, CareError) as error:
        raise UnreachableError(f"Temporal could not be told of {inbox_id!r} ({error}); the sweep will do it.") from None


async def command(
    client: Client,
    customer: str,
    inbox_id: str,
    *,
    task_queue: str = TASK_QUEUE,
    patience: timedelta = timedelta(seconds=10),
) -> Position | None:
    """Have an operator's command decided now, starting the workflow if none runs.

    Returns:
        Where the customer stands after it, or ``None`` when it was not decided in time: it is stored and will be.

    Raises:
        ValueError: ``inbox_id`` is empty.
    """
    if not inbox_id:
        raise ValueError("A command needs the id of its inbox row; store it as an event first.")
    tries = 0
    try:
        async with asyncio.timeout(patience.total_seconds()):
            while tries < _COMMAND_TRIES:
                try:
                    return await _command_once(client, customer, inbox_id, task_queue)
                except WorkflowUpdateFailedError:
                    tries += 1  # The run was closing; the next try starts or finds another.
                except RPCError as error:
                    if error.status not in _BUSY:
                        raise
                    await asyncio.sleep(_BUSY_PAUSE)
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, CareError, *_NO_ANSWER):
        pass
    return None


async def position(client: Client, customer: str) -> Position | None:
    """Where the customer stands right now, or ``None`` when no journey of theirs is active.

    Raises:
        UnreachableError: Temporal, or a worker to answer, could not be reached.
    """
    handle = client.get_workflow_handle(workflow_id(customer))
    try:
        return await handle.query(
            CustomerCare.care,
            reject_condition=QueryRejectCondition.NOT_OPEN,
            rpc_timeout=ANSWER_WITHIN,
        )
    except (WorkflowQueryRejectedError, KeyDestroyedError):
        return None
    except (*_NO_ANSWER, CareError) as error:
        if isinstance(error, RPCError) and error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise UnreachableError(f"The live position is not known right now ({error}); try again in a moment.") from None


async def ensure_sweep(client: Client, *, task_queue: str = TASK_QUEUE) -> None:
    """Have the sweep run from now on without a gap; whoever asks again changes nothing."""
    action = ScheduleActionStartWorkflow(Sweep.run, id="care-sweep", task_queue=task_queue)
    schedule = Schedule(
        action=action,
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=SWEEP_LASTS)]),
        # One stretch waits for the one before it to end; what was missed while everything was down is not caught up.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=2 * SWEEP_LASTS),
    )
    try:
        await client.create_schedule(SWEEP_SCHEDULE, schedule, trigger_immediately=True)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(SWEEP_SCHEDULE).trigger(overlap=ScheduleOverlapPolicy.SKIP)


async def _command_once(client: Client, customer: str, inbox_id: str, task_queue: str) -> Position:
    start = _start(customer, task_queue)
    # What keeps the start from happening is told here, too; heard by nobody, asyncio would log it as a fault of ours.
    started = asyncio.create_task(start.workflow_handle())
    try:
        return await client.execute_update_with_start_workflow(
            CustomerCare.command, inbox_id, id=inbox_id, start_workflow_operation=start
        )
    finally:
        started.cancel()
        await asyncio.gather(started, return_exceptions=True)


def _start(customer: str, task_queue: str) -> WithStartWorkflowOperation[CustomerCare, None]:
    return WithStartWorkflowOperation(
        CustomerCare.run,
        CareStart(customer),
        id=workflow_id(customer),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )


async def _connect_once(settings: Settings, engine: Engine | None, runtime: Runtime | None) -> Client:
    client = await _client(settings, engine, runtime, lazy=False)
    await client.count_workflows("WorkflowType='CustomerCare'")  # Fails unless the namespace is there, too.
    return client


async def _client(settings: Settings, engine: Engine | None, runtime: Runtime | None, *, lazy: bool) -> Client:
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        tls=settings.temporal_tls or bool(settings.temporal_api_key),
        api_key=settings.temporal_api_key or None,
        data_converter=sealing_converter(settings, engine) if engine is not None else DATA_CONVERTER,
        lazy=lazy,
        runtime=runtime or quiet_runtime(),
        interceptors=client_interceptors(),
    )


def _unreachable(settings: Settings, trouble: str) -> UnreachableError:
    return UnreachableError(
        f"Temporal at {settings.temporal_address!r}, namespace {settings.temporal_namespace!r}, cannot be used: "
        f"{trouble}. Start it with 'care up', or set CARE_TEMPORAL_ADDRESS and CARE_TEMPORAL_NAMESPACE."
    )
