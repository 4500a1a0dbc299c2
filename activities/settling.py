"""Settling: ask providers, again and again for a day, what became of messages nobody knows of; nothing is sent."""

import asyncio
import logging
from datetime import datetime, timedelta

from sqlalchemy import Engine

from activities import marking
from activities.channels.base import REPEATABLE, Delivery
from activities.dispatch import INTERRUPTED, STILLNESS, Dispatch
from care.store import claims
from care.store.claims import Claim
from care.store.engine import reading, writing
from care.store.settling import LateNews, settle_late

# No attempt to send a message begins an hour after its order, and none lasts longer than a quarter (`CustomerCare`).
ABANDONED = timedelta(minutes=75)
# Who has not told in a day will not tell: from then on it is for people.
WORTH_ASKING = timedelta(hours=24)
EVERY = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)

_AT_ONCE = 5
_MOST = 500
_NEVER_THERE = "the provider never had the message, so it was not sent"

log = logging.getLogger(__name__)


class Settler:
    """Asks after messages in doubt, after the same one less and less often.

    Args:
        engine: The store.
        outlet: Knows the channels.
    """

    def __init__(self, engine: Engine, outlet: Dispatch) -> None:
        self._engine = engine
        self._outlet = outlet
        self._looked: datetime | None = None
        self._asked: dict[str, tuple[datetime, timedelta]] = {}

    async def settle(self, now: datetime) -> int:
        """Settle what can be, once a minute at most.

        Returns:
            How many messages are known of now.
        """
        if self._looked is not None and timedelta(0) <= now - self._looked < EVERY:
            return 0
        self._looked = now
        doubtful = await asyncio.to_thread(self._doubtful, now)
        self._asked = {
            each.claim.key: self._asked[each.claim.key] for each in doubtful if each.claim.key in self._asked
        }
        gate = asyncio.Semaphore(_AT_ONCE)
        due = [each for each in doubtful if self._is_due(each.claim, now)]
        settled = await asyncio.gather(*(self._settle(gate, each, now) for each in due))
        return sum(settled)

    def _doubtful(self, now: datetime) -> list[claims.Message]:
        since = now - WORTH_ASKING
        with reading(self._engine) as conn:
            unknown = claims.in_doubt(conn, "unknown", after=since, until=now - STILLNESS, limit=_MOST)
            return [*claims.in_doubt(conn, "transmitting", until=now - ABANDONED, limit=_MOST), *unknown]

    def _is_due(self, claim: Claim, now: datetime) -> bool:
        asked_at, pause = self._asked.get(claim.key, (None, EVERY))
        return asked_at is None or not timedelta(0) <= now - asked_at < pause  # A clock may have been set back.

    async def _settle(self, gate: asyncio.Semaphore, doubtful: claims.Message, now: datetime) -> bool:
        claim = doubtful.claim
        _, pause = self._asked.get(claim.key, (None, EVERY / 2))
        self._asked[claim.key] = (now, min(pause * 2, LONGEST_PAUSE))
        async with gate:
            known = await self._ask(doubtful)
        if known is None and claim.phase == "unknown":
            return False
        return await asyncio.to_thread(self._write, claim, known, now)

    async def _ask(self, doubtful: claims.Message) -> Delivery | None:
        try:
            known = await self._outlet.ask(doubtful)
        except Exception as error:  # One plug-in's fault must not keep the sweep from everything else.
            log.warning("the %s channel could not be asked after a message: %s", doubtful.claim.channel, type(error))
            return None
        # What may be handed over again is not: its journey has gone on without it.
        return None if known is None or known.outcome == "unknown" or known.code == REPEATABLE else known

    def _write(self, claim: Claim, known: Delivery | None, now: datetime) -> bool:
        with writing(self._engine) as conn:
            if known is None:
                words, code = INTERRUPTED.reason, INTERRUPTED.code
                claims.settle(conn, claim.key, "unknown", at=now, reason=words, code=code)
                return False
            settled = settle_late(conn, claim, _news(known), now)
            marking.close(conn, claim.channel, claim.address_key, known, now)
            return settled


def _news(known: Delivery) -> LateNews:
    who = {"provider": known.provider, "provider_id": known.provider_id}
    match known.outcome:
        case "sent":
            return LateNews("sent", known.reason or "the provider has it", known.code, known.detail, **who)
        case "failed":
            return LateNews("failed", known.reason, known.code, known.detail, **who)
        case _:
            return LateNews("failed", _NEVER_THERE, "not_sent", **who)
