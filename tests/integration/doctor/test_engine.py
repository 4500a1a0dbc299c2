"""What the doctor finds at the Temporal server; each test breaks the very thing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, ScheduleActionExecutionStartWorkflow

from care.cli.doctor import engine
from care.settings import Settings, load_settings, with_secrets
from care.store.engine import migrate, open_store
from care.temporal.client import SWEEP_SCHEDULE, connect, ensure_sweep
from care.temporal.devserver import free_port, keep_histories, temporary_server
from care.temporal.tuning import SYNC_ACTIVITIES, tuned_worker
from tests.integration.doctor.findings import by_name, listed, wrong
from tests.journeys.scripted import eventually
from worker import activities_of

QUEUES = {"care (decisions)", "care (activities)", "care-email (messages)", "care-sms (messages)"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own: its schedule and its namespace are broken on purpose."""
    with temporary_server(tmp_path_factory.mktemp("temporal"), skips_time=False) as address:
        yield address


@pytest.fixture
def settings(tmp_path: Path, address: str) -> Settings:
    return with_secrets(load_settings(data_dir=tmp_path, temporal_address=address, durable=False))


@pytest.fixture
async def client(settings: Settings) -> Client:
    return await connect(settings)


async def test_a_server_that_is_away_is_told_in_one_line() -> None:
    settings = load_settings(temporal_address=f"127.0.0.1:{free_port()}")
    found = await listed(engine.look(settings))
    assert wrong(found) == {"server": "broken"}
    assert by_name(found)["server"].found == f"no Temporal server answers at {settings.temporal_address}"


async def test_a_namespace_that_is_not_there_is_named(settings: Settings, client: Client) -> None:
    found = await listed(engine.look(settings.model_copy(update={"temporal_namespace": "cares"})))
    assert wrong(found) == {"server": "broken"}
    assert "'cares'" in by_name(found)["server"].found


async def test_histories_that_are_kept_too_short_are_told(settings: Settings, client: Client) -> None:
    await keep_histories(client, timedelta(hours=2))
    assert wrong(await listed(engine.look(settings)))["retention of histories"] == "warning"
    await keep_histories(client)
    assert "retention of histories" not in wrong(await listed(engine.look(settings)))


async def test_without_workers_every_queue_and_the_sweep_are_broken(settings: Settings, client: Client) -> None:
    assert wrong(await listed(engine.look(settings))) == dict.fromkeys({*QUEUES, "sweep"}, "broken")


async def test_a_sweep_without_a_worker_or_on_a_paused_schedule_is_broken(settings: Settings, client: Client) -> None:
    await ensure_sweep(client)
    found = await listed(engine.look(settings))
    assert "no sign of life" in by_name(found)["sweep"].found
    await client.get_schedule_handle(SWEEP_SCHEDULE).pause()
    found = await listed(engine.look(settings))
    assert "paused" in by_name(found)["sweep"].found
    assert wrong(found)["sweep"] == "broken"
    await _forget_sweep(client)


async def _forget_sweep(client: Client) -> None:
    """Leave no stretch behind: the next schedule's first one would bear its name within the same second."""
    schedule = client.get_schedule_handle(SWEEP_SCHEDULE)
    running = (await schedule.describe()).info.running_actions
    await schedule.delete()
    for action in running:
        assert isinstance(action, ScheduleActionExecutionStartWorkflow)
        await client.get_workflow_handle(action.workflow_id).terminate()


async def test_with_a_worker_nothing_is_wrong(settings: Settings, client: Client) -> None:
    store = open_store(settings.database_url, durable=False)
    migrate(store)
    await ensure_sweep(client)
    with ThreadPoolExecutor(SYNC_ACTIVITIES) as threads:
        async with activities_of(settings, store, client) as activities, tuned_worker(client, activities, threads):

            async def is_fine() -> bool:
                return wrong(await listed(engine.look(settings))) == {}

            await eventually(is_fine)
            found = by_name(await listed(engine.look(settings)))
    store.dispose()
    assert set(found) > QUEUES
    assert found["care-email (messages)"].found == "1 at work"
    assert {"clock", "sweep"} < set(found)
