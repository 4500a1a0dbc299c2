"""What travels through Temporal for a customer is sealed, on every way it takes, with a key of the customer's own."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError, WorkflowHistory
from temporalio.common import RetryPolicy
from temporalio.converter import DataConverter
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from activities.contract import Decided, DecideRequest
from care.sealing import BrokenSealError
from care.store import keys, schema
from care.store.engine import reading, writing
from care.store.keyring import Keyring, KeyringError
from care.temporal import codec
from care.temporal.client import UnreachableError, command, position, tell, workflow_id
from care.temporal.codec import CustomerCodec
from tests.journeys.scripted import (
    ScriptedDecider,
    ScriptedWorld,
    a_message,
    a_ticket,
    carried_out_by,
    decided,
    eventually,
    finished,
    handle_of,
    until_told,
)
from tests.journeys.sealed import SECRET, a_kept_customer, a_sealing_client, a_store, payloads_of, settings_of
from tests.temporal_server import SANDBOX, a_worker
from workflows.customer_care import CustomerCare

# What the SDK's core notes for itself of a local activity: its name, its tries and times.
CORES_OWN = "marker_recorded_event_attributes.details.data.payloads"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = a_store(tmp_path)
    yield engine
    engine.dispose()


async def bare_payloads(client: Client, customer: str, run: str | None = None) -> list[str]:
    """Where something stands open in a history that is not nothing."""
    found = await payloads_of(client, customer, run)
    assert found
    sealed = [place for place, payload in found if payload.metadata["encoding"] == codec.ENCODING]
    assert sealed
    known = (codec.ENCODING, b"binary/null")
    return [place for place, each in found if each.metadata["encoding"] not in known and place != CORES_OWN]


def _stumbling(request: DecideRequest) -> Decided:
    raise ApplicationError("not now", {"told": "a detail"})


async def test_everything_an_interpreter_says_and_hears_is_sealed(
    temporal: Client, temporal_address: str, task_queue: str, store: Engine
) -> None:
    customer = a_kept_customer(store)
    asleep = until_told("i_end")

    def script(request: DecideRequest) -> Decided:
        if len(decider.asked) == 1:
            raise ApplicationError("not now", {"told": "a detail"})
        first = (a_message(customer, request.now), a_ticket(customer, request.now))
        return decided(request, orders=first) if len(decider.asked) == 2 else asleep(request)

    decider = ScriptedDecider(script)
    client, other = [await a_sealing_client(temporal_address, store) for _ in range(2)]
    async with a_worker(other, task_queue, carried_out_by(decider, ScriptedWorld()), cached=0):
        await tell(client, customer, "i_1", task_queue=task_queue)
        await eventually(lambda: len(decider.heard) >= 3)
        where = await position(client, customer)
        assert where is not None
        assert where.customer == customer
        stands = await command(client, customer, "i_2", task_queue=task_queue)
        assert stands is not None
        await tell(client, customer, "i_end", task_queue=task_queue)
        await finished(client, customer)
    assert await bare_payloads(temporal, customer) == []
    assert len({payload.metadata[codec.KEY] for _, payload in await payloads_of(temporal, customer)} - {b""}) == 1


async def test_a_run_that_goes_on_anew_hands_its_state_over_sealed(
    temporal: Client, temporal_address: str, task_queue: str, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.customer_care.HISTORY_LIMIT", 3)
    customer, decider = a_kept_customer(store), ScriptedDecider(until_told("i_end"))
    client, work = await a_sealing_client(temporal_address, store), carried_out_by(decider, ScriptedWorld())
    # Outside the sandbox, which would read the limit anew.
    async with a_worker(client, task_queue, work, runner=UnsandboxedWorkflowRunner()):
        for word in ("i_1", "i_2", "i_end"):
            await tell(client, customer, word, task_queue=task_queue)
            await eventually(lambda word=word: word in decider.heard)  # type: ignore[misc]
        await finished(client, customer)
    runs = dict.fromkeys(asked.key.split(":")[0] for asked in decider.asked)
    assert len(runs) > 1
    assert decider.asked[-1].state is not None
    for run in runs:
        assert await bare_payloads(temporal, customer, run) == []


@workflow.defn(name="Beating")
class Beating:
    """Whatever else the SDK can carry: heartbeats, failures and the workflow's own end."""

    @workflow.run
    async def run(self, word: str) -> str:
        policy = RetryPolicy(maximum_attempts=2, initial_interval=timedelta(milliseconds=10))
        try:
            await workflow.execute_activity(
                "beat", word, start_to_close_timeout=timedelta(seconds=20), retry_policy=policy
            )
        except ActivityError as error:
            details = error.cause.details if isinstance(error.cause, ApplicationError) else ()
            raise ApplicationError("it ended so", *details, non_retryable=True) from error
        return word


