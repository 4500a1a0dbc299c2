"""Advancing a customer: deciding, letting the messages leave that can at once, deciding again, until there is a wait.

What one task can do costs the server one task. Messages that cannot leave at once are carried out by the workflow as
activities of their own; whatever is interrupted here is taken up there, by the messages' claims.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from temporalio import activity

from activities.contract import Decided, DecideRequest
from activities.deciding import Decider, Earlier, Taken
from activities.dispatch import Watch
from activities.promptness import NotAtOnceError, Promptness
from care.domain.happenings import Settled
from care.domain.orders import SendMessage

log = logging.getLogger(__name__)

Send = Callable[[SendMessage, datetime], Awaitable[Settled]]

# A store that does not answer by then is asked anew; the thread may go on, and what it decides is then found.
DECIDE_TIMEOUT = timedelta(seconds=10)
_TICK = timedelta(microseconds=1)
# Messages without a wait between them; a journey that goes round without one goes on in the next task.
_MOST = 20


class Advancer:
    """Takes the part of ``decide`` in a worker that sends, too."""

    def __init__(self, decider: Decider, send: Send, promptness: Promptness) -> None:
        self._decider = decider
        self._send = send
        self._promptness = promptness

    @activity.defn(name="decide")
    async def decide(self, request: DecideRequest) -> Decided:
        """Decide and let messages leave; idempotent by ``request.key``."""
        watch = Watch(request.now)
        taken = await self._take(request)
        for turn in range(1, _MOST):
            settled = await self._let_go(taken.new, watch)
            if not settled:
                break
            heard = tuple([each for each in request.happenings if each.id not in taken.decided.consumed])
            further = replace(
                request,
                key=f"{request.key}.{turn}",
                state=taken.decided.state,
                happenings=(*heard, *settled),
                now=_later(watch.now(), taken.decided),
            )
            taken = await self._take(further, Earlier(request.key, taken.decided, {each.id for each in settled}))
        return taken.decided

    async def _take(self, request: DecideRequest, earlier: Earlier | None = None) -> Taken:
        async with asyncio.timeout(DECIDE_TIMEOUT.total_seconds()):
            return await asyncio.to_thread(self._decider.take, request, earlier)

    async def _let_go(self, orders: Iterable[SendMessage], watch: Watch) -> list[Settled]:
        """The outcomes of those messages that left, or certainly do not."""
        found = await asyncio.gather(*(self._let_one_go(order, watch) for order in orders))
        return [each for each in found if each is not None]

    async def _let_one_go(self, order: SendMessage, watch: Watch) -> Settled | None:
        try:
            async with self._promptness.at_once(order.channel):
                return await self._send(order, watch.now())
        except NotAtOnceError:
            return None
        except Exception as trouble:
            # The attempt that follows finds what became of it.
            log.warning("message %s did not leave at once: %s", order.key, type(trouble).__name__)
            return None


def _later(now: datetime, decided: Decided) -> datetime:
    """An instant after the last decision's, however close: whoever still holds that one's state is then seen to."""
    last = decided.state.last
    return now if last is None else max(now, last + _TICK)
