"""E-mails on their way out: a message, and a channel to a server that is closed before the server is."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from activities.channels.base import Delivery, Message
from activities.channels.dkim import DkimKey
from activities.channels.email import EmailChannel
from activities.channels.letterhead import Letterhead, own_mailbox
from activities.channels.smtp_conversation import SmtpServer
from tests.integration.sending.conftest import HOST, SENDER
from tests.integration.sending.leaving import at_once

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
TEXT = "Chào bạn,\n.một dòng bắt đầu bằng dấu chấm\nCảm ơn!\n"
LETTERHEAD = Letterhead(own_mailbox(SENDER))


def a_message(to: str = "lan@example.vn", key: str = "e_1/send:hello/1:email", purpose: str = "care") -> Message:
    return Message(
        key, to, NOON, TEXT, subject="Cảm ơn bạn đã mua máy giặt", html="<p>Chào bạn</p>\n",
        unsubscribe_url="https://shop.example/u/" + "k" * 120, purpose=purpose,
    )  # fmt: skip


@asynccontextmanager
async def a_channel(
    port: int, host: str = HOST, domain_rate: float = 0, keys: Sequence[DkimKey] = (), **more: object
) -> AsyncIterator[EmailChannel]:
    settings: dict[str, object] = {"timeout": 0.5, "dot_timeout": 0.5, **more}
    channel = EmailChannel(SmtpServer(host, port, **settings), LETTERHEAD, keys, domain_rate)  # type: ignore[arg-type]
    try:
        yield channel
    finally:
        await channel.close()


async def delivered(port: int, message: Message | None = None, host: str = HOST, **more: object) -> Delivery:
    """What becomes of one message over a channel of its own."""
    async with a_channel(port, host, **more) as channel:
        return await channel.deliver(message or a_message(), at_once)
