"""The last stretch of every message: from the claim that says it is leaving to the outcome in the store.

When an earlier attempt died on this stretch, the provider is asked what it has before anything is sent again. Where it
cannot tell, the message is ``unknown``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio import activity

from activities import marking
from activities.channels.base import REPEATABLE, Channel, Delivery
from activities.marking import InDoubt, Leaving, Prepared
from care.domain.errors import CareError
from care.domain.happenings import Settled
from care.store import claims
from care.store.engine import writing

Done = TypeVar("Done")

INTERRUPTED = Delivery(
    "unknown",
    "interrupted",
    "the worker stopped while it handed the message over, so it may or may not have been sent",
)
# Longer than an attempt that no longer beats can still be at a provider that can be asked: its request ends after a
# minute, at each of two providers. Only then does "it is not there" mean that it will not come any more.
STILLNESS = timedelta(minutes=3)

_FAREWELL = 10.0
# A store that is away for a minute must not make a message unknown whose outcome we hold in our hands.
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)


class StillLeavingError(CareError):
    """An earlier attempt may still be handing the message over; asked again a little later, its outcome is found."""


class Dispatch:
    """Delivers messages whose claim is marked ``transmitting`` and settles them."""

    def __init__(self, engine: Engine, channels: Mapping[str, Channel]) -> None:
        self._engine = engine
        self._channels = channels

    def serves(self, channel: str) -> bool:
        """Whether the shop has this channel."""
        return channel in self._channels

    async def carry_out(self, prepare: Callable[[], Prepared], now: datetime) -> Settled:
        """Prepare a message, deliver it, and record what became of it.

        Args:
            prepare: Claims the message and marks it as leaving, in a transaction of its own; asked again when an
                earlier attempt turns out not to have sent it.
            now: The instant of sending (UTC).

        Raises:
            StillLeavingError: When another attempt may still be at it.
        """
        prepared = await asyncio.to_thread(prepare)
        if isinstance(prepared, InDoubt):
            settled = await self._clear_up(prepared, now)
            prepared = settled if settled is not None else await asyncio.to_thread(prepare)
        match prepared:
            case Settled():
                return prepared
            case Leaving():
                return await self._deliver(prepared, prepare, now)
            case InDoubt():
                raise StillLeavingError(f"message {prepared.found.claim.key!r} was taken up by another attempt")

    async def ask(self, found: claims.Message) -> Delivery | None:
        """Ask the provider what became of a message that may have left; ``None`` when nobody can tell."""
        channel, since = self._channels.get(found.claim.channel), found.claim.transmitting_at
        if channel is None or since is None or found.snapshot is None:
            return None
        return await channel.reconcile(marking.as_it_left(found), since)

    async def _deliver(self, leaving: Leaving, prepare: Callable[[], Prepared], now: datetime) -> Settled:
        channel = self._channels[leaving.channel]
        delivery = await channel.deliver(leaving.message)
        if delivery.outcome != "unknown":
            return await self._record(leaving, delivery, now)
        # Asked so soon, only what the provider has counts: what it does not have yet may still come.
        known = await channel.reconcile(replace(leaving.message, provider=delivery.provider), now)
        if known is not None and known.code == REPEATABLE:
            return await self._repeat(leaving, prepare, now)
        counts = known is not None and known.outcome in ("sent", "failed")
        return await self._record(leaving, known if known is not None and counts else delivery, now)

    async def _repeat(self, leaving: Leaving, prepare: Callable[[], Prepared], now: datetime) -> Settled:
        """Hand over once more what the provider counts once: a retry like any other, so the guard-rails are asked."""
        await asyncio.to_thread(self._take_back, leaving.message.key, now)
        prepared = await asyncio.to_thread(prepare)
        match prepared:
            case Settled():
                return prepared
            case Leaving():
                delivery = await self._channels[prepared.channel].deliver(prepared.message)
                return await self._record(prepared, delivery, now)
            case InDoubt():
                raise StillLeavingError(f"message {leaving.message.key!r} was taken up by another attempt")

    async def _clear_up(self, doubt: InDoubt, now: datetime) -> Settled | None:
        """Settle what an earlier attempt left behind; ``None`` when it certainly did not send the message."""
        claim = doubt.found.claim
        marked_at = claim.transmitting_at or claim.at
        known = await self.ask(doubt.found) or INTERRUPTED
        if known.outcome != "retry":
            leaving = Leaving(claim.channel, marking.as_it_left(doubt.found), claim.address_key)
            return await self._record(leaving, known, now)
        if now - marked_at < STILLNESS and known.code != REPEATABLE:
            raise StillLeavingError(f"an earlier attempt may still be handing over {claim.key!r}; ask again later")
        await asyncio.to_thread(self._release, claim.key, marked_at, now)
        return None

    def _take_back(self, key: str, now: datetime) -> None:
        with writing(self._engine) as conn:
            found = claims.message(conn, key)
            if found is not None and found.claim.transmitting_at is not None:
                claims.release(conn, key, found.claim.transmitting_at, now)

    def _release(self, key: str, marked_at: datetime, now: datetime) -> None:
        with writing(self._engine) as conn:
            claims.release(conn, key, marked_at, now)

    async def _record(self, leaving: Leaving, delivery: Delivery, now: datetime) -> Settled:
        for pause in _PAUSES:
            try:
                return await asyncio.to_thread(self._write, leaving, delivery, now)
            except (CareError, SQLAlchemyError):
                await asyncio.sleep(pause)
        return await asyncio.to_thread(self._write, leaving, delivery, now)

    def _write(self, leaving: Leaving, delivery: Delivery, now: datetime) -> Settled:
        with writing(self._engine) as conn:
            return marking.settle(conn, leaving, delivery, now)


def instant(at: datetime) -> datetime:
    """The instant an order is carried out: when the server started the attempt, never before the order itself."""
    return max(at, activity.info().started_time)


async def to_the_end(work: Awaitable[Done]) -> Done:
    """Do work that should not stop half-way: when the worker is told to go, it still has some seconds."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,), timeout=_FAREWELL)
        if not task.done():
            task.cancel()
            raise
        return task.result()
