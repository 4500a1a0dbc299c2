"""The last stretch of every message: it is handed over, claimed at the last moment, and its outcome goes to the store.

The claim says that it may have been sent. Whoever dies before has left nothing behind, and the message is simply tried
again. When an earlier attempt died after it, the provider is asked what it has before anything is sent again. Where it
cannot tell, the message is ``unknown``.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from opentelemetry.trace import SpanKind
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio import activity

from activities import marking
from activities.channels.base import REPEATABLE, Channel, Delivery, HeldBack
from activities.marking import Against, InDoubt, Outgoing
from care.domain.errors import CareError
from care.domain.happenings import Settled
from care.store import claims, customers
from care.store.claims import Claim
from care.store.engine import writing
from care.telemetry import tracing

Done = TypeVar("Done")
Recorded = TypeVar("Recorded")

INTERRUPTED = Delivery(
    "unknown",
    "interrupted",
    "the worker stopped while it handed the message over, so it may or may not have been sent",
)
# Longer than an attempt that no longer beats can still be at a provider that can be asked: its request ends after a
# minute, at each of two providers. Only then does "it is not there" mean that it will not come any more.
STILLNESS = timedelta(minutes=3)

_FAREWELL = 10.0
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)


class StillLeavingError(CareError):
    """An earlier attempt may still be handing the message over; asked again a little later, its outcome is found."""


class Errand(Protocol):
    """One message to be sent, as far as the store is concerned; each method is one short piece of work on it."""

    def look(self, now: datetime) -> Against | Outgoing:
        """Write the message, unless it is known already that it does not leave; nothing is claimed.

        Args:
            now: The instant of sending (UTC).
        """
        ...

    def claim(self, outgoing: Outgoing, now: datetime) -> Against | None:
        """Claim the message, ask the guard-rails and mark it as leaving, in one transaction.

        Returns:
            ``None`` when it may leave, else what stands against it.
        """
        ...


class Watch:
    """Tells the instant of an attempt: when the server started it, and the whole seconds that have passed since.

    Every message's instants come from the server's clock, so they are compared by no other.
    """

    def __init__(self, began: datetime) -> None:
        self.began = began
        self._started = time.monotonic()

    def now(self) -> datetime:
        """The present instant (UTC)."""
        return self.began + timedelta(seconds=int(time.monotonic() - self._started))


class Dispatch:
    """Delivers messages over the shop's channels, marks each as leaving at the last moment, and settles it."""

    def __init__(self, engine: Engine, channels: Mapping[str, Channel]) -> None:
        self._engine = engine
        self._channels = channels

    def serves(self, channel: str) -> bool:
        """Whether the shop has this channel."""
        return channel in self._channels

    async def carry_out(self, errand: Errand, now: datetime) -> Settled:
        """Deliver a message and record what became of it.

        Args:
            now: The instant of sending (UTC).

        Raises:
            StillLeavingError: When another attempt may still be at it.
        """
        looked = await asyncio.to_thread(errand.look, now)
        if isinstance(looked, InDoubt):
            settled = await self._clear_up(looked, now)
            looked = settled if settled is not None else await asyncio.to_thread(errand.look, now)
        return await self._go_on(looked, errand, Watch(now), repeats=True)

    async def ask(self, found: claims.Message) -> Delivery | None:
        """Ask the provider what became of a message that may have left; ``None`` when nobody can tell."""
        channel, since = self._channels.get(found.claim.channel), found.claim.transmitting_at
        if channel is None or since is None or found.snapshot is None:
            return None
        return await channel.reconcile(marking.as_it_left(found), since)

    async def _go_on(self, looked: Against | Outgoing, errand: Errand, watch: Watch, *, repeats: bool) -> Settled:
        if not isinstance(looked, Outgoing):
            return _outcome(looked)
        door, channel = _Door(errand, looked, watch), self._channels[looked.order.channel]
        try:
            delivery = await _delivered(channel, looked, door)
        except (CareError, SQLAlchemyError):
            if not door.passed:
                # The mark may be in the store although it did not say so; as nothing has left, the next attempt sends.
                await self._take_back(looked, door, watch)
            raise
        if delivery is None:
            return _outcome(door.against)
        if not door.passed:
            return _outcome(await self._record(marking.stayed, looked, delivery, watch))
        if delivery.outcome == "unknown":
            # Asked so soon, only what the provider has counts: what it does not have yet may still come.
            known = await channel.reconcile(replace(looked.message, provider=delivery.provider), watch.began)
            if known is not None and known.code == REPEATABLE and repeats:
                return await self._repeat(looked, errand, door, watch)
            delivery = known if known is not None and known.outcome in ("sent", "failed") else delivery
        return _outcome(await self._record(_settled, looked, delivery, watch))

    async def _repeat(self, outgoing: Outgoing, errand: Errand, door: "_Door", watch: Watch) -> Settled:
        """Hand over once more what the provider counts once: a retry like any other, so the guard-rails are asked."""
        await self._take_back(outgoing, door, watch)
        looked = await asyncio.to_thread(errand.look, watch.now())
        return await self._go_on(looked, errand, watch, repeats=False)

    async def _clear_up(self, doubt: InDoubt, now: datetime) -> Settled | None:
        """Settle what an earlier attempt left behind; ``None`` when it certainly did not send the message."""
        claim = doubt.found.claim
        marked_at = claim.transmitting_at or claim.at
        known = await self.ask(doubt.found) or INTERRUPTED
        if known.outcome != "retry":
            return _outcome(await self._record(_settled_claim, claim, known, Watch(now)))
        if now - marked_at < STILLNESS and known.code != REPEATABLE:
            raise StillLeavingError(f"an earlier attempt may still be handing over {claim.key!r}; ask again later")
        await self._release(claim.customer, claim.key, marked_at, Watch(now))
        return None

    async def _take_back(self, outgoing: Outgoing, door: "_Door", watch: Watch) -> None:
        """Take the mark of this attempt back; that of another, which is of another instant, stays."""
        if door.marked_at is not None:
            await self._release(outgoing.order.customer, outgoing.order.key, door.marked_at, watch)

    async def _release(self, customer: str, key: str, marked_at: datetime, watch: Watch) -> None:
        def write() -> None:
            with writing(self._engine) as conn:
                # Whoever still has the customer may be about to mark the message.
                customers.lock(conn, customer)
                claims.release(conn, key, marked_at, watch.now())

        await _patiently(write)

    async def _record(
        self,
        record: Callable[[Connection, Recorded, Delivery, datetime], Against],
        what: Recorded,
        delivery: Delivery,
        watch: Watch,
    ) -> Against:
        def write() -> Against:
            with writing(self._engine) as conn:
                return record(conn, what, delivery, watch.now())

        return await _patiently(write)


