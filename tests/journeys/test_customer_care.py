"""The interpreter by itself: what it hears, asks, orders and remembers."""

import asyncio
import threading
from datetime import timedelta
from functools import partial

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from activities.contract import CareStart, Decided, DecideRequest, Position
from care.clock import now
from care.domain.decisions import SendMessage
from care.domain.enrolment import CustomerState
from care.domain.happenings import Heard, Settled
from care.temporal.client import command, position, tell, workflow_id
from care.temporal.timeskipping import VirtualTime
from tests.journeys.scripted import (
    ScriptedDecider,
    ScriptedWorld,
    a_customer,
    a_message,
    a_ticket,
    decided,
    events_of,
    eventually,
    finished,
    handle_of,
    step_by_step,
    until_landed,
    until_told,
)
from tests.temporal_server import a_worker
from workflows.customer_care import CustomerCare


def activities(decider: ScriptedDecider, world: ScriptedWorld) -> list[object]:
    return [decider.decide, world.send_message, world.open_ticket, world.escalate_ticket]


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


async def test_two_messages_and_a_wait_cost_at_most_27_events_and_2_activities(
    temporal: Client, task_queue: str
) -> None:
    decider, world, customer = two_messages(), ScriptedWorld(), a_customer()
    skipping = VirtualTime(temporal).client
    async with a_worker(temporal, task_queue, activities(decider, world)):
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
    async with a_worker(temporal, task_queue, activities(decider, world), cached=0):
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
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        await asyncio.to_thread(asked_once.wait, 10)
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
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
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
    async with a_worker(temporal, task_queue, activities(decider, world)):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert len(decider.asked) == 4
    assert len({request.now for request in decider.asked}) == 4
    assert len(decider.answers) == 2
    assert len(world.sent) == 1


async def test_orders_run_side_by_side(temporal: Client, task_queue: str) -> None:
    customer, both = a_customer(), asyncio.Barrier(2)

    async def meet(order: SendMessage) -> Settled:
        await asyncio.wait_for(both.wait(), 10)
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
    async with a_worker(temporal, task_queue, activities(decider, world)):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert {order.step for order in world.sent} == {"one", "two"}
    assert len(world.tickets) == 1