async def test_heartbeats_and_failures_are_sealed(
    temporal: Client, temporal_address: str, task_queue: str, store: Engine
) -> None:
    beats: list[object] = []

    @activity.defn(name="beat")
    async def beat(word: str) -> None:
        beats.extend(activity.info().heartbeat_details)
        activity.heartbeat(word)
        raise ApplicationError("it failed", word)

    customer = a_kept_customer(store)
    client = await a_sealing_client(temporal_address, store)
    async with Worker(client, task_queue=task_queue, workflows=[Beating], activities=[beat], workflow_runner=SANDBOX):
        with pytest.raises(WorkflowFailureError) as failed:
            await client.execute_workflow(Beating.run, "heart", id=workflow_id(customer), task_queue=task_queue)
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.details == ("heart",)
    assert beats == ["heart"]
    assert await bare_payloads(temporal, customer) == []


async def test_every_customer_has_a_key_of_their_own_and_none_opens_anothers(
    temporal_address: str, store: Engine
) -> None:
    lan, mai = a_kept_customer(store), a_kept_customer(store)
    ring = Keyring(store, [SECRET])
    assert ring.sealing(lan).id != ring.sealing(mai).id
    sealed = ring.sealing(lan).seal(b"words")
    with pytest.raises(BrokenSealError):
        ring.sealing(mai).open(sealed)


async def test_histories_of_before_and_after_sealing_was_turned_on_live_on(
    temporal: Client, temporal_address: str, task_queue: str, store: Engine
) -> None:
    customer, decider = a_kept_customer(store), ScriptedDecider(until_told("i_end"))
    open_client = await a_sealing_client(temporal_address, store, payload_keys=False)
    sealing = await a_sealing_client(temporal_address, store)
    for client, word in ((open_client, "i_1"), (sealing, "i_2"), (open_client, "i_end")):
        # Nothing is cached in between: the worker that comes reads the whole history.
        async with a_worker(client, task_queue, carried_out_by(decider, ScriptedWorld()), cached=0):
            await tell(client, customer, word, task_queue=task_queue)
            await eventually(lambda word=word: word in decider.heard)  # type: ignore[misc]
    found = {payload.metadata["encoding"] for _, payload in await payloads_of(temporal, customer)}
    assert {codec.ENCODING, b"json/plain"} <= found
    await _replays(sealing.data_converter, await handle_of(temporal, customer).fetch_history())


async def _replays(converter: DataConverter, history: WorkflowHistory) -> None:
    replayer = Replayer(workflows=[CustomerCare], data_converter=converter, workflow_runner=SANDBOX)
    await replayer.replay_workflow(history)


async def test_a_destroyed_key_leaves_a_history_that_nobody_reads(
    temporal: Client, temporal_address: str, task_queue: str, store: Engine
) -> None:
    customer, decider = a_kept_customer(store), ScriptedDecider(lambda asked: decided(asked, active=False))
    client = await a_sealing_client(temporal_address, store)
    async with a_worker(client, task_queue, carried_out_by(decider, ScriptedWorld())):
        await tell(client, customer, "i_1", task_queue=task_queue)
        await finished(client, customer)
    history = await handle_of(temporal, customer).fetch_history()
    await _replays(client.data_converter, history)
    with writing(store) as conn:
        conn.execute(delete(schema.keys).where(schema.keys.c.customer == customer))
    late = await a_sealing_client(temporal_address, store)
    with pytest.raises(RuntimeError, match="was destroyed, because its customer was erased"):
        await _replays(late.data_converter, history)


