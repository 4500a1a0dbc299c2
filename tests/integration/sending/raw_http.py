"""A web server that answers by a list, so that a provider can say whatever no real one would."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HOST = "127.0.0.1"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; without a body the connection is closed instead."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def written(self) -> bytes:
        content = self.body.encode()
        lines = [f"HTTP/1.1 {self.status} Said", f"Content-Length: {len(content)}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + content if self.body else b""


@dataclass(slots=True)
class WebServer:
    """Where it is, and the first line and the body of each request it got."""

    url: str
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def a_web_server(*answers: Answer) -> AsyncIterator[WebServer]:
    """Serve each answer once, the last one for ever."""
    waiting = list(answers)
    served = WebServer("")

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        served.asked.append(head.partition(b"\r\n")[0].decode())
        served.bodies.append(await reader.readexactly(int(length[1]) if length else 0))
        writer.write((waiting.pop(0) if len(waiting) > 1 else waiting[0]).written())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(converse, HOST, 0)
    async with server:
        served.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
        yield served