async def test_the_same_signal_twice_is_decided_once_while_it_waits(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(lambda asked: decided(asked, active=False))
    for _ in range(3):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
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
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld(refuse))):
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
    async with a_worker(temporal, task_queue, activities(decider, world)):
        await tell(skipping, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert len(world.sent) == 3
    assert b"address.example" not in (await handle_of(temporal, customer).fetch_history()).to_json().encode()


async def test_a_customer_who_comes_back_gets_a_second_run_with_keys_of_its_own(
    temporal: Client, task_queue: str
) -> None:
    customer = a_customer()
    decider = ScriptedDecider(lambda asked: decided(asked, active=False))
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
        for inbox_id in ("i_1", "i_2"):
            await tell(temporal, customer, inbox_id, task_queue=task_queue)
            await finished(temporal, customer)
    assert decider.heard == ["i_1", "i_2"]
    assert len(decider.answers) == 2
    assert await position(temporal, customer) is None


async def test_events_that_had_to_wait_for_another_are_heard_when_it_frees_them(
    temporal: Client, task_queue: str
) -> None:
    customer = a_customer()

    def freeing(request: DecideRequest) -> Decided:
        answer = decided(request)
        return Decided(answer.state, answer.consumed, (), None, freed=("i_early",))

    decider = ScriptedDecider(step_by_step(freeing, lambda asked: decided(asked, active=False)))
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert decider.heard == ["i_1", "i_early"]


async def test_a_decision_that_consumes_nothing_does_not_fill_the_history(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(
        step_by_step(lambda asked: decided(asked, consumed=()), lambda asked: decided(asked, active=False))
    )
    skipping = VirtualTime(temporal).client
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
        await tell(skipping, customer, "i_1", task_queue=task_queue)
        await finished(temporal, customer)
    assert decider.asked[1].now - decider.asked[0].now >= timedelta(minutes=1)
    assert decider.heard == ["i_1"]


async def test_the_position_says_where_the_customer_stands(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(until_told("i_end"))
    assert await position(temporal, customer) is None
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        await eventually(lambda: decider.answers)
        stands = await eventually(lambda: _asleep(temporal, customer))
        await handle_of(temporal, customer).terminate()
    assert [(each.journey, each.step, each.doing) for each in stands.enrolments] == [
        ("first_purchase", "thanks", "wait")
    ]
    assert (stands.customer, stands.inbox, stands.in_flight, stands.paused) == (customer, 0, (), False)


def _has_heard(decider: ScriptedDecider, count: int) -> bool:
    return len(decider.heard) >= count


async def _asleep(client: Client, customer: str) -> Position | None:
    stands = await position(client, customer)
    return stands if stands is not None and stands.wake_at is not None and stands.inbox == 0 else None


async def test_a_command_answers_with_the_position_after_it(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(lambda asked: decided(asked, paused=True))
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
        stands = await command(temporal, customer, "i_pause", task_queue=task_queue)
        await handle_of(temporal, customer).terminate()
    assert stands is not None
    assert stands.paused
    assert decider.heard == ["i_pause"]


async def test_a_command_without_an_id_is_refused(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(until_told())
    with pytest.raises(ValueError, match="inbox row"):
        await command(temporal, customer, "", task_queue=task_queue)
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        with pytest.raises(WorkflowUpdateFailedError):
            await handle_of(temporal, customer).execute_update(CustomerCare.command, "")
        await handle_of(temporal, customer).terminate()


async def test_a_command_that_nobody_decides_in_time_is_left_to_the_sweep(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    stands = await command(temporal, customer, "i_1", task_queue=task_queue, patience=timedelta(milliseconds=300))
    assert stands is None
    await handle_of(temporal, customer).terminate()


async def test_no_command_is_lost_while_runs_close_and_open(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(lambda asked: decided(asked, active=False))
    ids = [f"i_{number}" for number in range(40)]
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
        answers = await asyncio.gather(*(command(temporal, customer, each, task_queue=task_queue) for each in ids))
        await finished(temporal, customer)
    assert None not in answers
    assert sorted(set(decider.heard)) == sorted(ids)


async def test_a_long_history_goes_on_in_a_new_run_and_nothing_is_lost(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(until_told("i_end"))
    ids = [f"i_{number}" for number in range(60)]
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
        for count, inbox_id in enumerate(ids, start=1):
            await tell(temporal, customer, inbox_id, task_queue=task_queue)
            await eventually(partial(_has_heard, decider, count))
        stands = await eventually(lambda: _asleep(temporal, customer))
        await tell(temporal, customer, "i_end", task_queue=task_queue)
        await finished(temporal, customer)
    runs = {request.key.split(":")[0] for request in decider.asked}
    assert len(runs) >= 2
    assert stands.enrolments
    assert decider.heard == [*ids, "i_end"]
    assert all(request.state is not None for request in decider.asked[1:])


async def test_commands_during_the_change_of_runs_are_all_answered(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(until_told("i_end"))
    ids = [f"i_{number}" for number in range(120)]
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
        await tell(temporal, customer, "i_start", task_queue=task_queue)
        answers: list[object] = []
        for at in range(0, len(ids), 10):
            answers += await asyncio.gather(
                *(command(temporal, customer, each, task_queue=task_queue) for each in ids[at : at + 10])
            )
        await tell(temporal, customer, "i_end", task_queue=task_queue)
        await finished(temporal, customer)
    assert None not in answers
    assert sorted(decider.heard) == sorted([*ids, "i_start", "i_end"])
    assert len({request.key.split(":")[0] for request in decider.asked}) >= 2


async def test_a_new_run_sleeps_on_without_a_decision_until_it_is_due(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(lambda asked: decided(asked, active=False))
    skipping = VirtualTime(temporal).client
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld())):
        start_at = now()
        due = start_at + timedelta(days=30)
        start = CareStart(customer, CustomerState(customer, last=start_at), (), due)
        await skipping.start_workflow(CustomerCare.run, start, id=workflow_id(customer), task_queue=task_queue)
        await finished(temporal, customer)
    (asked,) = decider.asked
    assert due <= asked.now < due + timedelta(minutes=1)


async def test_a_new_run_issues_the_orders_that_were_in_flight_unless_their_outcome_is_there(
    temporal: Client, task_queue: str
) -> None:
    customer, world = a_customer(), ScriptedWorld()
    flying, settled = a_message(customer, now(), "flying"), a_message(customer, now(), "settled")
    state = CustomerState(customer, last=now(), in_flight=(flying, settled))
    start = CareStart(customer, state, (Settled(settled.key, "sent"), Heard("i_1")))
    decider = ScriptedDecider(lambda asked: decided(asked, active=False))
    async with a_worker(temporal, task_queue, activities(decider, world)):
        await temporal.start_workflow(CustomerCare.run, start, id=workflow_id(customer), task_queue=task_queue)
        await finished(temporal, customer)
    assert [order.step for order in world.sent] == ["flying"]
    assert decider.heard == [settled.key, "i_1", flying.key]


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
    async with a_worker(temporal, task_queue, activities(decider, ScriptedWorld(slowly))):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        await tell(temporal, customer, "i_2", task_queue=task_queue)
        await eventually(lambda: "i_2" in decider.heard)
        release.set()
        await finished(temporal, customer)
    assert decider.heard[-1] == "e_0123456789abcdef/thanks/1:email"
