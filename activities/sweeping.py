"""Sweeping: tell workflows of events that were stored but are still undecided, because something died in between."""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.contract import Sweeping
from care.domain.errors import CareError
from care.store import inbox
from care.store.engine import reading
from care.telemetry import meters

Tell = Callable[[str, str], Awaitable[None]]
Collect = Callable[[], object]
Settle = Callable[[datetime], Awaitable[object]]

# Most events are decided within a second; what is younger than this is still on its way.
GRACE = timedelta(seconds=5)
PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
BETWEEN_MAILS = timedelta(minutes=1)
_AT_ONCE = 20
_MOST = 10_000

log = logging.getLogger(__name__)


class Sweeper(Sweeping):
    """Tells of undecided events, of the same one less and less often: a signal that cannot help must not pile up.

    Args:
        engine: The store.
        tell: Tells a customer's workflow (customer key, inbox id).
        clock: The present instant (UTC).
        passes: How often one stretch of sweeping looks into the inbox.
        pause: How long it waits in between.
        collect: Takes in the mails that came back, once a minute.
        settle: Settles messages nobody knows of (the present instant); it sees to its own pauses.
    """

    def __init__(
        self,
        engine: Engine,
        tell: Tell,
        clock: Callable[[], datetime],
        *,
        passes: int = 30,
        pause: timedelta = PAUSE,
        collect: Collect | None = None,
        settle: Settle | None = None,
    ) -> None:
        self._engine = engine
        self._tell = tell
        self._clock = clock
        self._passes = passes
        self._pause = pause
        self._collect = collect
        self._settle = settle
        self._collected_at: datetime | None = None
        self._told: dict[str, tuple[datetime, timedelta]] = {}

    @activity.defn(name="sweep")
    async def sweep(self) -> None:
        """Look into the inbox every few seconds, for some minutes."""
        for _ in range(self._passes):
            await self._pass()
            await self._collect_mails()
            if self._settle is not None:
                await self._settle(self._clock())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause.total_seconds()):
                    await activity.wait_for_worker_shutdown()
                raise ApplicationError(
                    "This worker stops; another sweeps on.", category=ApplicationErrorCategory.BENIGN
                )

    async def _pass(self) -> None:
        now = self._clock()
        undecided = await asyncio.to_thread(self._undecided, now)
        self._told = {row: self._told[row] for _, row in undecided if row in self._told}
        due = [(customer, row) for customer, row in undecided if self._is_due(row, now)]
        gate = asyncio.Semaphore(_AT_ONCE)
        told = await asyncio.gather(*(self._tell_once(gate, customer, row) for customer, row in due))
        meters.SWEPT.labels("told").inc(sum(told))
        meters.SWEPT.labels("untold").inc(told.count(False))
        if due:
            log.warning("the sweep told of %d undecided events; %d could not be told", sum(told), told.count(False))

    async def _collect_mails(self) -> None:
        now = self._clock()
        is_early = self._collected_at is not None and now - self._collected_at < BETWEEN_MAILS
        if self._collect is None or is_early:
            return
        self._collected_at = now
        try:
            await asyncio.to_thread(self._collect)
        except CareError as trouble:
            log.warning("what came back by e-mail was not read: %s", trouble)
        except Exception as trouble:
            # Whatever is wrong with the mails, events are still to be told of; a foreign error may quote an address.
            frames = "".join(traceback.format_tb(trouble.__traceback__)).rstrip()
            log.warning("what came back by e-mail was not read: %s\n%s", type(trouble).__name__, frames)

    def _undecided(self, now: datetime) -> list[tuple[str, str]]:
        with reading(self._engine) as conn:
            return inbox.pending(conn, older_than=now - GRACE, limit=_MOST)

    def _is_due(self, row: str, now: datetime) -> bool:
        told_at, pause = self._told.get(row, (None, PAUSE))
        return told_at is None or now - told_at >= pause

    async def _tell_once(self, gate: asyncio.Semaphore, customer: str, row: str) -> bool:
        try:
            async with gate:
                await self._tell(customer, row)
        except CareError:
            return False
        _, pause = self._told.get(row, (None, self._pause / 2))
        self._told[row] = (self._clock(), min(pause * 2, LONGEST_PAUSE))
        return True
