"""The bare engine: a workflow with the timers and activities of a journey that does nothing else, as a yardstick."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.sharedctypes import Synchronized
from typing import Literal
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, UnsandboxedWorkflowRunner, Worker

from activities.contract import channel_queue
from care.settings import load_settings
from care.temporal.client import connect
from care.temporal.tuning import SYNC_ACTIVITIES

# Sends by activities, as the product over a channel with a rate; by local ones, as over a prompt channel; or sleeps.
Kind = Literal["queues", "hurries", "sleeps"]
QUEUE = "bare"
AT_ONCE = 50
_QUICK = timedelta(seconds=10)
_LONG = timedelta(days=30)

_done: "Synchronized[int] | None" = None


@activity.defn
def think(customer: str) -> str:
    """Decide nothing."""
    return customer


@activity.defn
def end(customer: str) -> str:
    """Count that it is over."""
    if _done is not None:
        with _done.get_lock():
            _done.value += 1
    return customer


@activity.defn
async def deliver(customer: str) -> str:
    """Send nothing."""
    return customer


@workflow.defn(name="Bare")
class Bare:
    """Hears one signal, then thinks and sends by turns as a journey of two messages does."""

    def __init__(self) -> None:
        self._heard: list[str] = []

    @workflow.run
    async def run(self, customer: str, kind: Kind) -> None:
        await workflow.wait_condition(lambda: bool(self._heard))
        if kind == "sleeps":
            await workflow.execute_local_activity(think, customer, start_to_close_timeout=_QUICK)
            await workflow.sleep(_LONG)
        for _ in range(2):
            await workflow.execute_local_activity(think, customer, start_to_close_timeout=_QUICK)
            if kind == "hurries":
                await workflow.execute_local_activity(deliver, customer, start_to_close_timeout=_QUICK)
                continue
            await workflow.execute_activity(
                deliver,
                customer,
                task_queue=channel_queue(workflow.info().task_queue, "sms"),
                start_to_close_timeout=timedelta(minutes=15),
            )
        await workflow.execute_local_activity(end, customer, start_to_close_timeout=_QUICK)

    @workflow.signal
    def hear(self, id: str) -> None:
        self._heard.append(id)


class BareEngine:
    """Drives bare workflows on a server that is there."""

    def __init__(self, client: Client, done: "Synchronized[int]") -> None:
        self._client = client
        self._done = done

    async def carry(self, count: int, kind: Kind = "queues") -> float:
        """Carry so many to their end; the seconds it took."""
        before, began = self._done.value, time.perf_counter()
        await self.start(count, kind=kind)
        while self._done.value < before + count:
            await asyncio.sleep(0.02)
        return time.perf_counter() - began

    async def start(self, count: int, *, kind: Kind = "queues", queue: str = QUEUE) -> float:
        """Start so many by signal-with-start, many at a time; the seconds it took."""
        gate, began = asyncio.Semaphore(AT_ONCE), time.perf_counter()

        async def one() -> None:
            async with gate:
                name = uuid4().hex
                await self._client.start_workflow(
                    Bare.run,
                    args=[name, kind],
                    id=f"bare/{name}",
                    task_queue=queue,
                    start_signal="hear",
                    start_signal_args=["i"],
                )

        await asyncio.gather(*(one() for _ in range(count)))
        return time.perf_counter() - began


@contextmanager
def a_bare_worker(address: str) -> Iterator["Synchronized[int]"]:
    """A worker for bare workflows in a process of its own; counts how many came to their end."""
    context = multiprocessing.get_context("spawn")
    done: Synchronized[int] = context.Value("i", 0)
    process = context.Process(target=_work, args=(address, done), daemon=True)
    process.start()
    try:
        yield done
    finally:
        process.terminate()
        process.join()


def _work(address: str, done: "Synchronized[int]") -> None:
    global _done
    _done = done
    asyncio.run(_serve(address))


async def _serve(address: str) -> None:
    """Two workers with the measured settings of ours (``care.temporal.tuning``), on queues of the same shape."""
    client = await connect(load_settings(temporal_address=address))
    with ThreadPoolExecutor(SYNC_ACTIVITIES) as threads:
        main = Worker(
            client,
            task_queue=QUEUE,
            workflows=[Bare],
            activities=[think, end, deliver],
            activity_executor=threads,
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_cached_workflows=2_000,
            max_concurrent_workflow_tasks=40,
            max_concurrent_local_activities=SYNC_ACTIVITIES,
            workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(20),
            nonsticky_to_sticky_poll_ratio=0.5,
        )
        sending = Worker(
            client,
            task_queue=channel_queue(QUEUE, "sms"),
            activities=[deliver],
            max_concurrent_activities=50,
            activity_task_poller_behavior=PollerBehaviorSimpleMaximum(3),
        )
        async with main, sending:
            await asyncio.Event().wait()