async def test_nothing_is_sealed_for_who_was_erased_and_telling_of_them_is_no_error(
    temporal: Client, temporal_address: str, task_queue: str, store: Engine
) -> None:
    customer = a_kept_customer(store)
    with writing(store) as conn:
        conn.execute(delete(schema.customers).where(schema.customers.c.key == customer))
    client = await a_sealing_client(temporal_address, store)
    await tell(client, customer, "i_1", task_queue=task_queue)
    assert await command(client, customer, "i_2", task_queue=task_queue) is None
    assert await position(temporal, customer) is None
    with reading(store) as conn:
        assert keys.newest(conn, customer) is None


async def test_a_store_that_is_away_for_a_while_only_delays_a_sealed_workflow(
    temporal_address: str, task_queue: str, store: Engine, tmp_path: Path
) -> None:
    customer, decider = a_kept_customer(store), ScriptedDecider(lambda asked: decided(asked, active=False))
    client = await a_sealing_client(temporal_address, store)
    await tell(client, customer, "i_1", task_queue=task_queue)
    late = await a_sealing_client(temporal_address, store)
    file, away = tmp_path / "care.sqlite", tmp_path / "away.sqlite"
    store.dispose()
    file.rename(away)
    async with a_worker(late, task_queue, carried_out_by(decider, ScriptedWorld())):
        await eventually(lambda: _has_failed(client, customer))
        assert not decider.asked
        store.dispose()
        file.unlink(missing_ok=True)
        away.rename(file)
        await finished(client, customer)


async def _has_failed(client: Client, customer: str) -> bool:
    history = await handle_of(client, customer).fetch_history()
    return any(event.HasField("workflow_task_failed_event_attributes") for event in history.events)


async def test_who_has_another_secret_cannot_tell_a_workflow_anything(
    temporal_address: str, task_queue: str, store: Engine
) -> None:
    customer, decider = a_kept_customer(store), ScriptedDecider(until_told("i_end"))
    client = await a_sealing_client(temporal_address, store)
    other = await a_sealing_client(temporal_address, store, secret="another secret of somebody")
    async with a_worker(client, task_queue, carried_out_by(decider, ScriptedWorld())):
        await tell(client, customer, "i_1", task_queue=task_queue)
        await eventually(lambda: decider.heard)
        with pytest.raises(UnreachableError, match="CARE_SECRET"):
            await tell(other, customer, "i_2", task_queue=task_queue)
        with pytest.raises(UnreachableError, match="CARE_SECRET"):
            await position(other, customer)
        assert await command(other, customer, "i_3", task_queue=task_queue) is None
        await tell(client, customer, "i_end", task_queue=task_queue)
        await finished(client, customer)
    assert decider.heard == ["i_1", "i_end"]


def test_a_wrong_secret_is_told_before_anything_is_sealed(store: Engine) -> None:
    customer = a_kept_customer(store)
    Keyring(store, [SECRET]).check()
    wrong = Keyring(store, ["another secret of somebody"])
    with pytest.raises(KeyringError, match="CARE_SECRET"):
        wrong.check()
    with pytest.raises(KeyringError, match="CARE_SECRET"):
        wrong.sealing(customer)
    with reading(store) as conn:
        assert keys.newest(conn, customer) is None
    with pytest.raises(KeyringError, match="is not known here"):
        Keyring(store, []).sealing(customer)


async def test_what_is_at_hand_costs_no_question_to_the_store(store: Engine) -> None:
    customer = a_kept_customer(store)
    ring = Keyring(store, [SECRET])
    made = CustomerCodec(ring, customer=customer)
    converter = codec.sealing_converter(settings_of("127.0.0.1:1"), store)
    [sealed] = await made.encode(await converter.encode(["words"]))
    with reading(store) as conn:
        kept = keys.every(conn, customer)
    store.dispose()  # From here on a question would open a connection.
    for _ in range(3):
        [opened] = await made.decode([sealed])
        [again] = await made.encode([opened])
        assert again.data != sealed.data
    assert store.pool.checkedin() == 0  # type: ignore[attr-defined]
    assert [each.id.encode() for each in kept] == [sealed.metadata[codec.KEY]]
