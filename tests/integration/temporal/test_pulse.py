"""Around every activity: a heartbeat while it runs, and nothing personal in what is told of its errors."""

import asyncio
import logging
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError
from temporalio.worker import Worker

from care.domain.errors import CareError
from care.temporal.pulse import Pulse

PERSONAL = "an@example.vn"
# A beat is due every quarter of the limit, so a busy machine may be late with it by three seconds.
BEATS_WITHIN = 4
LINGERS = 1.5 * BEATS_WITHIN


@activity.defn
async def linger() -> int:
    await asyncio.sleep(LINGERS)
    return activity.info().attempt


@activity.defn
async def stumble(foreign: bool) -> None:
    raise ConnectionError(PERSONAL) if foreign else CareError("queue 'leads' has no address; add one to the catalogue")


@workflow.defn
class Patient:
    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_activity(
            linger, start_to_close_timeout=timedelta(seconds=60), heartbeat_timeout=timedelta(seconds=BEATS_WITHIN)
        )


@workflow.defn
class Clumsy:
    @workflow.run
    async def run(self, foreign: bool) -> None:
        await workflow.execute_activity(
            stumble,
            foreign,
            start_to_close_timeout=timedelta(seconds=60),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )


def a_worker_of(client: Client, task_queue: str) -> Worker:
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[Patient, Clumsy],
        activities=[linger, stumble],
        interceptors=[Pulse()],
        max_heartbeat_throttle_interval=timedelta(milliseconds=200),
    )


async def message_of(client: Client, task_queue: str, *, foreign: bool) -> str:
    with pytest.raises(WorkflowFailureError) as failure:
        await client.execute_workflow(Clumsy.run, foreign, id=f"clumsy-{task_queue}", task_queue=task_queue)
    assert isinstance(failure.value.cause, ActivityError)
    return str(failure.value.cause.cause)


async def test_an_activity_that_takes_long_is_not_taken_for_dead(temporal: Client, task_queue: str) -> None:
    async with a_worker_of(temporal, task_queue):
        attempt = await temporal.execute_workflow(Patient.run, id=f"patient-{task_queue}", task_queue=task_queue)
    assert attempt == 1


async def test_of_a_foreign_error_only_its_class_and_its_lines_are_told(
    temporal: Client, task_queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        async with a_worker_of(temporal, task_queue):
            message = await message_of(temporal, task_queue, foreign=True)
    assert message == "ConnectionError: ConnectionError; the worker's log says where"
    assert "in stumble" in caplog.text
    assert PERSONAL not in caplog.text


async def test_our_own_errors_are_told_as_they_are(temporal: Client, task_queue: str) -> None:
    async with a_worker_of(temporal, task_queue):
        message = await message_of(temporal, task_queue, foreign=False)
    assert message.endswith("queue 'leads' has no address; add one to the catalogue")
