"""Links between processes that can be slowed, cut and left hanging: a TCP proxy whose troubles come and go.

While nothing is wrong bytes are passed on as they come. What a link holds back keeps its order.
"""

import asyncio
from asyncio import BaseTransport, Server, Transport
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from care import clock

HOST = "127.0.0.1"
_MOST_WAITING = 256 * 1024


class Witness(Protocol):
    """Sees what passes over one connection."""

    def asks(self, data: bytes) -> None:
        """The client has sent these bytes."""
        ...

    def answers(self, data: bytes) -> None:
        """The client was given these bytes."""
        ...


@dataclass(slots=True)
class Trouble:
    """What is wrong with a link.

    Attributes:
        latency: Seconds every piece is late.
        rate: Bytes a second in each direction; 0 is as fast as they go.
        hangs: Whether nothing passes and nobody is told.
    """

    latency: float = 0
    rate: float = 0
    hangs: bool = False

    @property
    def is_none(self) -> bool:
        """Whether all is well."""
        return not (self.latency or self.rate or self.hangs)


class Link:
    """One port here that leads to another one.

    Args:
        name: As people know what is behind it.
        witness: Makes one for each connection.

    Attributes:
        dropped: When connections ended in the middle of whatever was said (UTC).
    """

    def __init__(self, name: str, port: int, target: int, witness: Callable[[], Witness] | None = None) -> None:
        self.name = name
        self.port = port
        self.target = target
        self.trouble = Trouble()
        self.dropped: list[datetime] = []
        self._witness = witness
        self._open: set[_Passage] = set()
        self._server: Server | None = None
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._passage, HOST, self.port)

    def refuse(self) -> None:
        """Nobody is behind it: refuse connections, as its machine would, until somebody is."""
        if self._server is not None and self._watching is None:
            self._server.close()
            self._server = None
            self._watching = asyncio.create_task(self._come_back())

    async def _come_back(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            try:
                _, writer = await asyncio.open_connection(HOST, self.target)
            except OSError:
                continue
            writer.close()
            await self.start()
            self._watching = None
            return

    def _passage(self) -> "_End":
        return _Passage(self, self._witness() if self._witness is not None else None).near

    def slow(self, latency: float, rate: float) -> None:
        """Make it slow."""
        self.trouble = Trouble(latency, rate)

    def hang(self) -> None:
        """Let nothing pass, without a word."""
        self.trouble = Trouble(hangs=True)

    def mend(self) -> None:
        """Let everything pass again, what was held back first."""
        self.trouble = Trouble()
        for passage in list(self._open):
            passage.go_on()

    def cut(self) -> int:
        """End every connection at once, in the middle of whatever is said; returns how many."""
        cut = list(self._open)
        for passage in cut:
            passage.end(abruptly=True)
        return len(cut)

    def close(self) -> None:
        """Stop."""
        if self._watching is not None:
            self._watching.cancel()
        if self._server is not None:
            self._server.close()
        self.cut()

    def opened(self, passage: "_Passage") -> None:
        """Hear of a new connection."""
        self._open.add(passage)

    def ended(self, passage: "_Passage") -> None:
        """Hear that a connection is over."""
        self._open.discard(passage)


class _Passage:
    """One connection with its two ends."""

    def __init__(self, link: Link, witness: Witness | None) -> None:
        self.link = link
        self.near, self.far = _End(self), _End(self)
        self._witness = witness
        self._connecting: asyncio.Task[None] | None = None
        self._over = False

    def begin(self) -> None:
        """The client is there: reach what is behind the link."""
        self.link.opened(self)
        self._connecting = asyncio.create_task(self._reach())

    async def _reach(self) -> None:
        while self.link.trouble.hangs:
            await asyncio.sleep(0.1)
        try:
            await asyncio.get_running_loop().create_connection(lambda: self.far, HOST, self.link.target)
        except OSError:
            self.link.refuse()
            self.end(abruptly=True)
            return
        if self._over:
            self.far.abort()
        self.near.flush()

    def passes(self, end: "_End", data: bytes) -> None:
        """Take what one end has sent."""
        if end is self.near and self._witness is not None:
            self._witness.asks(data)
        self._other(end).take(data)

    def given(self, end: "_End", data: bytes) -> None:
        """Hear that an end was given these bytes."""
        if end is self.near and self._witness is not None:
            self._witness.answers(data)

    def finishes(self, end: "_End") -> None:
        """An end says no more: the other hears of it after everything else, and when both have, it is over."""
        end.silent = True
        if self._other(end).silent:
            self.end(abruptly=False)
        else:
            self._other(end).take(b"")

    def hold(self, end: "_End", *, back: bool) -> None:
        """Have the other end wait while this one is full."""
        self._other(end).pause(back)

    def end(self, *, abruptly: bool) -> None:
        """End both sides."""
        if self._over:
            return
        self._over = True
        if abruptly:
            self.link.dropped.append(clock.now())
        if self._connecting is not None:
            self._connecting.cancel()
        for each in (self.near, self.far):
            each.abort() if abruptly else each.finish()
        self.link.ended(self)

    def go_on(self) -> None:
        """The trouble is over."""
        self.near.flush()
        self.far.flush()

    def _other(self, end: "_End") -> "_End":
        return self.far if end is self.near else self.near


class _End(asyncio.Protocol):
    """One end of a connection, and what waits to be given to it."""

    def __init__(self, passage: _Passage) -> None:
        self.silent = False
        self._passage = passage
        self._transport: Transport | None = None
        self._waiting: list[tuple[float, bytes]] = []
        self._size = 0
        self._free_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        self._transport = cast(Transport, transport)
        if self is self._passage.near:
            self._passage.begin()
        else:
            self.flush()

    def data_received(self, data: bytes) -> None:
        self._passage.passes(self, data)

    def eof_received(self) -> bool:
        self._passage.finishes(self)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._passage.end(abruptly=exc is not None)

    def pause_writing(self) -> None:
        self._passage.hold(self, back=True)

    def resume_writing(self) -> None:
        self._passage.hold(self, back=False)

    def take(self, data: bytes) -> None:
        """Give this end some bytes, now or when its link lets them pass; no bytes end it."""
        if self._transport is not None and not self._waiting and self._passage.link.trouble.is_none:
            self._give(data)
            return
        now, trouble = asyncio.get_running_loop().time(), self._passage.link.trouble
        self._free_at = max(self._free_at, now) + (len(data) / trouble.rate if trouble.rate else 0)
        self._waiting.append((self._free_at + trouble.latency, data))
        self._size += len(data)
        if self._size > _MOST_WAITING:
            self._passage.hold(self, back=True)
        self.flush()

    def flush(self) -> None:
        """Give what is due, and come back for the rest."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        trouble = self._passage.link.trouble
        if self._transport is None or trouble.hangs:
            return
        now = asyncio.get_running_loop().time()
        while self._waiting and (trouble.is_none or self._waiting[0][0] <= now):
            _, data = self._waiting.pop(0)
            self._size -= len(data)
            self._give(data)
        if self._waiting:
            self._timer = asyncio.get_running_loop().call_at(self._waiting[0][0], self.flush)
        else:
            self._passage.hold(self, back=False)

    def pause(self, back: bool) -> None:
        """Read no more from this end, or read on."""
        if self._transport is None or self._transport.is_closing():
            return
        if back:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def abort(self) -> None:
        """End this end without a word."""
        self._drop()
        if self._transport is not None:
            self._transport.abort()

    def finish(self) -> None:
        """End this end once it was given everything."""
        for _, data in self._waiting:
            self._give(data)
        self._drop()
        if self._transport is not None:
            self._transport.close()

    def _give(self, data: bytes) -> None:
        assert self._transport is not None
        if self._transport.is_closing():
            return
        if not data:
            if self._transport.can_write_eof():
                self._transport.write_eof()
            return
        self._transport.write(data)
        self._passage.given(self, data)

    def _drop(self) -> None:
        self._waiting.clear()
        self._size = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