async def _patiently(write: Callable[[], Done]) -> Done:
    """Write something that must not be lost to a store that is away for a minute."""
    for pause in _PAUSES:
        try:
            return await asyncio.to_thread(write)
        except (CareError, SQLAlchemyError):
            await asyncio.sleep(pause)
    return await asyncio.to_thread(write)


async def _delivered(channel: Channel, outgoing: Outgoing, door: "_Door") -> Delivery | None:
    """Hand a message to its channel, as the last span of its trace; ``None`` when it was held back at the door."""
    order = outgoing.order
    with tracing.span(f"deliver {order.channel}", SpanKind.CLIENT, channel=order.channel, order=order.key) as span:
        try:
            delivery = await channel.deliver(outgoing.message, door.leave)
        except HeldBack:
            span.set_attribute("care.outcome", "held_back")
            return None
        told = {"outcome": delivery.outcome, "code": delivery.code, "provider": delivery.provider}
        span.set_attributes({f"care.{name}": value for name, value in told.items() if value})
        return delivery


class _Door:
    """Where a message leaves: it is claimed, judged and marked there, once, however many providers are tried.

    Attributes:
        passed: Whether it may have left.
        marked_at: The instant of the mark, from when it was asked for (UTC).
    """

    def __init__(self, errand: Errand, outgoing: Outgoing, watch: Watch) -> None:
        self.passed = False
        self.marked_at: datetime | None = None
        self.against: Against | None = None
        self._errand = errand
        self._outgoing = outgoing
        self._watch = watch

    async def leave(self) -> None:
        """Let the message pass.

        Raises:
            HeldBack: When something stands against it.
        """
        if self.passed:
            return
        self.marked_at = self._watch.now()
        self.against = await asyncio.to_thread(self._errand.claim, self._outgoing, self.marked_at)
        if self.against is not None:
            raise HeldBack(f"message {self._outgoing.message.key!r} stays")
        self.passed = True


def _outcome(found: Against | None) -> Settled:
    """What became of a message.

    Raises:
        StillLeavingError: When another attempt has it.
    """
    if isinstance(found, Settled):
        return found
    key = found.found.claim.key if found is not None else ""
    raise StillLeavingError(f"message {key!r} was taken up by another attempt")


def _settled(conn: Connection, outgoing: Outgoing, delivery: Delivery, now: datetime) -> Settled:
    order = outgoing.order
    return marking.settle(conn, order.channel, order.key, outgoing.address_key, delivery, now)


def _settled_claim(conn: Connection, claim: Claim, delivery: Delivery, now: datetime) -> Settled:
    return marking.settle(conn, claim.channel, claim.key, claim.address_key, delivery, now)


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
