"""The parts a process may need: the store and its shape, the rules, the disk, Temporal, its workers and the sweep."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.service import RPCError

from care.health.readiness import PATIENCE, NotReady
from care.settings import Settings
from care.store import shape
from care.store.plans import RulebookCache
from care.temporal import presence

# Below this SQLite, Temporal's files and the logs may stop half-way through a write.
LEAST_FREE = 200_000_000
# The sweep beats every few seconds; a dead worker's is taken over after 30.
SWEEP_SILENCE = timedelta(seconds=90)
_WITHIN = timedelta(seconds=PATIENCE)

Look = Callable[[], Awaitable[None]]
Found = TypeVar("Found")


def store(engine: Engine) -> Look:
    """The store answers, and has the tables this version knows."""

    def ask() -> None:
        if not shape.is_ready(engine):
            raise NotReady("its tables are missing or older than this version needs; run 'care migrate'")

    return lambda: asyncio.to_thread(ask)


def rulebook(rulebooks: RulebookCache) -> Look:
    """Some rules are published."""

    def ask() -> None:
        rulebooks.current()

    return lambda: asyncio.to_thread(ask)


def disk(data_dir: Path) -> Look:
    """There is room where we write."""

    async def ask() -> None:
        free = free_bytes(data_dir)
        if free < LEAST_FREE:
            raise NotReady(f"{free // 1_000_000} MB are left in the data directory")

    return ask


def temporal(client: Callable[[], Client | None]) -> Look:
    """The Temporal server answers, and our namespace is there."""

    async def ask() -> None:
        await _asked(client, lambda known: presence.server(known, _WITHIN))

    return ask


def workers(client: Callable[[], Client | None], settings: Settings, now: Callable[[], datetime]) -> Look:
    """Somebody works on every task queue."""

    async def ask() -> None:
        queues = await _asked(
            client, lambda known: presence.queues(known, settings.task_queue, settings.channels, _WITHIN)
        )
        idle = [each.name for each in queues if each.asked_at is None or now() - each.asked_at > presence.FRESH]
        if idle:
            raise NotReady(f"no worker asks for work on {', '.join(idle)}")

    return ask


def sweep(client: Callable[[], Client | None], now: Callable[[], datetime]) -> Look:
    """The sweep is alive: what was stored and never told is found."""

    async def ask() -> None:
        pulse = await _asked(client, lambda known: presence.sweep_pulse(known, _WITHIN))
        if pulse.paused or not pulse.there:
            raise NotReady("its schedule is paused" if pulse.paused else "its schedule is not there; a worker makes it")
        if pulse.beat_at is None or now() - pulse.beat_at > SWEEP_SILENCE:
            raise NotReady("it has given no sign of life lately")

    return ask


def free_bytes(folder: Path) -> int:
    """What is free on the disk of a folder, or of the nearest one above it that exists."""
    there = next(each for each in (folder.resolve(), *folder.resolve().parents) if each.exists())
    return shutil.disk_usage(there).free


async def _asked(client: Callable[[], Client | None], ask: Callable[[Client], Awaitable[Found]]) -> Found:
    known = client()
    if known is None:
        raise NotReady("it has not answered since this process started")
    try:
        return await ask(known)
    except (RPCError, RuntimeError) as trouble:
        status = f" ({trouble.status.name.lower()})" if isinstance(trouble, RPCError) else ""
        raise NotReady(f"the Temporal server does not answer{status}") from None
