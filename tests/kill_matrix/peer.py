"""The other side in a process of its own: real peers, and before each a door that kills who comes, when asked to."""

import asyncio
import json
import os
import re
import signal
import socket
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from care.peers.exchange import EXCHANGE_FILE, Exchange
from care.peers.gateways import gateways
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.httpserver import HttpServer
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.peers.mailcatcher import serve_mail
from care.peers.smsgateway import gateway
from care.settings import Settings

HOST = "127.0.0.1"
MARKER = re.compile(r"KM\d+x\d+x")
_LARGEST = 2**24
_MOST = 1_000_000

Door = Callable[[asyncio.StreamReader, asyncio.StreamWriter, "Trap", int], Awaitable[None]]


class Trap:
    """The one point at which the next sender dies."""

    def __init__(self) -> None:
        self.fired = True
        self._pid, self._point, self._number = 0, "", 0

    def set(self, pid: int, point: str, number: int) -> None:
        """Kill this process when it comes by this point for the given time."""
        self.fired, self._pid, self._point, self._number = False, pid, point, number

    def disarm(self) -> None:
        """Kill nobody any more."""
        self.fired = True

    def springs(self, point: str) -> bool:
        """Whether somebody died here just now."""
        if self.fired or point != self._point:
            return False
        self._number -= 1
        if self._number:
            return False
        self.fired = True
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        return True


async def http_door(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trap: Trap, behind: int) -> None:
    """Pass one request on and its answer back."""
    if trap.springs("connected"):
        return
    head = await reader.readuntil(b"\r\n\r\n")
    if trap.springs("request begun"):
        return
    request = head + await reader.readexactly(_length(head))
    if trap.springs("request read, lost"):
        return
    trap.springs("request read, kept")
    answer = await _answered(request, behind)
    if trap.springs("kept, unanswered"):
        return
    half = len(answer) // 2
    writer.write(answer[:half])
    await writer.drain()
    if trap.springs("half the answer"):
        return
    writer.write(answer[half:])
    await writer.drain()
    trap.springs("answered")


async def mail_door(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trap: Trap, behind: int) -> None:
    """Pass a conversation on, line by line."""
    if trap.springs("connected"):
        return
    there, to_there = await asyncio.open_connection(HOST, behind, limit=_LARGEST)
    try:
        writer.write(await _reply(there))
        while line := await reader.readline():
            verb = line[:4].decode().upper().strip()
            if trap.springs(verb):
                return
            to_there.write(line)
            reply = await _reply(there)
            writer.write(reply)
            if verb == "DATA" and reply.startswith(b"354") and not await _mail(reader, writer, trap, there, to_there):
                return
    finally:
        to_there.close()


async def _mail(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    trap: Trap,
    there: asyncio.StreamReader,
    to_there: asyncio.StreamWriter,
) -> bool:
    """Pass one e-mail on; whether the conversation goes on."""
    content = await reader.readline()
    if trap.springs("half the mail"):
        return False
    content += await reader.readuntil(b"\r\n.\r\n")
    if trap.springs("mail read, lost"):
        return False
    trap.springs("mail read, kept")
    to_there.write(content)
    reply = await _reply(there)
    if trap.springs("kept, unanswered"):
        return False
    writer.write(reply)
    await writer.drain()
    trap.springs("answered")
    return True


async def _reply(reader: asyncio.StreamReader) -> bytes:
    lines = await reader.readline()
    while lines.rpartition(b"\r\n")[0].rpartition(b"\r\n")[2][3:4] == b"-":
        lines += await reader.readline()
    return lines


async def _answered(request: bytes, behind: int) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, behind, limit=_LARGEST)
    try:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        return head + await reader.readexactly(_length(head))
    finally:
        writer.close()


def _length(head: bytes) -> int:
    found = re.search(rb"\r\ncontent-length: *(\d+)", head.lower())
    return int(found[1]) if found else 0


