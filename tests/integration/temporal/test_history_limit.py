"""What happens when a history passes the server's own limit while an order is in flight."""

import asyncio
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from activities.contract import Decided, DecideRequest
from care.domain.happenings import Settled
from care.domain.orders import SendMessage
from care.settings import load_settings
from care.temporal.client import command, connect, tell
from care.temporal.devserver import command_line, free_port
from tests.journeys.scripted import (
    PATIENCE,
    ScriptedDecider,
    ScriptedWorld,
    a_customer,
    a_message,
    carried_out_by,
    decided,
    finished,
)
from tests.temporal_server import START, a_worker


@pytest.fixture
def impatient_server(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    line = command_line(tmp_path / "temporal.sqlite", port, durable=False)
    line += ["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=40"]
    server = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield f"127.0.0.1:{port}"
    server.kill()
    server.wait()


async def test_past_the_servers_limit_a_run_goes_on_in_a_new_one_that_issues_its_orders_again(
    impatient_server: str, task_queue: str
) -> None:
    client = await connect(load_settings(temporal_address=impatient_server), patience=START)
    customer, release = a_customer(), asyncio.Event()

    async def slowly(order: SendMessage) -> Settled:
        await release.wait()
        return Settled(order.key, "sent")

    def script(request: DecideRequest) -> Decided:
        if request.state is None:
            return decided(request, orders=(a_message(request.customer, request.now),))
        landed = any(happening.kind == "settled" for happening in request.happenings)
        return decided(request, active=not landed)

    decider, world = ScriptedDecider(script), ScriptedWorld(slowly)
    carried_out = carried_out_by(decider, world)
    async with a_worker(client, task_queue, carried_out):
        await tell(client, customer, "i_start", task_queue=task_queue)
        patience = timedelta(seconds=PATIENCE)
        for number in range(20):
            assert await command(client, customer, f"i_{number}", task_queue=task_queue, patience=patience)
        release.set()
        await finished(client, customer)
    assert len({key.split(":")[0] for key in decider.answers}) >= 2
    assert {order.key for order in world.sent} == {a_message(customer, decider.asked[0].now).key}
    assert sorted(set(decider.heard)) == sorted(["i_start", world.sent[0].key, *(f"i_{n}" for n in range(20))])
