"""Real mailbox servers: pymap for IMAP, a POP3 server of a hundred lines, and TLS before either."""

import asyncio
import imaplib
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from care.temporal.devserver import free_port
from tests.integration.store.telling import NOON

HOST = "127.0.0.1"
USER = "bounces"
PASSWORD = "pass word/1"
QUOTED = "pass%20word%2F1"
CERTIFICATE = Path(__file__).parents[1] / "sending" / "localhost.pem"


@contextmanager
def imap_server() -> Iterator[int]:
    """An IMAP server with an empty mailbox; its port."""
    port = free_port()
    script = str(Path(sys.executable).with_name("pymap"))
    given = ["--host", HOST, "--port", str(port), "--no-tls", "dict", "--demo-user", USER, "--demo-password", PASSWORD]
    with subprocess.Popen([script, *given], stderr=subprocess.DEVNULL) as server:
        try:
            _until_open(port)
            yield port
        finally:
            server.terminate()


def _until_open(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the IMAP server did not start")


def put(port: int, *mails: bytes) -> None:
    """Put mails into the mailbox on the IMAP server."""
    with imaplib.IMAP4(HOST, port) as server:
        server.login(USER, PASSWORD)
        for mail in mails:
            server.append("INBOX", "", imaplib.Time2Internaldate(NOON), mail.replace(b"\n", b"\r\n"))


def flags(port: int) -> list[set[str]]:
    """The flags of each mail on the IMAP server."""
    with imaplib.IMAP4(HOST, port) as server:
        server.login(USER, PASSWORD)
        server.select("INBOX", readonly=True)
        lines = server.fetch("1:*", "(FLAGS)")[1]
        return [
            {each.decode().lower() for each in imaplib.ParseFlags(line)} for line in lines if isinstance(line, bytes)
        ]


@dataclass(slots=True)
class Drop:
    """A mailbox behind POP3: what lies in it, and after how many mails the line breaks."""

    mails: list[bytes]
    port: int = 0
    breaks_after: int = 1_000
    sessions: int = 0
    done: set[int] = field(default_factory=set)


@contextmanager
def pop3_server(*mails: bytes, breaks_after: int = 1_000) -> Iterator[Drop]:
    """A POP3 server (RFC 1939): deletions count with QUIT, and not when the line breaks before."""
    drop = Drop(list(mails), breaks_after=breaks_after)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        drop.sessions += 1
        await _Session(drop, reader, writer).talk()
        writer.close()

    with _running(serve) as port:
        drop.port = port
        yield drop


class _Session:
    def __init__(self, drop: Drop, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._drop, self._reader, self._writer = drop, reader, writer
        self._deleted: set[int] = set()
        self._given = 0

    def _say(self, line: str, rest: Sequence[bytes] | None = None) -> None:
        self._writer.write(line.encode() + b"\r\n")
        if rest is not None:
            stuffed = (b"." + each if each.startswith(b".") else each for each in rest)
            self._writer.write(b"".join(each + b"\r\n" for each in stuffed) + b".\r\n")

    async def talk(self) -> None:
        self._say("+OK POP3")
        while line := (await self._reader.readline()).decode().strip():
            verb, _, rest = line.partition(" ")
            if verb == "QUIT":
                self._drop.mails = [each for n, each in enumerate(self._drop.mails, 1) if n not in self._deleted]
                self._say("+OK bye")
                return
            if verb == "RETR" and self._given == self._drop.breaks_after:
                return
            self._answer(verb, rest)
            await self._writer.drain()

    def _answer(self, verb: str, rest: str) -> None:
        match verb:
            case "USER":
                self._say("+OK")
            case "PASS":
                self._say("+OK" if rest == PASSWORD else "-ERR wrong password")
            case "LIST":
                self._say("+OK", [f"{n} {len(each)}".encode() for n, each in enumerate(self._drop.mails, 1)])
            case "RETR":
                self._given += 1
                self._say("+OK", self._drop.mails[int(rest) - 1].splitlines())
            case "DELE":
                self._deleted.add(int(rest))
                self._say("+OK")
            case _:
                self._say("-ERR unknown")


@contextmanager
def tls_before(port: int) -> Iterator[int]:
    """TLS with the certificate of the tests, and the same server behind it."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, port)
        ways = [asyncio.ensure_future(each) for each in (pass_on(reader, back), pass_on(there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for side in (back, writer):
                side.transport.abort()

    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(CERTIFICATE)
    with _running(serve, secured) as outside:
        yield outside


@contextmanager
def _running(serve: "asyncio.streams._ClientConnectedCallback", secured: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve in a loop of its own; the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(serve, HOST, 0, ssl=secured, limit=4_000_000)

    async def stop() -> None:
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # What was broken off is closed in the next round.

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
