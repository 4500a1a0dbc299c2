"""The processes of the installation: started, kept alive as systemd would, and ended, stopped or woken by signals."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from care.temporal.children import dying_with

_PAUSE = 0.5
_LONGEST_PAUSE = 4.0


@dataclass(slots=True)
class Process:
    """One process with all its children.

    Attributes:
        name: As people know it.
        log: Where its output goes.
        account: Under which account it runs (``user``, ``group``, ``extra_groups``); empty for this one.
        own_ends: How often it ended by itself.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    account: Mapping[str, Any] = field(default_factory=dict)
    own_ends: int = 0
    _running: asyncio.subprocess.Process | None = None
    _keeper: asyncio.Task[None] | None = None
    _not_before: float = 0
    _told: bool = False

    def start(self) -> None:
        """Start it, and again whenever it ends."""
        self._keeper = asyncio.create_task(self._keep(), name=self.name)

    async def kill(self, pause: float) -> int:
        """Kill it and its children with -9; it starts again after a pause in seconds. Returns how many died."""
        self._not_before = asyncio.get_running_loop().time() + pause
        victims = self._tree()
        self._told = bool(victims)
        # Nobody is to have the time to start or to clean up after another.
        for sign in (signal.SIGSTOP, signal.SIGKILL):
            for each in victims:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.send_signal(sign)
        return len(victims)

    def stall(self) -> int:
        """Stop it and its children where they are."""
        return self._signal(signal.SIGSTOP)

    def wake(self) -> int:
        """Let them go on."""
        return self._signal(signal.SIGCONT)

    async def stop(self, grace: float = 10) -> None:
        """End it for good, orderly if it goes within its grace in seconds."""
        if self._keeper is not None:
            self._keeper.cancel()
        running = self._running
        if running is None or running.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            running.send_signal(signal.SIGINT if self.name == "postgres" else signal.SIGTERM)
        try:
            await asyncio.wait_for(running.wait(), grace)
        except TimeoutError:
            await self.kill(0)
            await running.wait()

    @property
    def pid(self) -> int:
        """Its process id; 0 while it does not run."""
        return self._running.pid if self._running is not None and self._running.returncode is None else 0

    async def _keep(self) -> None:
        loop, pause = asyncio.get_running_loop(), _PAUSE
        while True:
            began = loop.time()
            with self.log.open("ab") as log:
                self._running = await asyncio.create_subprocess_exec(
                    *self.command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    env=dict(self.environment),
                    start_new_session=True,
                    preexec_fn=dying_with(os.getpid()),
                    **self.account,
                )
            await self._running.wait()
            if self._told:
                self._told = False
            else:
                self.own_ends += 1
            pause = _PAUSE if loop.time() - began > 10 * _PAUSE else min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(max(pause, self._not_before - loop.time()))

    def _signal(self, sign: signal.Signals) -> int:
        reached = 0
        for each in self._tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(sign)
                reached += 1
        return reached

    def _tree(self) -> list[psutil.Process]:
        if not self.pid:
            return []
        try:
            parent = psutil.Process(self.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
