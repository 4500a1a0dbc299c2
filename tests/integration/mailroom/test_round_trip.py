"""The whole way: a message leaves, what comes back is read, and the next one is not sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from temporalio.testing import ActivityEnvironment

from activities.channels.email import EmailChannel
from activities.channels.letterhead import Letterhead, own_mailbox
from activities.channels.smtp_conversation import SmtpServer
from activities.sweeping import Sweeper
from care import clock
from care.mailroom.collecting import Collected, collect
from care.mailroom.taking import Mailroom
from care.peers.mailbox import Mailbox
from care.peers.mailcatcher import serve_mail
from care.store.engine import writing
from tests.integration.mailroom.post import BOUNCES_TO, SECRET
from tests.integration.mailroom.servers import HOST
from tests.integration.sending.conftest import SENDER
from tests.integration.sending.shop import LINKS, Shop
from tests.integration.store.telling import lan


@dataclass
class Round:
    """A shop, the mail server it sends over, and the mailbox in which bounces arrive."""

    shop: Shop
    store: Engine
    folder: Path

    def write_to(self, address: str) -> None:
        with writing(self.store) as conn:
            lan(conn, email=address)

    def collected(self) -> Collected:
        mailroom = Mailroom(self.store, LINKS, SECRET)
        return collect(mailroom, self.folder.as_uri().replace("file", "maildir", 1), clock.now)


@asynccontextmanager
async def _sending(store: Engine, folder: Path, bounces_to: str) -> AsyncIterator[Round]:
    mails = Mailbox(folder / "mail.sqlite")
    server = await serve_mail(mails, HOST, 0, folder / "bounces")
    async with server:
        head = Letterhead(own_mailbox(SENDER), bounces_to=bounces_to, secret=SECRET)
        port = server.sockets[0].getsockname()[1]
        channel = EmailChannel(SmtpServer(HOST, port, timeout=5, dot_timeout=5), head)
        yield Round(Shop(store, folder / "templates", {"email": channel}), store, folder / "bounces")
        await channel.close()
    mails.close()


@pytest.fixture(params=[BOUNCES_TO, ""], ids=["own bounce addresses", "bounces to the sender"])
async def round_trip(store: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Round]:
    async with _sending(store, tmp_path, request.param) as round_trip:
        yield round_trip


@pytest.mark.parametrize(
    ("mood", "found", "reason"),
    [("bounces-later", "bounced", "address bounced"), ("complains", "complained", "complained about a message")],
)
async def test_after_what_came_back_the_next_message_is_skipped_with_the_reason(
    round_trip: Round, mood: str, found: str, reason: str
) -> None:
    round_trip.write_to(f"{mood}+lan@example.vn")
    order = round_trip.shop.order()
    assert (await round_trip.shop.send(order)).outcome == "sent"
    assert round_trip.collected().kinds == {found: 1}
    assert round_trip.shop.claim(order).phase == "sent"
    later = await round_trip.shop.send(round_trip.shop.order(key="e_1/again/1:email", step="again"))
    assert later.outcome == "skipped"
    assert reason in later.reason
    assert round_trip.collected() == Collected()


async def test_a_full_mailbox_is_written_to_again(round_trip: Round) -> None:
    round_trip.write_to("full-later+lan@example.vn")
    assert (await round_trip.shop.send(round_trip.shop.order())).outcome == "sent"
    assert round_trip.collected().kinds == {"soft": 1}
    again = round_trip.shop.order(key="e_1/again/1:email", step="again")
    assert (await round_trip.shop.send(again)).outcome == "sent"


async def test_the_sweep_reads_the_mailbox_once_a_minute_and_goes_on_when_it_cannot(
    store: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    now, read, broken = clock.now(), list[datetime](), RuntimeError("a mail of lan@example.vn")

    def look() -> None:
        read.append(now)
        raise broken

    async def told(customer: str, inbox_id: str) -> None:
        raise AssertionError("there is nothing to tell")

    def later() -> datetime:
        nonlocal now
        now += timedelta(seconds=10)
        return now

    sweeper = Sweeper(store, told, later, passes=8, pause=timedelta(milliseconds=1), collect=look)
    await ActivityEnvironment().run(sweeper.sweep)
    assert len(read) == 3
    assert read[2] - read[1] >= timedelta(minutes=1)
    assert "RuntimeError" in caplog.text
    assert "lan@example.vn" not in caplog.text
