"""Child processes that are started again when they die, and that die with their parent."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
# A child that lived this long starts over with the shortest pause.
_SETTLED = 60.0
_LARGEST_LOG = 10_000_000
_PR_SET_PDEATHSIG = 1

Say = Callable[[str], None]


@dataclass(slots=True)
class Child:
    """One process that ``care up`` keeps alive.

    Attributes:
        name: As people know it, for example ``worker``.
        log: Where its output goes.
        grace: Seconds it may take to stop.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    log: Path
    grace: float = 5.0
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    async def keep_alive(self, say: Say, ending: asyncio.Event) -> None:
        """Run it, again and again if need be, until ``ending`` is set: Ctrl-C reaches every process of the group."""
        loop, pause = asyncio.get_running_loop(), _FIRST_PAUSE
        while not ending.is_set():
            started = loop.time()
            self._process = await self._start()
            status = await self._process.wait()
            if ending.is_set():
                return
            if loop.time() - started > _SETTLED:
                pause = _FIRST_PAUSE
            say(f"{self.name} stopped ({_how(status)}) and starts again in {pause:g} s; its log is {self.log}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def stop(self) -> None:
        """Ask it to stop, and make it after its grace."""
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), self.grace)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        with _opened(self.log) as log:
            return await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environment),
                preexec_fn=dying_with(os.getpid()),
            )


def _how(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def _opened(log: Path) -> BinaryIO:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_suffix(".old.log"))
    return log.open("ab")


def dying_with(parent: int) -> Callable[[], None] | None:
    """What a child does before it becomes its program: ask the kernel to be killed when the parent dies.

    The kernel watches the thread that starts the child, so start it from one that lasts. ``None`` where it cannot.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # The parent died before it was asked.

    return ask
