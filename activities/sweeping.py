"""Sweeping: tell workflows of events that were stored but are still undecided, because something died in between."""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.contract import Sweeping
from activities.dispatch import Watch
from care.domain.errors import CareError
from care.store import inbox
from care.store.engine import reading
from care.telemetry import meters

Tell = Callable[[str, str], Awaitable[None]]
Collect = Callable[[], object]
Settle = Callable[[datetime], Awaitable[object]]
Revive = Callable[[], Awaitable[object]]

# Most events are decided within a second, and telling again costs as much as deciding. When thousands come at once,
# each has its turn: one is told again when others that came so much later were decided, or when nothing is any more.
GRACE = timedelta(seconds=30)
PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
BETWEEN_MAILS = timedelta(minutes=1)
_AT_ONCE = 20
_MOST = 10_000

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Sweeper(Sweeping):
    """Tells of undecided events, of the same one less and less often: a signal that cannot help must not pile up.

    Attributes:
        engine: The store.
        tell: Tells a customer's workflow (customer key, inbox id).
        clock: The present instant (UTC); by the Temporal server's clock unless given, for this machine's may be wrong.
        passes: How often one stretch of sweeping looks into the inbox.
        pause: How long it waits in between.
        collect: Takes in the mails that came back, once a minute.
        settle: Settles messages nobody knows of (the present instant); it sees to its own pauses.
        revive: Starts the workflows that Temporal has lost; it may take long and goes on where it stopped.
    """

    engine: Engine
    tell: Tell
    clock: Callable[[], datetime] | None = None
    passes: int = field(default=30, kw_only=True)
    pause: timedelta = field(default=PAUSE, kw_only=True)
    collect: Collect | None = field(default=None, kw_only=True)
    settle: Settle | None = field(default=None, kw_only=True)
    revive: Revive | None = field(default=None, kw_only=True)
    _collected_at: datetime | None = field(default=None, init=False)
    _told: dict[str, tuple[datetime, timedelta]] = field(default_factory=dict, init=False)

    @activity.defn(name="sweep")
    async def sweep(self) -> None:
        """Look into the inbox every few seconds, for some minutes; beside it, start the workflows that were lost."""
        clock = self.clock or Watch(activity.info().started_time).now
        reviving = asyncio.create_task(self._bring_back())
        try:
            await self._pass_again_and_again(clock)
        finally:
            reviving.cancel()
            await asyncio.gather(reviving, return_exceptions=True)

    async def _pass_again_and_again(self, clock: Callable[[], datetime]) -> None:
        for _ in range(self.passes):
            await self._pass(clock())
            await self._collect_mails(clock())
            if self.settle is not None:
                await self.settle(clock())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.pause.total_seconds()):
                    await activity.wait_for_worker_shutdown()
                raise ApplicationError(
                    "This worker stops; another sweeps on.", category=ApplicationErrorCategory.BENIGN
                )

    async def _bring_back(self) -> None:
        try:
            if self.revive is not None:
                await self.revive()
        except CareError as trouble:
            log.warning("not every customer on the way has a workflow yet: %s", trouble)

    async def _pass(self, now: datetime) -> None:
        undecided = await asyncio.to_thread(self._undecided, now)
        self._told = {row: self._told[row] for _, row in undecided if row in self._told}
        due = [(customer, row) for customer, row in undecided if self._is_due(row, now)]
        gate = asyncio.Semaphore(_AT_ONCE)
        told = await asyncio.gather(*(self._tell_once(gate, customer, row, now) for customer, row in due))
        meters.SWEPT.labels("told").inc(sum(told))
        meters.SWEPT.labels("untold").inc(told.count(False))
        if due:
            log.warning("the sweep told of %d undecided events; %d could not be told", sum(told), told.count(False))

    async def _collect_mails(self, now: datetime) -> None:
        is_early = self._collected_at is not None and timedelta(0) <= now - self._collected_at < BETWEEN_MAILS
        if self.collect is None or is_early:
            return
        self._collected_at = now
        try:
            await asyncio.to_thread(self.collect)
        except CareError as trouble:
            log.warning("what came back by e-mail was not read: %s", trouble)
        except Exception as trouble:
            # Whatever is wrong with the mails, events are still to be told of; a foreign error may quote an address.
            frames = "".join(traceback.format_tb(trouble.__traceback__)).rstrip()
            log.warning("what came back by e-mail was not read: %s\n%s", type(trouble).__name__, frames)

    def _undecided(self, now: datetime) -> list[tuple[str, str]]:
        with reading(self.engine) as conn:
            reached, older = inbox.reached(conn), now - GRACE
            if reached is not None and now - reached.decided_at < GRACE:
                older = min(older, reached.received_at - GRACE)
            return inbox.pending(conn, older_than=older, ahead_of=now + GRACE, limit=_MOST)

    def _is_due(self, row: str, now: datetime) -> bool:
        told_at, pause = self._told.get(row, (None, PAUSE))
        return told_at is None or not timedelta(0) <= now - told_at < pause  # A clock may have been set back.

    async def _tell_once(self, gate: asyncio.Semaphore, customer: str, row: str, now: datetime) -> bool:
        try:
            async with gate:
                await self.tell(customer, row)
        except CareError:
            return False
        _, pause = self._told.get(row, (None, self.pause / 2))
        self._told[row] = (now, min(pause * 2, LONGEST_PAUSE))
        return True
