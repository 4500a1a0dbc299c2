"""``worker.py`` as a process of its own: it waits for what it needs and stops when asked."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.service import RPCError

from care.settings import Settings, as_environment, load_settings
from care.temporal.client import SWEEP_SCHEDULE
from care.temporal.devserver import free_port
from tests.journeys.scripted import eventually

WORKER = [sys.executable, "-m", "worker"]


def environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, **as_environment(settings)}


@pytest.fixture
def settings(tmp_path: Path, temporal_address: str, task_queue: str) -> Settings:
    return load_settings(data_dir=tmp_path, durable=False, temporal_address=temporal_address, task_queue=task_queue)


async def is_swept(client: Client) -> bool:
    try:
        description = await client.get_schedule_handle(SWEEP_SCHEDULE).describe()
    except RPCError:
        return False
    return bool(description.info.running_actions)


async def test_a_worker_makes_its_store_begins_the_sweep_and_stops_when_asked(
    temporal: Client, settings: Settings
) -> None:
    worker = await asyncio.create_subprocess_exec(*WORKER, env=environment(settings))
    await eventually(lambda: is_swept(temporal), within=120)
    worker.terminate()
    assert await asyncio.wait_for(worker.wait(), 60) == 0
    assert (settings.data_dir / "care.sqlite").exists()
    await temporal.get_schedule_handle(SWEEP_SCHEDULE).delete()


async def test_a_worker_that_still_waits_for_temporal_stops_when_asked(settings: Settings) -> None:
    alone = settings.model_copy(update={"temporal_address": f"127.0.0.1:{free_port()}"})
    worker = await asyncio.create_subprocess_exec(*WORKER, env=environment(alone))
    await eventually((alone.data_dir / "care.sqlite").exists, within=120)
    worker.terminate()
    assert await asyncio.wait_for(worker.wait(), 60) == 0


async def test_a_worker_that_may_not_migrate_waits_until_somebody_has(temporal: Client, settings: Settings) -> None:
    told = environment(settings.model_copy(update={"migrate": False}))
    worker = await asyncio.create_subprocess_exec(*WORKER, env=told)
    await eventually((settings.data_dir / "care.sqlite").exists, within=120)
    care = [sys.executable, "-m", "care.cli.main"]
    assert await _status(*care, "migrate", "--check", env=told) == 1
    assert worker.returncode is None
    assert not await is_swept(temporal)
    assert await _status(*care, "migrate", env=told) == 0
    assert await _status(*care, "migrate", "--check", env=told) == 0
    await eventually(lambda: is_swept(temporal), within=120)
    worker.terminate()
    assert await asyncio.wait_for(worker.wait(), 60) == 0
    await temporal.get_schedule_handle(SWEEP_SCHEDULE).delete()


async def _status(*command: str, env: dict[str, str]) -> int:
    process = await asyncio.create_subprocess_exec(*command, env=env)
    return await process.wait()
