"""Runs of one customer: how they end, begin and follow each other, and the commands and queries they answer."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError

from activities.contract import CareStart, Position
from care.clock import now
from care.domain.enrolment import CustomerState
from care.domain.happenings import Heard, Settled
from care.temporal.client import command, position, tell, workflow_id
from care.temporal.timeskipping import VirtualTime
from tests.journeys.scripted import (
    PATIENCE,
    ScriptedDecider,
    ScriptedWorld,
    a_customer,
    a_message,
    carried_out_by,
    decided,
    eventually,
    finished,
    handle_of,
    terminate,
    until_told,
)
from tests.temporal_server import a_worker
from workflows.customer_care import CustomerCare

LONG = timedelta(seconds=PATIENCE)


async def test_a_customer_who_comes_back_gets_a_second_run_with_keys_of_its_own(
    temporal: Client, task_queue: str
) -> None:
    customer = a_customer()
    decider = ScriptedDecider(lambda asked: decided(asked, active=False))
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        for inbox_id in ("i_1", "i_2"):
            await tell(temporal, customer, inbox_id, task_queue=task_queue)
            await finished(temporal, customer)
    assert decider.heard == ["i_1", "i_2"]
    assert len(decider.answers) == 2
    assert await position(temporal, customer) is None


async def test_the_position_says_where_the_customer_stands(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(until_told("i_end"))
    assert await position(temporal, customer) is None
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
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
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        stands = await command(temporal, customer, "i_pause", task_queue=task_queue, patience=LONG)
        await handle_of(temporal, customer).terminate()
    assert stands is not None
    assert stands.paused
    assert decider.heard == ["i_pause"]


async def test_a_command_without_an_id_is_refused(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(until_told())
    with pytest.raises(ValueError, match="inbox row"):
        await command(temporal, customer, "", task_queue=task_queue)
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        await tell(temporal, customer, "i_1", task_queue=task_queue)
        with pytest.raises(WorkflowUpdateFailedError):
            await handle_of(temporal, customer).execute_update(CustomerCare.command, "")
        await handle_of(temporal, customer).terminate()


async def test_a_command_that_nobody_decides_in_time_is_left_to_the_sweep(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    stands = await command(temporal, customer, "i_1", task_queue=task_queue, patience=timedelta(milliseconds=300))
    assert stands is None
    await terminate(temporal, customer)


async def test_no_command_is_lost_while_runs_close_and_open(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(lambda asked: decided(asked, active=False))
    ids = [f"i_{number}" for number in range(40)]
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        answers = await asyncio.gather(
            *(command(temporal, customer, each, task_queue=task_queue, patience=LONG) for each in ids)
        )
        await finished(temporal, customer)
    assert None not in answers
    assert sorted(set(decider.heard)) == sorted(ids)


async def test_a_long_history_goes_on_in_a_new_run_and_nothing_is_lost(temporal: Client, task_queue: str) -> None:
    customer = a_customer()
    decider = ScriptedDecider(until_told("i_end"))
    ids = [f"i_{number}" for number in range(60)]
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
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
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        await tell(temporal, customer, "i_start", task_queue=task_queue)
        answers: list[object] = []
        for at in range(0, len(ids), 10):
            answers += await asyncio.gather(
                *(command(temporal, customer, each, task_queue=task_queue, patience=LONG) for each in ids[at : at + 10])
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
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
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
    async with a_worker(temporal, task_queue, carried_out_by(decider, world)):
        await temporal.start_workflow(CustomerCare.run, start, id=workflow_id(customer), task_queue=task_queue)
        await finished(temporal, customer)
    assert [order.step for order in world.sent] == ["flying"]
    assert decider.heard == [settled.key, "i_1", flying.key]
