"""What an e-mail costs: written and signed on one core, handed to a slow relay, and its headers brought home."""

import asyncio
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from activities.channels import dkim
from activities.channels.base import Message
from activities.channels.dkim_keys import new_ed25519_key, new_rsa_key
from activities.channels.email import EmailChannel
from activities.channels.letterhead import Letterhead, own_mailbox
from activities.channels.mime import letter
from activities.channels.smtp_conversation import SmtpServer
from care.rendering import Renderer
from tests.integration.sending.leaving import at_once
from tests.mail_fuzz import comes_home, drawn

ROUNDS = 5
EMAILS = 400
DELIVERED, DELIVERIES = 1_500, 3
# As many as Postfix takes from one client by default.
CONNECTIONS = 50
REPLY_AFTER = 0.02
HEADERS = 100_000
RENDERER = Renderer(Path(__file__).parents[2] / "templates")
NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
LETTERHEAD = Letterhead(
    own_mailbox("Chăm sóc khách hàng <cskh@dienmay.example>"),
    own_mailbox("Hỏi, đáp <hoi@dienmay.example>"),
    bounces_to="bounce@bounces.dienmay.example",
    unsubscribe_to="roi@dienmay.example",
    feedback_id="dienmay",
    secret="a secret of the bench",
)
KEYS = (new_rsa_key("dienmay.example", "care"), new_ed25519_key("dienmay.example", "care-ed25519"))
_LINK = "https://cskh.dienmay.example/s/" + "k" * 120


def emails_per_second() -> list[float]:
    """How many e-mails of a shipped template are rendered, written and signed twice in a second of one core."""
    rates = []
    _message(0)
    for _ in range(ROUNDS):
        started = time.process_time()
        for number in range(EMAILS):
            dkim.signed(letter(_message(number), LETTERHEAD, eight_bit=False).content, KEYS)
        rates.append(EMAILS / (time.process_time() - started))
    return rates


def delivered_per_second() -> list[float]:
    """How many e-mails a second one process writes, signs and hands to a relay that thinks 20 ms before each reply."""
    with _slow_relay() as port:
        return [asyncio.run(_deliver(port)) for _ in range(DELIVERIES)]


def headers_brought_home(count: int = HEADERS) -> int:
    """How many of so many random Vietnamese headers a reader sees exactly as they were written."""
    return sum(comes_home(one) for one in drawn(20260302, count))


def _message(number: int) -> Message:
    values = {
        "customer": {"name": f"Nguyễn Thị Lan {number}"},
        "order": {"id": f"DH-{number}", "category": "washing_machine"},
        "company": {
            "name": "Điện Máy Xanh", "locale": "vi", "address": "1 Lê Lợi, Quận 1, TP. Hồ Chí Minh",
            "phone": "1900 1234", "website": "https://dienmay.example", "email": "cskh@dienmay.example",
        },
        "survey": {"url": _LINK, "links": [{"score": score, "url": f"{_LINK}{score}"} for score in range(1, 6)]},
        "unsubscribe_url": f"https://cskh.dienmay.example/u/{'k' * 120}{number}",
        "reminder": False,
    }  # fmt: skip
    made = RENDERER.message("email", "csat_washing_machine", "vi", values)
    return Message(
        f"e_{number}/survey:csat/1:email", f"lan{number}@example.vn", NOON, made.text, made.subject, made.html,
        str(values["unsubscribe_url"]), "care", "csat_washing_machine", "washing_machine_care",
    )  # fmt: skip


async def _deliver(port: int) -> float:
    """Messages a second; they are rendered before, as the engine does that elsewhere."""
    messages = [_message(number) for number in range(DELIVERED)]
    channel = EmailChannel(SmtpServer("127.0.0.1", port, connections=CONNECTIONS), LETTERHEAD, KEYS)
    started = time.perf_counter()
    deliveries = await asyncio.gather(*(channel.deliver(message, at_once) for message in messages))
    took = time.perf_counter() - started
    await channel.close()
    assert {delivery.outcome for delivery in deliveries} == {"sent"}, deliveries[:3]
    return DELIVERED / took


@contextmanager
def _slow_relay() -> Iterator[int]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_relay, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _relay(told: Connection) -> None:
    asyncio.run(_serve(told))


async def _serve(told: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(_Relay, "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _Relay(asyncio.Protocol):
    """Takes every message, and thinks before it answers."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._heard = bytearray()
        self._in_message = False
        self._answer(b"220 relay.example ESMTP")

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while True:
            end = b"\r\n.\r\n" if self._in_message else b"\r\n"
            said, found, rest = self._heard.partition(end)
            if not found:
                return
            self._heard = rest
            self._answer(self._reply(bytes(said)))

    def _reply(self, said: bytes) -> bytes:
        if self._in_message:
            self._in_message = False
            return b"250 2.0.0 Taken"
        self._in_message = said == b"DATA"
        if said.startswith(b"EHLO"):
            return b"250-relay.example\r\n250 8BITMIME"
        return b"354 Go ahead" if self._in_message else b"221 Bye" if said == b"QUIT" else b"250 OK"

    def _answer(self, words: bytes) -> None:
        asyncio.get_running_loop().call_later(REPLY_AFTER, self._write, words + b"\r\n")

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)
            if answer.startswith(b"221"):
                self._transport.close()


if __name__ == "__main__":
    print("rendered, written and signed per second:", statistics.median(emails_per_second()))
    print("delivered per second:", statistics.median(delivered_per_second()))
    if "--headers" in sys.argv:
        print("headers brought home:", headers_brought_home(), "of", HEADERS)
