"""Carrying out a batch: every command once, many at a time, and no long wait where nobody answers."""

from datetime import timedelta

from temporalio.client import Client

from care.temporal.batching import AT_ONCE, carry_out
from tests.journeys.scripted import (
    PATIENCE,
    ScriptedDecider,
    ScriptedWorld,
    a_customer,
    carried_out_by,
    decided,
    eventually,
    terminate,
    until_told,
)
from tests.temporal_server import a_worker

SHORT = timedelta(milliseconds=300)
LONG = timedelta(seconds=PATIENCE)


def commands(count: int) -> list[tuple[str, str]]:
    return [(a_customer(), f"i_{number}") for number in range(count)]


async def test_every_command_is_decided_once_and_told_of(temporal: Client, task_queue: str) -> None:
    decider = ScriptedDecider(lambda asked: decided(asked, active=False))
    wanted = commands(AT_ONCE * 3)
    told: list[bool] = []
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        done = await carry_out(temporal, wanted, told.append, task_queue=task_queue, patience=LONG)
    assert done == len(wanted)
    assert told == [True] * len(wanted)
    assert sorted(decider.heard) == sorted(row for _, row in wanted)


async def test_a_command_given_again_is_not_decided_again_while_its_run_lasts(
    temporal: Client, task_queue: str
) -> None:
    decider = ScriptedDecider(until_told("i_end"))
    wanted = commands(3)
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        for _ in range(2):
            assert await carry_out(temporal, wanted, lambda _: None, task_queue=task_queue, patience=LONG) == 3
        for customer, _ in wanted:
            await terminate(temporal, customer)
    assert sorted(decider.heard) == sorted(row for _, row in wanted)


async def test_where_no_worker_answers_the_rest_is_left_to_the_sweep(temporal: Client, task_queue: str) -> None:
    wanted = commands(AT_ONCE * 3)
    told: list[bool] = []
    assert await carry_out(temporal, wanted, told.append, task_queue=task_queue, patience=SHORT) == 0
    assert told == [False] * AT_ONCE
    for customer, _ in wanted[:AT_ONCE]:
        await terminate(temporal, customer)


async def test_commands_that_came_too_early_are_decided_when_a_worker_comes(temporal: Client, task_queue: str) -> None:
    decider = ScriptedDecider(lambda asked: decided(asked, active=False))
    wanted = commands(2)
    assert await carry_out(temporal, wanted, lambda _: None, task_queue=task_queue, patience=SHORT) == 0
    async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld())):
        assert await carry_out(temporal, wanted, lambda _: None, task_queue=task_queue, patience=LONG) == 2
        await eventually(lambda: set(decider.heard) >= {"i_0", "i_1"})
