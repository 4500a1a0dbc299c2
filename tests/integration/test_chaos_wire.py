"""The links of `make chaos`: what passes, what is held back, what is cut, and what is seen of messages on the way."""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from tests.acceptance.cli.shop import free_ports
from tests.chaos.sightings import Sightings
from tests.chaos.wire import HOST, Link, Witness

SOON = 0.3


async def _echo(reader: StreamReader, writer: StreamWriter) -> None:
    while data := await reader.read(1_000):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def an_echo(port: int) -> AsyncIterator[None]:
    server = await asyncio.start_server(_echo, HOST, port)
    try:
        yield
    finally:
        server.close()


@pytest.fixture
async def link() -> AsyncIterator[Link]:
    here, there = free_ports(2)
    found = Link("echo", here, there)
    await found.start()
    yield found
    found.close()
    await asyncio.sleep(0.05)  # The ends of its connections are told in the loop's next rounds.


@asynccontextmanager
async def talking(link: Link, *words: bytes) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    reader, writer = await asyncio.open_connection(HOST, link.port)
    try:
        for word in words:
            writer.write(word)
            await asyncio.sleep(0.01)
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_what_is_said_passes_both_ways_and_so_does_the_end(link: Link) -> None:
    async with an_echo(link.target), talking(link, b"one ", b"two") as (reader, writer):
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 10) == b"one two"


async def test_a_slow_link_is_late_and_keeps_the_order(link: Link) -> None:
    async with an_echo(link.target), talking(link) as (reader, writer):
        link.slow(latency=SOON, rate=1_000_000)
        began = asyncio.get_running_loop().time()
        for number in range(5):
            writer.write(b"%d" % number)
            await asyncio.sleep(0.01)
        assert await asyncio.wait_for(reader.readexactly(5), 10) == b"01234"
        assert asyncio.get_running_loop().time() - began >= 2 * SOON


async def test_a_link_that_hangs_says_nothing_and_loses_nothing(link: Link) -> None:
    async with an_echo(link.target), talking(link, b"a") as (reader, writer):
        assert await asyncio.wait_for(reader.readexactly(1), 10) == b"a"
        link.hang()
        writer.write(b"b")
        async with talking(link, b"c") as (later, _):
            for each in (reader, later):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(each.readexactly(1), SOON)
            link.mend()
            assert await asyncio.wait_for(reader.readexactly(1), 10) == b"b"
            assert await asyncio.wait_for(later.readexactly(1), 10) == b"c"


async def test_a_cut_ends_every_connection_in_the_middle(link: Link) -> None:
    async with an_echo(link.target), talking(link, b"a") as (reader, _):
        await asyncio.wait_for(reader.readexactly(1), 10)
        assert link.cut() == 1
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 10)
        assert len(link.dropped) == 1


async def test_a_link_to_nobody_refuses_until_somebody_is_there(link: Link) -> None:
    async with talking(link) as (reader, _):
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 10)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, link.port)
    async with an_echo(link.target), asyncio.timeout(10):
        while True:
            try:
                async with talking(link, b"a") as (reader, _):
                    assert await reader.readexactly(1) == b"a"
                    return
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)


def followed(witness: Witness, talk: Sequence[tuple[str, bytes]]) -> None:
    for who, data in talk:
        witness.asks(data) if who == "client" else witness.answers(data)


def test_a_mail_is_seen_from_its_first_byte_to_its_answer_and_so_is_the_next() -> None:
    seen = Sightings()
    mail = b"From: a\r\nMessage-ID: <%d@x>\r\n\r\nDATA\r\n"
    talk = [
        ("server", b"220 hi\r\n"),
        ("client", b"EHLO x\r\n"),
        ("client", b"MAIL FROM:<a>\r\nRCPT TO:<b>\r\n"),
        ("client", b"DATA\r\n"),
        ("server", b"354 go\r\n"),
        ("client", (mail % 1)[:20]),
        ("client", (mail % 1)[20:] + b".\r\n"),
        ("server", b"250 kept\r\n"),
        ("client", b"DATA\r\n"),
        ("server", b"354 go\r\n"),
        ("client", mail % 2),
    ]
    followed(seen.mail(), talk)
    assert [(each.name, each.whole is not None, each.answer) for each in seen.seen] == [
        (("1@x",), True, 250),
        (("2@x",), False, 0),
    ]


def test_an_sms_is_seen_and_a_question_about_it_is_not() -> None:
    seen = Sightings()
    body = b"To=%2B659&Body=hi+there"
    head = b"POST /Messages.json HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
    followed(
        seen.web(),
        [("client", head), ("client", body[:9]), ("client", body[9:]), ("server", b"HTTP/1.1 201 Created\r\n")],
    )
    followed(seen.web(), [("client", b"GET /Messages.json HTTP/1.1\r\n\r\n"), ("server", b"HTTP/1.1 200 OK\r\n")])
    assert [(each.name, each.whole is not None, each.answer) for each in seen.seen] == [
        (("+659", "hi there"), True, 201)
    ]
