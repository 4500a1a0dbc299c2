"""One process that sends messages as a worker would, and may die at any statement on the way."""

import asyncio
import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, event
from temporalio.testing import ActivityEnvironment

from activities.sending import MessageSender
from care.domain.orders import SendMessage
from tests.kill_matrix.cases import Kill


@dataclass(frozen=True, slots=True)
class Work:
    """What a sender has to do.

    Attributes:
        engine: The store, of which nothing is open yet.
        orders: The messages, one after the other, the one that matters last.
        at: When the server starts the attempt (UTC).
        kill: Where in the store, or at its end, it dies; on the wire the peer sees to it.
    """

    engine: Engine
    sender: MessageSender
    orders: Sequence[SendMessage]
    at: datetime
    kill: Kill | None


@dataclass(frozen=True, slots=True)
class End:
    """How a sender ended: what it answered, unless it was killed."""

    killed: bool
    outcome: str = ""
    statements: int = 0
    commits: int = 0
    trouble: str = ""


class _Tally:
    """Counts what is executed in the store, and dies at the one that was asked for."""

    def __init__(self, engine: Engine, kill: Kill | None) -> None:
        self.statements = self.commits = self.ended = 0
        self._kill = kill
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "commit", self._commit)

    def die_at(self, where: str, number: int) -> None:
        """Die, if it is here."""
        if self._kill is not None and (self._kill.where, self._kill.number) == (where, number):
            os.kill(os.getpid(), signal.SIGKILL)

    def _before(self, *_: Any) -> None:
        self.statements += 1
        self.die_at("before", self.statements)

    def _after(self, *_: Any) -> None:
        self.ended += 1
        self.die_at("after", self.ended)

    def _commit(self, *_: Any) -> None:
        self.commits += 1
        self.die_at("commit", self.commits)


def run_sender(work: Work, ready: int, told: int) -> None:
    """Send in this process, which was just forked, and end it.

    Args:
        ready: From here a byte comes when it may begin.
        told: Here it writes how it ended.
    """
    gc.disable()
    try:
        if os.read(ready, 1):
            answer = asyncio.run(_send(work))
            os.write(told, json.dumps(answer).encode())
    except BaseException as trouble:
        os.write(told, json.dumps({"trouble": f"{type(trouble).__name__}: {trouble}"}).encode())
        traceback.print_exc(file=sys.stderr)
    finally:
        os._exit(0)


async def _send(work: Work) -> dict[str, Any]:
    *earlier, last = work.orders
    for order in earlier:
        await attempt(work.sender, order, work.at)
    tally = _Tally(work.engine, work.kill)
    outcome = await attempt(work.sender, last, work.at)
    tally.die_at("end", 1)
    return {"outcome": outcome, "statements": tally.statements, "commits": tally.commits}


async def attempt(sender: MessageSender, order: SendMessage, at: datetime) -> str:
    """Carry out an order as the server would have it carried out at this instant; the outcome."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=at)
    settled = await environment.run(sender.send_message, order)
    return str(settled.outcome)
