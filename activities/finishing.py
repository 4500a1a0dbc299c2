"""Finishing erasures: what erased a customer and was broken off before the workflow was gone is brought to its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from care.domain.errors import CareError
from care.store import erasing
from care.store.engine import reading, writing
from care.store.erasing import Erasure

Forget = Callable[[str], Awaitable[bool]]

# The server deletes in the background; asking it all the time only gives it more to do.
PATIENCE = timedelta(seconds=45)

log = logging.getLogger(__name__)


class Finisher:
    """Ends the workflows of erased customers.

    Args:
        engine: The store.
        forget: Ends one (customer key); returns whether nothing is left of it.
    """

    def __init__(self, engine: Engine, forget: Forget) -> None:
        self._engine = engine
        self._forget = forget
        self._asked: dict[str, datetime] = {}

    async def finish(self, now: datetime) -> int:
        """Finish what is unfinished; what cannot be is tried again next time.

        Returns:
            How many erasures are complete by it.
        """
        done, left = 0, await asyncio.to_thread(self._unfinished)
        self._asked = {each.id: self._asked[each.id] for each in left if each.id in self._asked}
        for each in left:
            if each.id in self._asked and now - self._asked[each.id] < PATIENCE:
                continue
            try:
                self._asked[each.id] = now
                if await self._forget(each.customer):
                    await asyncio.to_thread(self._note, each.customer, now)
                    done += 1
            except CareError as trouble:
                log.warning("erasure %s could not be finished yet: %s", each.id, trouble)
                break
        return done

    def _unfinished(self) -> list[Erasure]:
        with reading(self._engine) as conn:
            return erasing.unfinished(conn)

    def _note(self, customer: str, now: datetime) -> None:
        with writing(self._engine) as conn:
            erasing.finish(conn, customer, now)
        erasing.scrub(self._engine)
