"""The last stretch of every message: from the claim that says it is leaving to the outcome in the store."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio import activity

from activities.channels.base import Channel, Delivery, Message, Suppress
from care.domain.errors import CareError
from care.domain.happenings import Outcome, Settled
from care.domain.orders import SendMessage
from care.store import claims, consents
from care.store.claims import Claim
from care.store.engine import StoreUnavailable, writing

Done = TypeVar("Done")

INTERRUPTED = "interrupted"

_DETAIL = "\n"
_FAREWELL = 10.0
# A store that is away for a minute must not make a message unknown whose outcome we hold in our hands.
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
_CAUSES: Mapping[Suppress, str] = {"bounced": consents.BOUNCED, "withdrew": consents.WITHDRAWN}


class Dispatch:
    """Delivers messages whose claim is marked ``transmitting`` and settles them."""

    def __init__(self, engine: Engine, channels: Mapping[str, Channel]) -> None:
        self._engine = engine
        self._channels = channels

    def serves(self, channel: str) -> bool:
        """Whether the shop has this channel."""
        return channel in self._channels

    async def deliver(self, order: SendMessage, message: Message, address_key: str, now: datetime) -> Settled:
        """Deliver a message that is marked as leaving, and record what became of it.

        Args:
            address_key: Key of the address it goes to, which is closed when the provider says that it is dead.
            now: The instant of sending (UTC).
        """
        delivery = await self._channels[order.channel].deliver(message)
        await self._record(order, delivery, address_key, now)
        return Settled(order.key, delivery.outcome, delivery.reason, delivery.code)

    async def _record(self, order: SendMessage, delivery: Delivery, address_key: str, now: datetime) -> None:
        for pause in _PAUSES:
            try:
                return await asyncio.to_thread(self._write, order, delivery, address_key, now)
            except (CareError, SQLAlchemyError):
                await asyncio.sleep(pause)
        return await asyncio.to_thread(self._write, order, delivery, address_key, now)

    def _write(self, order: SendMessage, delivery: Delivery, address_key: str, now: datetime) -> None:
        with writing(self._engine) as conn:
            reason, provider_id = _lines(delivery.reason, delivery.detail), delivery.provider_id
            claims.settle(
                conn, order.key, delivery.outcome, at=now, reason=reason, code=delivery.code, provider_id=provider_id
            )
            if delivery.suppress:
                cause = _CAUSES[delivery.suppress]
                consents.close_address(conn, order.channel, address_key, cause, delivery.reason, now)


def refuse(conn: Connection, refusal: Settled, now: datetime, detail: str = "") -> Settled:
    """Record that a claimed message does not leave, and why; ``detail`` goes to the store only."""
    reason = _lines(refusal.reason, detail)
    claims.settle(conn, refusal.id, refusal.outcome, at=now, reason=reason, code=refusal.code)
    return refusal


def mark(conn: Connection, message: Message, now: datetime) -> None:
    """Keep a claimed message as it will be sent, and say that from now on it may have been.

    Raises:
        StoreUnavailable: When another attempt took the claim meanwhile; asked again, its outcome is found.
    """
    url = message.unsubscribe_url
    snapshot = {
        "to": message.to,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "headers": {"List-Unsubscribe": f"<{url}>"} if url else {},
    }
    if not claims.transmit(conn, message.key, snapshot, now):
        raise StoreUnavailable(f"message {message.key!r} was taken by another attempt; ask again for its outcome")


def found(conn: Connection, claim: Claim, now: datetime) -> Settled:
    """The outcome of a claim that an earlier attempt took further than ``claimed``.

    One that was leaving when its worker died may have left, and nothing can tell: it is ``unknown`` and stays so.
    """
    if claim.phase == "transmitting":
        reason = "the worker stopped while it handed the message over, so it may or may not have been sent"
        claims.settle(conn, claim.key, "unknown", at=now, reason=reason, code=INTERRUPTED)
        return Settled(claim.key, "unknown", reason, INTERRUPTED)
    outcome: Outcome = "sent" if claim.phase == "sent" else "unknown" if claim.phase == "unknown" else "failed"
    return Settled(claim.key, outcome, claim.reason.partition(_DETAIL)[0], claim.code)


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


def _lines(reason: str, detail: str) -> str:
    """A reason with its detail below it: the detail may hold an address, so it never leaves the store."""
    return f"{reason}{_DETAIL}{detail}" if detail else reason
