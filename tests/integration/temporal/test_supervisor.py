"""``care up``, whole: it starts, survives what is killed, refuses what is taken and stops."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from care.settings import Settings, as_environment, load_settings
from care.temporal.devserver import free_port
from care.temporal.supervisor import StartError, up
from tests.integration.temporal.test_children import is_alive
from tests.journeys.scripted import eventually

PATIENCE = 180


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    mail, sms = free_port(), free_port()
    return load_settings(
        data_dir=tmp_path / "data",
        durable=False,
        temporal_address=f"127.0.0.1:{free_port()}",
        http_port=free_port(),
        smtp_port=mail,
        mail_catcher_port=mail,
        sms_url=f"http://127.0.0.1:{sms}",
        sms_gateway_port=sms,
        webhook_peer_port=free_port(),
    )


def never() -> None:
    raise AssertionError("nothing may be published when nothing starts")


async def said(process: Process, words: str) -> str:
    """Read what ``care up`` says until a line has these words."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        async for line in process.stdout:
            if words in line.decode():
                return line.decode()
    raise AssertionError(f"care up ended without saying {words!r}")


@contextlib.asynccontextmanager
async def care_up(settings: Settings) -> AsyncIterator[Process]:
    command = [sys.executable, "-m", "care.cli.main", "up"]
    environment = {**os.environ, **as_environment(settings)}
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def children_of(process: Process) -> dict[str, int]:
    """Process ids by the most telling word of the command line."""
    pids = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    lines = {}
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # It ended meanwhile.
            lines[pid] = Path(f"/proc/{pid}/cmdline").read_text()
    words = ("start-dev", "care.peers", "worker", "uvicorn")
    return {word: int(pid) for word in words for pid, line in lines.items() if word in line.split("\0")}


async def test_a_port_that_is_taken_is_named_with_its_setting(settings: Settings) -> None:
    taken = pytest.raises(StartError, match=f"port {settings.http_port}.*CARE_HTTP_PORT")
    with socket.create_server(("127.0.0.1", settings.http_port)), taken:
        await up(settings, never, print)


async def test_a_taken_port_for_metrics_is_named_too(settings: Settings) -> None:
    port = free_port()
    measured = settings.model_copy(update={"metrics_port": port})
    taken = pytest.raises(StartError, match=f"port {port}.*CARE_METRICS_PORT")
    with socket.create_server(("127.0.0.1", port)), taken:
        await up(measured, never, print)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_it_outlives_its_parts_and_starts_again_after_being_killed(settings: Settings) -> None:
    async with care_up(settings) as process:
        await said(process, "Ctrl-C")
        with pytest.raises(StartError, match=f"process {process.pid}"):
            await up(settings, never, print)
        for part, name in (("worker", "worker"), ("start-dev", "temporal")):
            os.kill(children_of(process)[part], signal.SIGKILL)
            assert "starts again" in await said(process, name)
        children = await eventually(lambda: len(children_of(process)) == 4 and children_of(process))
        process.kill()
        await eventually(lambda: not any(is_alive(pid) for pid in children.values()))
    async with care_up(settings) as process:
        await said(process, "Ctrl-C")
        process.send_signal(signal.SIGTERM)
        await said(process, "Stopped.")
        assert await process.wait() == 0
    assert (settings.data_dir / "api.key").stat().st_mode & 0o777 == 0o600
