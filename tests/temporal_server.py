"""One Temporal server for the whole test session, with time skipping; a plugin for pytest."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.worker import Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from care.settings import load_settings
from care.temporal.client import connect
from care.temporal.devserver import temporary_server
from care.temporal.tuning import SYNC_ACTIVITIES, tuned_worker

# A busy machine may take its time.
START = timedelta(minutes=2)
# The sandbox watches the workflows; our pure packages pass through, as their contract allows.
SANDBOX = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("care", "activities", "pydantic")
)


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with temporary_server(tmp_path_factory.mktemp("temporal")) as address:
        yield address


@pytest.fixture
async def temporal(temporal_address: str) -> Client:
    return await connect(load_settings(temporal_address=temporal_address), patience=START)


@pytest.fixture
def task_queue() -> str:
    return f"care-{uuid4().hex[:8]}"


@asynccontextmanager
async def a_worker(
    client: Client,
    task_queue: str,
    activities: Sequence[Any],
    *,
    runner: WorkflowRunner = SANDBOX,
    cached: int = 100,
    rates: Mapping[str, float] | None = None,
) -> AsyncIterator[Worker]:
    with ThreadPoolExecutor(SYNC_ACTIVITIES) as threads:
        async with tuned_worker(
            client, activities, threads, task_queue=task_queue, rates=rates, runner=runner, cached=cached
        ) as worker:
            yield on_a_busy_machine(worker)


def on_a_busy_machine(worker: Worker) -> Worker:
    """The worker, with more time for a task than the two seconds after which the SDK takes a workflow for stuck.

    The SDK has no setting for it. A machine that is busy takes longer than that to unpack a customer for the first time
    in a sandbox, and the interrupted task then fails whichever test is running.
    """
    assert worker._workflow_worker is not None
    worker._workflow_worker._deadlock_timeout_seconds = int(START.total_seconds())
    return worker
