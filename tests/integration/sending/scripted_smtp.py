"""An SMTP server that answers by a script, to fail at any line of the conversation."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
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
    "NOOP": "250 2.0.0 OK",
    "RSET": "250 2.0.0 Forgotten",
    "QUIT": "221 Bye",
}


@dataclass(slots=True)
class ScriptedServer:
    """What the server answers, and what it heard; ``connections`` holds the same apart for each."""

    port: int
    heard: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    connections: list[list[str]] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    open: int = 0

    def hang_up(self) -> None:
        """Close every connection without a word."""
        for writer in self.writers:
            writer.close()

    def heard_verb(self, verb: str) -> list[str]:
        return [line for line in self.heard if line.startswith(verb)]


@asynccontextmanager
async def scripted_server(delay: float = 0, **script: str | Sequence[str]) -> AsyncIterator[ScriptedServer]:
    """Serve by the script; ``dot`` stands for the end of the message.

    Args:
        delay: Seconds before every answer.
        script: By verb what is answered; of several answers each is given once, the last one for ever.
    """
    given = {**POLITE, **{("." if verb == "dot" else verb): answer for verb, answer in script.items()}}
    answers = {verb: deque([answer] if isinstance(answer, str) else answer) for verb, answer in given.items()}
    state = ScriptedServer(0)

    async def answer(verb: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        known = answers.get(verb, deque(["502 No"]))
        await asyncio.sleep(delay)
        return await _answer(known.popleft() if len(known) > 1 else known[0], reader, writer)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.writers.append(writer)
        heard: list[str] = []
        state.connections.append(heard)
        state.open += 1
        try:
            if not await answer("connect", reader, writer):
                return
            while line := (await reader.readline()).decode().rstrip("\r\n"):
                state.heard.append(line)
                heard.append(line)
                verb = line.partition(" ")[0].upper()
                goes_ahead = verb == "DATA" and answers["DATA"][0].startswith("354")
                if not await answer(verb, reader, writer):
                    return
                if goes_ahead:
                    state.messages.append(await reader.readuntil(b"\r\n.\r\n"))
                    if not await answer(".", reader, writer):
                        return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            state.open -= 1
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    async with server:
        yield state
    await hung_up(state.writers)


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
