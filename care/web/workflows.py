"""The web side's line to Temporal: telling never makes a request wait, asking waits a moment at most."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from zlib import crc32

import anyio.from_thread
from opentelemetry.context import Context
from sqlalchemy import Engine
from temporalio.client import Client

from activities.contract import Position
from care.settings import Settings
from care.telemetry import tracing
from care.temporal import client as temporal
from care.temporal.forgetting import forget

log = logging.getLogger(__name__)

Connect = Callable[[Settings, Engine], Awaitable[Client]]
Untold = asyncio.Queue[tuple[str, str, Context]]

_TELLERS = 8
_MOST_UNTOLD = 100_000
_READY_AT_ONCE = 50
_ASK_SECONDS = 2.0
_COMMAND_PATIENCE = timedelta(seconds=3)


class Workflows:
    """Tells customers' workflows of events that were committed, and asks where a customer stands.

    What cannot be told is not lost: the sweep tells whatever stays undecided.
    """

    def __init__(self, settings: Settings, engine: Engine, connect: Connect = temporal.lazy_client) -> None:
        self._settings = settings
        self._engine = engine
        self._connect = connect
        self._client: Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        # One customer's events go through one teller: they are told in the order they were accepted.
        self._untold: list[Untold] = [asyncio.Queue(_MOST_UNTOLD // _TELLERS) for _ in range(_TELLERS)]
        self._silent = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tell in the background until the block ends."""
        self._client = await self._connect(self._settings, self._engine)
        self._loop = asyncio.get_running_loop()
        tellers = [asyncio.create_task(self._tell_on(untold)) for untold in self._untold]
        try:
            yield
        finally:
            self._loop = None
            for teller in tellers:
                teller.cancel()
            await asyncio.gather(*tellers, return_exceptions=True)

    def tell_soon(self, customer: str, inbox_id: str) -> None:
        """Tell the customer's workflow of an inbox row in the background; safe from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._queue, customer, inbox_id, tracing.here())

    def line(self) -> Client | None:
        """The client of the running server; ``None`` before it runs."""
        return self._client

    def position(self, customer: str) -> Position | None:
        """Where the customer stands right now; called from a worker thread of the server.

        Raises:
            UnreachableError: When Temporal or a worker did not answer within two seconds.
        """
        return anyio.from_thread.run(self._ask, customer)

    def command(self, customer: str, inbox_id: str) -> Position | None:
        """Have an operator's command decided; ``None`` when that takes longer than three seconds."""
        return anyio.from_thread.run(self._command, customer, inbox_id)

    def forget(self, customer: str) -> bool:
        """End the workflow of an erased customer; returns whether nothing was left of it, as far as anybody answers."""
        return anyio.from_thread.run(self._forget, customer)

    def _queue(self, customer: str, inbox_id: str, origin: Context) -> None:
        untold = self._untold[crc32(customer.encode()) % _TELLERS]
        if not untold.full():
            untold.put_nowait((customer, inbox_id, origin))

    async def _tell_on(self, untold: Untold) -> None:
        while True:
            waiting = [await untold.get()]
            waiting += [untold.get_nowait() for _ in range(min(untold.qsize(), _READY_AT_ONCE - 1))]
            if len(waiting) > 1:
                await temporal.make_ready(self._connected, {customer for customer, _, _ in waiting})
            for customer, inbox_id, origin in waiting:
                await self._tell(customer, inbox_id, origin)

    async def _tell(self, customer: str, inbox_id: str, origin: Context) -> None:
        try:
            with tracing.going_on(origin):
                await temporal.tell(self._connected, customer, inbox_id, task_queue=self._settings.task_queue)
            self._silent = False
        except temporal.UnreachableError as error:
            if not self._silent:
                log.warning("%s", error)
            self._silent = True

    async def _ask(self, customer: str) -> Position | None:
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                return await temporal.position(self._connected, customer)
        except TimeoutError:
            raise temporal.UnreachableError("Temporal did not answer in time; try again in a moment.") from None

    async def _command(self, customer: str, inbox_id: str) -> Position | None:
        return await temporal.command(
            self._connected,
            customer,
            inbox_id,
            task_queue=self._settings.task_queue,
            patience=_COMMAND_PATIENCE,
        )

    async def _forget(self, customer: str) -> bool:
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                return await forget(self._connected, customer)
        except (TimeoutError, temporal.UnreachableError):
            return False

    @property
    def _connected(self) -> Client:
        assert self._client is not None, "the line is open only inside running()"
        return self._client
