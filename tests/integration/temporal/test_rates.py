"""A channel's rate is held by the server over all workers together, and what is urgent goes past what waits."""

import asyncio
import time
from collections import Counter
from typing import Any

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner

from activities.contract import Decided, DecideRequest, channel_queue
from care.domain.happenings import Settled
from care.domain.orders import SendMessage
from care.settings import load_settings
from care.temporal.client import connect, tell
from tests.journeys.scripted import (
    ScriptedDecider,
    ScriptedWorld,
    a_customer,
    a_message,
    carried_out_by,
    decided,
    eventually,
    finished,
    handle_of,
)
from tests.temporal_server import a_worker

RATE = 10
QUEUED = 100
# Each is told within seconds or not at all, and a busy machine does not tell all of them in so short a time.
TOLD_AT_ONCE = 10
UNSANDBOXED = UnsandboxedWorkflowRunner()


class Post:
    """Decides for two kinds of customers what they are sent, and keeps when each message left."""

    def __init__(self) -> None:
        self.decider = ScriptedDecider(self._decide)
        self.left: dict[str, float] = {}
        self.urgent = a_customer()

    def world(self, name: str, count: Counter[str]) -> ScriptedWorld:
        async def deliver(order: SendMessage) -> Settled:
            self.left[order.customer] = time.monotonic()
            count[name] += 1
            return Settled(order.key, "sent")

        return ScriptedWorld(deliver)

    def _decide(self, asked: DecideRequest) -> Decided:
        if asked.state is not None:
            return decided(asked, active=False)
        purpose = "transactional" if asked.customer == self.urgent else "marketing"
        return decided(asked, orders=(a_message(asked.customer, asked.now, purpose=purpose),))

    def ahead(self, since: float) -> float:
        """How many messages at most had left before the rate allowed it; a busy machine only makes them later."""
        return max(number - RATE * (at - since) for number, at in enumerate(sorted(self.left.values()), start=1))


async def test_two_workers_hold_one_rate_together_and_a_receipt_overtakes_the_campaign(
    temporal: Client, temporal_address: str, task_queue: str
) -> None:
    other, post, shares = await connect(load_settings(temporal_address=temporal_address)), Post(), Counter[str]()
    first = carried_out_by(post.decider, post.world("first", shares))
    second = carried_out_by(post.decider, post.world("second", shares))
    campaign = [a_customer() for _ in range(QUEUED)]
    for start in range(0, QUEUED, TOLD_AT_ONCE):
        told = campaign[start : start + TOLD_AT_ONCE]
        await asyncio.gather(*(tell(temporal, each, "i_1", task_queue=task_queue) for each in told))
    async with a_worker(temporal, task_queue, [post.decider.decide], runner=UNSANDBOXED):
        await eventually(lambda: len(post.decider.answers) >= QUEUED, within=300)
    opened = time.monotonic()
    more: dict[str, Any] = {"rates": {"email": RATE}, "runner": UNSANDBOXED}
    async with a_worker(temporal, task_queue, first, **more), a_worker(other, task_queue, second, **more):
        await eventually(lambda: post.left)
        await tell(temporal, post.urgent, "i_1", task_queue=task_queue)
        await eventually(lambda: post.urgent in post.left)
        await eventually(lambda: len(post.left) == QUEUED + 1, within=300)
        await finished(temporal, post.urgent)

    assert sum(at > post.left[post.urgent] for at in post.left.values()) > QUEUED / 3
    # The server lets some more leave at once after a pause.
    assert post.ahead(opened) <= 2 * RATE
    assert min(shares["first"], shares["second"]) > 0


async def test_a_message_leaves_over_its_channels_own_queue(temporal: Client, task_queue: str) -> None:
    decider = ScriptedDecider(lambda asked: decided(asked, orders=(a_message(asked.customer, asked.now),)))
    customer = a_customer()
    async with a_worker(temporal, task_queue, [decider.decide]):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        handle = handle_of(temporal, customer)

        async def queues() -> list[str]:
            told = [event.activity_task_scheduled_event_attributes for event in (await handle.fetch_history()).events]
            return [attributes.task_queue.name for attributes in told if attributes.activity_id]

        assert await eventually(queues) == [channel_queue(task_queue, "email")]
        await handle.terminate()
