"""Whether a message may leave at once, inside the task that decided it, which spares the server most of its work.

That is for channels that answer quickly. A slow one, or one with a rate, gets its messages over a task queue of its
own, where the server holds the rate, urgent ones overtake, and nobody's decision waits behind a relay that hangs.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from care.domain.errors import CareError
from care.store.addresses import CHANNEL_KINDS

# A channel that took longer is left alone for a while; one of its messages then shows whether it is quick again.
QUICK = 5.0
SHY = 30.0
# Messages of one channel that leave at once in one process; others wait their turn for as long as is quick.
AT_ONCE = 4
_NEVER = float("-inf")


class NotAtOnceError(CareError):
    """The message does not leave at once; nothing was done, and the channel's task queue takes it."""


class Promptness:
    """Knows for one process how quickly its channels answer."""

    def __init__(self, rated: Collection[str] = ()) -> None:
        """Begin with every channel taken for quick.

        Args:
            rated: Channels whose rate the server holds; they are never used at once.
        """
        self._lanes = {channel: _Lane() for channel in CHANNEL_KINDS if channel not in rated}

    @asynccontextmanager
    async def at_once(self, channel: str) -> AsyncIterator[None]:
        """Take one of the channel's places until the block ends, and see how long it takes.

        Raises:
            NotAtOnceError: The channel is not prompt, or all its places stay taken.
        """
        lane = self._lanes.get(channel)
        if lane is None or not lane.is_quick():
            raise NotAtOnceError(f"{channel} does not take messages at once right now")
        try:
            async with asyncio.timeout(QUICK):
                await lane.places.acquire()
        except TimeoutError:
            raise NotAtOnceError(f"{channel} is busy") from None
        began = time.monotonic()
        lane.busy.append(began)
        try:
            yield
        finally:
            lane.busy.remove(began)
            lane.places.release()
            if time.monotonic() - began > QUICK:
                lane.slow_at = time.monotonic()


class _Lane:
    """One channel's places, who holds them since when, and when it was slow last."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(AT_ONCE)
        self.busy: list[float] = []
        self.slow_at = _NEVER

    def is_quick(self) -> bool:
        now = time.monotonic()
        return now - self.slow_at > SHY and all(now - began <= QUICK for began in self.busy)
