"""The virtual clock of a workflow; the one module that knows the experimental API behind it.

Only a server started with ``skips_time`` understands it. Time moves only while nothing runs: an activity in flight
holds it.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

# The server stops skipping after this many skips of one workflow and goes on in real time without a word.
MOST_SKIPS = 10_000
_NO_ANSWER = 10.0


class VirtualTime:
    """A client whose workflows have their own clocks, and the means to move them.

    Attributes:
        client: Start workflows through it and they skip their waits.
    """

    def __init__(self, client: Client, *, skips_at_once: bool = True) -> None:
        """Wrap a client.

        Args:
            client: Stays as it is.
            skips_at_once: Whether a workflow skips from its start; else only while it is moved on.
        """
        self._skipper = TimeSkipper(
            client,
            config=TimeSkippingConfig(enabled=skips_at_once, max_session_skip_count=MOST_SKIPS if skips_at_once else 0),
        )
        self.client = self._skipper.client

    async def move_on(self, handle: WorkflowHandle[Any, Any], by: timedelta) -> bool:
        """Move one workflow's clock; returns whether it was still running at the end."""
        target, left = await self.now(handle) + by, by
        while left > timedelta(0):
            try:
                async with asyncio.timeout(_NO_ANSWER):
                    return await self._skipper.fast_forward(handle, left)
            except TimeoutError:
                # Seen once in thousands on server 1.32.0: no answer ever comes. Asking for the rest gets it going.
                left = target - await self.now(handle)
        return True

    async def run_out(self, handle: WorkflowHandle[Any, Any]) -> None:
        """Skip every wait until the current run ends."""
        await self._skipper.fast_forward(handle)

    async def now(self, handle: WorkflowHandle[Any, Any]) -> datetime:
        """What the workflow's clock shows (UTC)."""
        return await self._skipper.get_current_time(handle)