class Doors:
    """The doors of one process, which know when nobody is inside any more."""

    def __init__(self) -> None:
        self.trap = Trap()
        self._inside = 0

    async def open(self, door: Door, behind: int) -> int:
        """Open a door before a port; its own port."""

        async def come_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._inside += 1
            try:
                with suppress(ConnectionError, asyncio.IncompleteReadError):
                    await door(reader, writer, self.trap, behind)
            finally:
                self._inside -= 1
                writer.close()

        server = await asyncio.start_server(come_in, HOST, 0, limit=_LARGEST)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def left(self) -> None:
        """Wait until whatever was on its way has arrived, or never will."""
        async with asyncio.timeout(30):
            while self._inside:
                await asyncio.sleep(0.0005)


async def _serve(line: socket.socket, folder: Path, settings: Settings) -> None:
    mailbox, handset = Mailbox(folder / MAILBOX_FILE), Handset(folder / HANDSET_FILE)
    exchange, doors = Exchange(folder / EXCHANGE_FILE), Doors()
    with closing(mailbox), closing(handset), closing(exchange):
        mail = await serve_mail(mailbox, HOST, 0)
        apis = (gateway(handset, settings.sms_account, settings.sms_token), gateways(exchange, settings, {}))
        servers = [HttpServer(api, HOST, 0) for api in apis]
        serving = [asyncio.create_task(server.serve()) for server in servers]
        while not all(server.started for server in servers):
            await asyncio.sleep(0.01)
        behind = [(mail_door, mail.sockets[0].getsockname()[1]), *((http_door, server.port) for server in servers)]
        ports = [await doors.open(door, port) for door, port in behind]
        reader, writer = await asyncio.open_connection(sock=line)

        async def answer(what: Any) -> None:
            writer.write(json.dumps(what).encode() + b"\n")
            await writer.drain()

        await answer(dict(zip(("mail", "twilio", "gateways"), ports, strict=True)))
        while order := await reader.readline():
            match json.loads(order):
                case ["set", int(pid), str(point), int(number)]:
                    doors.trap.set(pid, point, number)
                    await answer("set")
                case ["left"]:
                    doors.trap.disarm()
                    await doors.left()
                    await answer("left")
                case ["count"]:
                    await answer(_counted(mailbox, handset, exchange))
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*serving)


def _counted(mailbox: Mailbox, handset: Handset, exchange: Exchange) -> Counter[str]:
    """How often each marked message is here, over every peer."""
    texts = [mail.subject for mail in mailbox.list(limit=_MOST)]
    texts += [sms.body for sms in handset.list(limit=_MOST)]
    texts += [taken.body for taken in exchange.list(limit=_MOST)]
    return Counter(marker for text in texts for marker in MARKER.findall(text))


class Peer:
    """The lane's line to its peer."""

    def __init__(self, line: socket.socket, pid: int) -> None:
        self._file = line.makefile("rwb")
        self.pid = pid
        self.ports: dict[str, int] = self._heard()

    def set(self, pid: int, point: str, number: int) -> None:
        """Have this process killed at this point."""
        self._ask("set", pid, point, number)

    def left(self) -> None:
        """Wait until nothing is on its way any more."""
        self._ask("left")

    def counted(self) -> Counter[str]:
        """How often each marked message was received."""
        return Counter(self._ask("count"))

    def close(self) -> None:
        """End the process."""
        self._file.close()
        os.waitpid(self.pid, 0)

    def _ask(self, *order: object) -> Any:
        self._file.write(json.dumps(order).encode() + b"\n")
        self._file.flush()
        return self._heard()

    def _heard(self) -> Any:
        line = self._file.readline()
        if not line:
            raise ConnectionError("the peer died")
        return json.loads(line)


def fork_peer(folder: Path, settings: Settings) -> Peer:
    """Start the peers in a process of their own, which ends with the line to it."""
    here, there = socket.socketpair()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            here.close()
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            asyncio.run(_serve(there, folder, settings))
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    there.close()
    peer = Peer(here, pid)
    here.close()
    return peer
