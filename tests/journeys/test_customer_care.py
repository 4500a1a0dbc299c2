"""The interpreter by itself: what it hears, asks, orders and remembers."""

import asyncio
import threading
from datetime import timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.contract import Decided, DecideRequest
from care.domain.happenings import Settled
from care.domain.orders import SendMessage
from care.temporal.client import tell
from care.temporal.timeskipping import VirtualTime
from tests.journeys.scripted import (
    PATIENCE,
    ScriptedDecider,
    ScriptedWorld,
    a_customer,
    a_message,
    a_ticket,
    carried_out_by,
    decided,
    events_of,
    eventually,
    finished,
    handle_of,
    step_by_step,
    until_landed,
)
from tests.temporal_server import a_worker


def two_messages() -> ScriptedDecider:
    """Purchase, a message, two weeks, a message, the end."""
    return ScriptedDecider(
        step_by_step(
            lambda asked: decided(asked, orders=(a_message(asked.customer, asked.now, "thanks"),)),
            lambda asked: decided(asked, wake_in=timedelta(days=14)),
            lambda asked: decided(asked, orders=(a_message(asked.customer, asked.now, "again"),)),
            lambda asked: decided(asked, active=False),
        )
    )


async def test_two_messages_and_a_wait_cost_at_most_27_events_and_2_carried_out_by(
    temporal: Client, task_queue: str
) -> None:
    decider, world, customer = two_messages(), ScriptedWorld(), a_customer()
    skipping = VirtualTime(temporal).client
    async with a_worker(temporal, task_queue, carried_out_by(decider, world)):
        await tell(skipping, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    events = await events_of(handle_of(temporal, customer))
    assert [order.step for order in world.sent] == ["thanks", "again"]
    assert events["ACTIVITY_TASK_SCHEDULED"] == 2
    del events["WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED"]  # Only a virtual clock writes these.
    assert sum(events.values()) <= 27, events
    assert decider.asked[2].now - decider.asked[1].now >= timedelta(days=14)


async def test_a_workflow_replays_the_same_when_no_task_is_cached(temporal: Client, task_queue: str) -> None:
    decider, world, customer = two_messages(), ScriptedWorld(), a_customer()
    skipping = VirtualTime(temporal).client
    async with a_worker(temporal, task_queue, carried_out_by(decider, world), cached=0):
        await tell(skipping, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert [order.step for order in world.sent] == ["thanks", "again"]
    assert len(decider.asked) == 4


async def test_a_signal_that_arrives_while_decide_runs_is_decided_next(temporal: Client, task_queue: str) -> None:
    customer, asked_once, arrived = a_customer(), threading.Event(), threading.Event()

    def slow(request: DecideRequest) -> Decided:
        asked_once.set()
        assert arrived.wait(10)
        return decided(request)

    decider = ScriptedDecider(step_by_step(slow, lambda asked: decided(asked, active=False)))
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        assert await asyncio.to_thread(asked_once.wait, PATIENCE)
        await tell(temporal, customer, "i_2", task_queue=task_queue)
        arrived.set()
        await finished(temporal, customer)
    assert decider.heard == ["i_1", "i_2"]
    assert [[each.id for each in request.happenings] for request in decider.asked[-1:]] == [["i_2"]]


async def test_a_decision_that_fails_is_asked_again_under_its_key_for_the_time_it_then_is(
    temporal: Client, task_queue: str
) -> None:
    customer, left = a_customer(), iter(range(4))

    def stumbling(request: DecideRequest) -> Decided:
        if next(left, None) is not None:
            raise ConnectionError("password=hunter2")
        return decided(request, active=False)

    decider = ScriptedDecider(stumbling)
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        await tell(VirtualTime(temporal).client, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert len(decider.asked) == 5
    assert len({request.key for request in decider.asked}) == 1
    assert decider.asked[-1].now > decider.asked[0].now
    assert b"hunter2" not in (await handle_of(temporal, customer).fetch_history()).to_json().encode()


async def test_a_decision_that_was_stored_before_its_worker_died_comes_back(temporal: Client, task_queue: str) -> None:
    customer, world = a_customer(), ScriptedWorld()

    class DiesAfterStoring(ScriptedDecider):
        @activity.defn(name="decide")
        def decide(self, request: DecideRequest) -> Decided:
            first = request.key not in self.answers
            answer = super().decide(request)
            if first:
                raise ConnectionError("the connection was lost after the commit")
            return answer

    decider = DiesAfterStoring(
        step_by_step(
            lambda asked: decided(asked, orders=(a_message(asked.customer, asked.now),)),
            lambda asked: decided(asked, active=False),
        )
    )
    async with a_worker(temporal, task_queue, carried_out_by(decider, world)):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert len(decider.asked) == 4
    assert len({request.now for request in decider.asked}) == 4
    assert len(decider.answers) == 2
    assert len(world.sent) == 1


async def test_orders_run_side_by_side(temporal: Client, task_queue: str) -> None:
    customer, both = a_customer(), asyncio.Barrier(2)

    async def meet(order: SendMessage) -> Settled:
        await asyncio.wait_for(both.wait(), PATIENCE)
        return Settled(order.key, "sent")

    decider = ScriptedDecider(
        step_by_step(
            lambda asked: decided(
                asked,
                orders=(
                    a_message(asked.customer, asked.now, "one"),
                    a_message(asked.customer, asked.now, "two", purpose="transactional"),
                    a_ticket(asked.customer, asked.now),
                ),
            ),
            *[until_landed] * 3,
        )
    )
    world = ScriptedWorld(meet)
    async with a_worker(temporal, task_queue, carried_out_by(decider, world)):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert {order.step for order in world.sent} == {"one", "two"}
    assert len(world.tickets) == 1


async def test_the_same_signal_twice_is_decided_once_while_it_waits(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(lambda asked: decided(asked, active=False))
    for _ in range(3):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        await finished(temporal, customer)
    assert decider.heard == ["i_1"]


async def test_an_order_that_will_never_work_comes_back_as_failed(temporal: Client, task_queue: str) -> None:
    customer = a_customer()

    async def refuse(order: SendMessage) -> Settled:
        raise ApplicationError("the template is gone", non_retryable=True)

    decider = ScriptedDecider(
        step_by_step(
            lambda asked: decided(asked, orders=(a_message(asked.customer, asked.now),)),
            lambda asked: decided(asked, active=False),
        )
    )
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld(refuse))):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    (settled,) = decider.asked[-1].happenings
    assert isinstance(settled, Settled)
    assert (settled.outcome, settled.reason) == ("failed", "the template is gone")


async def test_an_order_that_fails_for_now_is_tried_again(temporal: Client, task_queue: str) -> None:
    customer, left = a_customer(), iter(range(2))

    async def stumble(order: SendMessage) -> Settled:
        if next(left, None) is not None:
            raise ConnectionError("an@address.example refused")
        return Settled(order.key, "sent")

    decider = ScriptedDecider(
        step_by_step(
            lambda asked: decided(asked, orders=(a_message(asked.customer, asked.now),)),
            lambda asked: decided(asked, active=False),
        )
    )
    world = ScriptedWorld(stumble)
    skipping = VirtualTime(temporal).client
    async with a_worker(temporal, task_queue, carried_out_by(decider, world)):
        await tell(skipping, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert len(world.sent) == 3
    assert b"address.example" not in (await handle_of(temporal, customer).fetch_history()).to_json().encode()


async def test_events_that_had_to_wait_for_another_are_heard_when_it_frees_them(
    temporal: Client, task_queue: str
) -> None:
    customer = a_customer()

    def freeing(request: DecideRequest) -> Decided:
        answer = decided(request)
        return Decided(answer.state, answer.consumed, (), None, freed=("i_early",))

    decider = ScriptedDecider(step_by_step(freeing, lambda asked: decided(asked, active=False)))
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert decider.heard == ["i_1", "i_early"]


async def test_a_decision_that_consumes_nothing_does_not_fill_the_history(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(
        step_by_step(lambda asked: decided(asked, consumed=()), lambda asked: decided(asked, active=False))
    )
    skipping = VirtualTime(temporal).client
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        await tell(skipping, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert decider.asked[1].now - decider.asked[0].now >= timedelta(minutes=1)
    assert decider.heard == ["i_1"]


async def test_a_run_does_not_end_while_an_order_is_in_flight(temporal: Client, task_queue: str) -> None:
    customer, release = a_customer(), asyncio.Event()

    async def slowly(order: SendMessage) -> Settled:
        await release.wait()
        return Settled(order.key, "sent")

    decider = ScriptedDecider(
        step_by_step(
            lambda asked: decided(asked, orders=(a_message(asked.customer, asked.now),), active=False),
            *[until_landed] * 2,
        )
    )
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld(slowly))):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        await tell(temporal, customer, "i_2", task_queue=task_queue)
        await eventually(lambda: "i_2" in decider.heard)
        release.set()
        await finished(temporal, customer)
    assert decider.heard[-1] == "e_0123456789abcdef/thanks/1:email"
