"""A server that keeps what it is sent byte for byte and answers from a list, over TCP or TLS."""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("crm.test.pem")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: ``headers`` by their names in small letters."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class RawServer:
    """What came in, and the server name each TLS client asked for."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)


def answer(status: str = "200 OK", body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@asynccontextmanager
async def a_raw_server(*answers: bytes, tls: bool = False) -> AsyncIterator[RawServer]:
    """Serve; the last answer is repeated."""
    server, left = RawServer(), list(answers)

    async def talk(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            server.requests.append(await _read(reader))
            writer.write(left.pop(0) if len(left) > 1 else left[0])
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=_context(server.names) if tls else None)
    async with listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


async def _read(reader: StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    line, *rest = head.split("\r\n")[:-2]
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
    return Request(line, headers, await reader.readexactly(int(headers["content-length"])))


def _context(names: list[str | None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    def keep(_line: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        names.append(name)

    context.sni_callback = keep
    return context


@dataclass(slots=True)
class LookUps:
    """A name server that knows one answer and counts who asks."""

    addresses: list[str]
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        if not self.addresses:
            raise OSError("no such name")
        return self.addresses
