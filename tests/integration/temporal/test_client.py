"""Reaching Temporal, and what is said when it cannot be reached."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio import activity
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from activities.contract import Sweeping
from care.settings import load_settings
from care.temporal.client import (
    SWEEP_SCHEDULE,
    UnreachableError,
    command,
    connect,
    ensure_sweep,
    lazy_client,
    position,
    tell,
)
from care.temporal.devserver import RETENTION, free_port, keep_histories
from tests.journeys.scripted import a_customer, eventually
from tests.temporal_server import a_worker

NOBODY = f"127.0.0.1:{free_port()}"
BLINK = timedelta(milliseconds=300)


class Broom(Sweeping):
    """Counts its stretches."""

    def __init__(self) -> None:
        self.stretches = 0

    @activity.defn(name="sweep")
    async def sweep(self) -> None:
        self.stretches += 1


@pytest.fixture
async def swept(temporal: Client) -> AsyncIterator[Client]:
    yield temporal
    await temporal.get_schedule_handle(SWEEP_SCHEDULE).delete()


async def is_idle(client: Client) -> bool:
    return not (await client.get_schedule_handle(SWEEP_SCHEDULE).describe()).info.running_actions


async def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(UnreachableError, match=f"{NOBODY}.*care up"):
        await connect(load_settings(temporal_address=NOBODY), patience=BLINK)


async def test_a_namespace_that_does_not_exist_is_named(temporal_address: str) -> None:
    settings = load_settings(temporal_address=temporal_address, temporal_namespace="elsewhere")
    with pytest.raises(UnreachableError, match="'elsewhere'"):
        await connect(settings, patience=BLINK)


async def test_a_process_may_start_while_temporal_is_down_and_is_told_so_when_it_calls() -> None:
    client = await lazy_client(load_settings(temporal_address=NOBODY))
    with pytest.raises(UnreachableError, match="the sweep will"):
        await tell(client, a_customer(), "i_1")
    with pytest.raises(UnreachableError, match="try again"):
        await position(client, a_customer())
    assert await command(client, a_customer(), "i_1", patience=BLINK) is None


async def test_of_a_command_that_a_silent_server_never_takes_nothing_is_left_over_to_complain() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, complaint: complaints.append(complaint))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = await lazy_client(load_settings(temporal_address=f"127.0.0.1:{silent.getsockname()[1]}"))
        assert await command(client, a_customer(), "i_1", patience=BLINK) is None
    for _ in range(3):  # What is left over is collected in its own time.
        await asyncio.sleep(0)
        gc.collect()
    assert complaints == []


async def test_a_lazy_client_tells_once_there_is_a_server(temporal_address: str, task_queue: str) -> None:
    client = await lazy_client(load_settings(temporal_address=temporal_address))
    customer = a_customer()
    await tell(client, customer, "i_1", task_queue=task_queue)
    description = await client.get_workflow_handle(f"care/{customer}").describe()
    assert description.workflow_type == "CustomerCare"
    await client.get_workflow_handle(f"care/{customer}").terminate()


async def test_histories_are_kept_longer_than_the_servers_day(temporal: Client) -> None:
    await keep_histories(temporal)
    answer = await temporal.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=temporal.namespace))
    assert answer.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION


async def test_the_sweep_begins_at_once_and_is_scheduled_once(swept: Client, task_queue: str) -> None:
    broom = Broom()
    async with a_worker(swept, task_queue, [broom.sweep]):
        await ensure_sweep(swept, task_queue=task_queue)
        await eventually(lambda: broom.stretches)
        # While a stretch runs no other is begun.
        await eventually(lambda: is_idle(swept))
        swept_before = broom.stretches
        await ensure_sweep(swept, task_queue=task_queue)
        await eventually(lambda: broom.stretches > swept_before)
    schedules = [each.id async for each in await swept.list_schedules()]
    assert schedules.count(SWEEP_SCHEDULE) <= 1
