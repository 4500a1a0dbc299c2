"""An SMTP server that answers by a script, to fail at any line of the conversation."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

HANG_UP = "hang up"
SILENCE = "silence"

POLITE: Mapping[str, str] = {
    "connect": "220 mail.example ESMTP",
    "EHLO": "250-mail.example\r\n250-8BITMIME\r\n250 SMTPUTF8",
    "HELO": "250 mail.example",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 Go ahead",
    ".": "250 2.0.0 Taken",
    "QUIT": "221 Bye",
}


@dataclass(slots=True)
class ScriptedServer:
    """What the server answers, and what it heard."""

    port: int
    heard: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)

    def heard_verb(self, verb: str) -> list[str]:
        return [line for line in self.heard if line.startswith(verb)]


@asynccontextmanager
async def scripted_server(**script: str) -> AsyncIterator[ScriptedServer]:
    """Serve by the script; ``dot`` stands for the end of the message."""
    answers = {**POLITE, **{("." if verb == "dot" else verb): answer for verb, answer in script.items()}}
    state = ScriptedServer(0)
    lines: list[asyncio.StreamWriter] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(writer)
        try:
            if not await _answer(answers["connect"], reader, writer):
                return
            while line := (await reader.readline()).decode().rstrip("\r\n"):
                state.heard.append(line)
                verb = line.partition(" ")[0].upper()
                if not await _answer(answers.get(verb, "502 No"), reader, writer):
                    return
                if verb == "DATA" and answers["DATA"].startswith("354"):
                    state.messages.append(await reader.readuntil(b"\r\n.\r\n"))
                    if not await _answer(answers["."], reader, writer):
                        return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    async with server:
        yield state
    await hung_up(lines)


async def hung_up(lines: list[asyncio.StreamWriter]) -> None:
    """Close every connection and wait until it is."""
    for line in lines:
        line.close()
        with suppress(ConnectionError):
            await line.wait_closed()


async def _answer(answer: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    if answer == SILENCE:
        await reader.read()
    if answer in (SILENCE, HANG_UP):
        return False
    writer.write(f"{answer}\r\n".encode())
    await writer.drain()
    return True
