"""A developer answers as the customer: from the console and the command line, over the real gateway and hook."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select

from activities.channels.base import Message
from activities.channels.twilio import open_channel
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.httpserver import HttpServer
from care.peers.smsgateway import gateway
from care.peers.smshooks import Shop as Told
from care.peers.smshooks import shop_of
from care.peers.writing import NotEmbeddedError, write
from care.settings import Settings
from care.store import receipts, schema
from care.store.engine import reading
from care.temporal.devserver import free_port
from care.web.app import create_app
from tests.integration.sending.leaving import at_once
from tests.integration.web.shop import Shop, settings_in

LAN = "+84912345678"


@dataclass
class Home:
    """A shop whose SMS go to the embedded gateway."""

    shop: Shop
    handset: Handset
    url: str

    def closed(self) -> set[str]:
        with reading(self.shop.engine) as conn:
            return set(conn.execute(select(schema.suppressions.c.purpose)).scalars())


@asynccontextmanager
async def serving(api: FastAPI, port: int) -> AsyncIterator[None]:
    server = HttpServer(api, "127.0.0.1", port)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await task


@pytest.fixture
def settings(store_url: str, tmp_path: Path) -> Settings:
    http, sms = free_port(), free_port()
    ports = {"http_port": http, "sms_gateway_port": sms, "sms_url": f"http://127.0.0.1:{sms}"}
    return settings_in(tmp_path, store_url, public_url=f"http://127.0.0.1:{http}", **ports)


@pytest.fixture
def handset(settings: Settings) -> Iterator[Handset]:
    with closing(Handset(settings.data_dir / HANDSET_FILE)) as handset:
        yield handset


@pytest.fixture
async def home(store: Engine, settings: Settings, handset: Handset) -> AsyncIterator[Home]:
    shop = Shop(store, settings)
    shop.publish()
    api = create_app(settings, engine=store)
    phone = gateway(handset, settings.sms_account, settings.sms_token, shop_of(settings))
    async with serving(api, settings.http_port), serving(phone, settings.sms_gateway_port):
        yield Home(shop, handset, settings.public_url)
    await api.state.context.close()


async def test_a_stop_from_the_command_line_closes_the_number(home: Home) -> None:
    passed = await asyncio.to_thread(write, home.shop.settings, LAN, "STOP")
    assert (passed.opt_out, passed.status) == ("STOP", 200)
    assert home.closed() == {"marketing", "care"}


async def test_an_sms_sent_through_the_plug_in_is_reported_back(home: Home) -> None:
    channel = open_channel(home.shop.settings)
    delivery = await channel.deliver(Message("e_1/hello/1:sms", LAN, home.shop.clock(), "Chào"), at_once)
    await channel.close()
    async with asyncio.timeout(10):
        while not home.shop.count("receipts"):
            await asyncio.sleep(0.02)
    with reading(home.shop.engine) as conn:
        [receipt] = receipts.listing(conn)
    assert (delivery.outcome, receipt.kind, receipt.provider, receipt.channel) == ("sent", "delivered", "twilio", "sms")


async def test_the_mailbox_lets_a_developer_answer_an_sms(home: Home) -> None:
    home.handset.add("+84901234567", LAN, "Anh chị chấm mấy điểm?", home.shop.clock())
    async with httpx.AsyncClient(base_url=home.url) as browser:
        page = (await browser.get("/mailbox")).text
        assert "Answer as this customer" in page
        token = re.search(r'name="token" value="(\w+)"', page)
        assert token is not None
        form = {"token": token[1], "sender": LAN, "text": "đừng nhắn nữa"}
        assert (await browser.post("/mailbox/answer", data=form)).status_code == 303
        forged = await browser.post("/mailbox/answer", data=form | {"token": "x"})
        assert (forged.status_code, len(home.handset.written())) == (403, 1)
        wrong = await browser.post("/mailbox/answer", data=form | {"sender": "lan"})
        assert wrong.status_code == 422
    assert home.closed() == {"marketing", "care"}


async def test_without_the_gateway_it_says_what_to_start(settings: Settings) -> None:
    with pytest.raises(NotEmbeddedError, match="care up"):
        await asyncio.to_thread(write, settings, LAN, "5")


async def test_with_a_real_provider_there_is_nothing_to_write_through(settings: Settings) -> None:
    real = settings.model_copy(update={"sms_url": "https://api.twilio.com"})
    with pytest.raises(NotEmbeddedError, match="real phone"):
        write(real, LAN, "5")


async def test_a_shop_that_does_not_answer_is_told_of(settings: Settings, handset: Handset) -> None:
    phone = gateway(handset, settings.sms_account, settings.sms_token, Told("http://127.0.0.1:9", "x"))
    async with serving(phone, settings.sms_gateway_port):
        assert (await asyncio.to_thread(write, settings, LAN, "5")).status == 0
