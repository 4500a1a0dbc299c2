"""Children of ``care up``: kept alive, stopped in time, and never left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from care.temporal.children import Child
from tests.journeys.scripted import eventually

SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
PARENT = """
import asyncio, sys
from pathlib import Path
from care.temporal.children import Child
child = Child("sleeper", [sys.executable, "-c", sys.argv[2]], {}, Path(sys.argv[1]))
asyncio.run(child.keep_alive(print, asyncio.Event()))
"""


def pids(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@asynccontextmanager
async def kept(program: str, log: Path, said: list[str], grace: float = 5.0) -> AsyncIterator[Child]:
    child, ending = Child("sleeper", [sys.executable, "-c", program], {}, log, grace), asyncio.Event()
    keeper = asyncio.create_task(child.keep_alive(said.append, ending))
    try:
        yield child
    finally:
        ending.set()
        await child.stop()
        await keeper


async def test_a_child_that_is_killed_starts_again_and_that_is_said(tmp_path: Path) -> None:
    log, said = tmp_path / "logs" / "sleeper.log", list[str]()
    async with kept(SLEEPER, log, said):
        await eventually(lambda: len(pids(log)) == 1)
        os.kill(pids(log)[0], signal.SIGKILL)
        await eventually(lambda: len(pids(log)) == 2)
    assert said == [f"sleeper stopped (killed by SIGKILL) and starts again in 0.5 s; its log is {log}"]
    assert not any(is_alive(pid) for pid in pids(log))


async def test_a_child_that_does_not_stop_is_made_to(tmp_path: Path) -> None:
    log, said = tmp_path / "sleeper.log", list[str]()
    async with kept(STUBBORN, log, said, grace=0.2):
        await eventually(lambda: pids(log))
    assert not is_alive(pids(log)[0])
    assert said == []


async def test_a_log_that_grew_large_makes_way(tmp_path: Path) -> None:
    log, said = tmp_path / "sleeper.log", list[str]()
    log.write_text(" " * 10_000_001)
    async with kept(SLEEPER, log, said):
        await eventually(lambda: pids(log))
    assert (tmp_path / "sleeper.old.log").stat().st_size == 10_000_001


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills the children of a parent that was killed")
async def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "sleeper.log"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(log), SLEEPER])
    await eventually(lambda: pids(log))
    parent.kill()
    parent.wait()
    await eventually(lambda: not is_alive(pids(log)[0]))
