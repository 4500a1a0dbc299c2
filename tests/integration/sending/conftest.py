"""The other side for the sending tests: a real mail server and a real SMS gateway."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from activities.channels.email import EmailChannel
from activities.channels.letterhead import Letterhead, own_mailbox
from activities.channels.smtp_conversation import SmtpServer
from activities.channels.twilio import TwilioAccount, TwilioChannel
from care.peers.handset import Handset
from care.peers.httpserver import HttpServer
from care.peers.mailbox import Mailbox
from care.peers.mailcatcher import serve_mail
from care.peers.smsgateway import gateway
from tests.integration.sending.shop import Recorder

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "a token"
SENDER = "Chăm sóc khách hàng <cskh@dienmay.example>"
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class MailPeer:
    mailbox: Mailbox
    channel: EmailChannel
    port: int


@dataclass(frozen=True, slots=True)
class SmsPeer:
    handset: Handset
    channel: TwilioChannel
    url: str


@pytest.fixture
def email() -> Recorder:
    return Recorder()


@pytest.fixture
def sms() -> Recorder:
    return Recorder()


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    mailbox = Mailbox(tmp_path / "mail.sqlite")
    yield mailbox
    mailbox.close()


@pytest.fixture
def handset(tmp_path: Path) -> Iterator[Handset]:
    handset = Handset(tmp_path / "sms.sqlite")
    yield handset
    handset.close()


@pytest.fixture
async def mail_peer(mailbox: Mailbox) -> AsyncIterator[MailPeer]:
    server = await serve_mail(mailbox, HOST, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        channel = EmailChannel(SmtpServer(HOST, port, timeout=5, dot_timeout=5), Letterhead(own_mailbox(SENDER)))
        yield MailPeer(mailbox, channel, port)
        await channel.close()


@pytest.fixture
async def sms_peer(handset: Handset) -> AsyncIterator[SmsPeer]:
    server = HttpServer(gateway(handset, ACCOUNT, TOKEN), HOST, 0)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    url = f"http://{HOST}:{server.port}"
    channel = TwilioChannel(TwilioAccount(url, ACCOUNT, TOKEN, "+84901234567", timeout=5))
    yield SmsPeer(handset, channel, url)
    await channel.close()
    server.should_exit = True
    await serving
