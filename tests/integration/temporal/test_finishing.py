"""An erasure ends what Temporal has: the workflow that runs, and every history, whoever brings it to its end."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine
from temporalio.client import Client, WorkflowExecutionStatus

from activities.finishing import PATIENCE, Finisher
from care.settings import load_settings
from care.store import erasing
from care.store.engine import reading, writing
from care.store.keyring import Keyring
from care.temporal.client import UnreachableError, connect, lazy_client, tell, workflow_id
from care.temporal.devserver import temporary_server
from care.temporal.forgetting import forget
from tests.journeys.scripted import (
    ScriptedDecider,
    ScriptedWorld,
    carried_out_by,
    decided,
    eventually,
    finished,
    handle_of,
    until_told,
)
from tests.journeys.sealed import NOON, SECRET, a_kept_customer, a_sealing_client, a_store
from tests.temporal_server import a_worker

# By default the server deletes only what a queue noted as done half a minute ago.
AT_ONCE = {f"history.{queue}ProcessorUpdateAckInterval": '"500ms"' for queue in ("transfer", "visibility", "timer")}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = a_store(tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with temporary_server(tmp_path / "temporal", skips_time=False, limits=AT_ONCE) as address:
        yield address


def erase(store: Engine, customer: str) -> None:
    with writing(store) as conn:
        pepper = Keyring(store, [SECRET]).pepper(conn, make=True)
        assert pepper is not None
        erasing.erase(conn, customer, pepper, by="Mai", reason="asked", at=NOON)
        erasing.erase(conn, customer, pepper, by="Mai", reason="asked", at=NOON)


async def runs_of(client: Client, customer: str) -> list[WorkflowExecutionStatus | None]:
    return [run.status async for run in client.list_workflows(f"WorkflowId = '{workflow_id(customer)}'")]


async def test_the_workflow_ends_at_once_and_every_history_goes(server: str, task_queue: str, store: Engine) -> None:
    customer, client = a_kept_customer(store), await a_sealing_client(server, store)
    ends, stays = lambda asked: decided(asked, active=False), until_told()
    decider = ScriptedDecider(lambda asked: ends(asked) if len(decider.asked) == 1 else stays(asked))
    async with a_worker(client, task_queue, carried_out_by(decider, ScriptedWorld())):
        await tell(client, customer, "i_1", task_queue=task_queue)
        await finished(client, customer)
        await tell(client, customer, "i_2", task_queue=task_queue)
        await eventually(lambda: "i_2" in decider.heard)
        assert len(await runs_of(client, customer)) == 2
        erase(store, customer)
        finisher, now = Finisher(store, partial(forget, client)), NOON
        assert await finisher.finish(now) == 0
        assert (await handle_of(client, customer).describe()).status == WorkflowExecutionStatus.TERMINATED
        # Asked again too soon, the server is left alone.
        assert await finisher.finish(now + timedelta(seconds=1)) == 0

        async def done() -> bool:
            nonlocal now
            now += PATIENCE
            return await finisher.finish(now) == 1

        await eventually(done)
    assert await runs_of(client, customer) == []
    with reading(store) as conn:
        assert erasing.unfinished(conn) == []
        [proof] = erasing.listing(conn)
    assert proof.finished_at == now


async def test_a_server_that_is_away_leaves_the_erasure_unfinished(store: Engine) -> None:
    customer = a_kept_customer(store)
    erase(store, customer)
    nobody = await lazy_client(load_settings(temporal_address="127.0.0.1:1"))
    with pytest.raises(UnreachableError):
        await forget(nobody, customer)
    assert await Finisher(store, partial(forget, nobody)).finish(NOON) == 0
    with reading(store) as conn:
        assert [each.customer for each in erasing.unfinished(conn)] == [customer]


async def test_who_never_had_a_workflow_is_forgotten_at_once(temporal_address: str, store: Engine) -> None:
    customer = a_kept_customer(store)
    erase(store, customer)
    client = await connect(load_settings(temporal_address=temporal_address))
    assert await Finisher(store, partial(forget, client)).finish(NOON) == 1
