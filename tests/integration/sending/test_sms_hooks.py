"""The embedded gateway calls back as the provider does: signed, in order, and with the errors of its magic numbers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from twilio.request_validator import RequestValidator, get_signature_algorithm  # type: ignore[import-untyped]

from activities.channels.base import Callback, Message, Receipt, Reply
from activities.channels.twilio import TwilioAccount, TwilioChannel
from activities.channels.twilio_callbacks import Secrets
from care import clock
from care.peers.handset import Handset
from care.peers.httpserver import HttpServer
from care.peers.smsgateway import gateway
from care.peers.smshooks import Shop
from care.peers.smswords import FILTERED, GONE, HANGS_UP
from tests.integration.sending.conftest import ACCOUNT, HOST, TOKEN
from tests.integration.sending.leaving import at_once

FROM, LAN = "+84901234567", "+84912345678"
KEY = "a key of our own"


@dataclass
class Hooked:
    """A gateway, a channel to it, and a shop that keeps what it is told."""

    handset: Handset
    gateway_url: str = ""
    shop_url: str = ""
    secrets: Secrets = field(default_factory=lambda: Secrets(TOKEN))
    heard: list[Callback] = field(default_factory=list)
    status: int = 200

    @property
    def channel(self) -> TwilioChannel:
        callback = f"{self.shop_url}/v1/hooks/twilio"
        account = TwilioAccount(self.gateway_url, ACCOUNT, TOKEN, FROM, callback, self.secrets, timeout=5)
        return TwilioChannel(account)

    async def send(self, to: str, text: str = "Chào") -> Any:
        channel = self.channel
        delivery = await channel.deliver(Message("e_1/hello/1:sms", to, clock.now(), text), at_once)
        await channel.close()
        return delivery

    async def write(self, text: str, sender: str = LAN) -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=self.gateway_url, auth=(ACCOUNT, TOKEN)) as client:
            form = {"From": sender, "To": FROM, "Body": text}
            answer = await client.post(f"/2010-04-01/Accounts/{ACCOUNT}/Inbound.json", data=form)
        assert answer.status_code == 201
        return dict(answer.json())

    def news(self) -> list[Receipt | Reply]:
        return [each for callback in self.heard for each in self.channel.hear(callback)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(api: FastAPI) -> AsyncIterator[str]:
    server = HttpServer(api, HOST, 0)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://{HOST}:{server.port}"
    server.should_exit = True
    await task


@pytest.fixture(params=["", KEY], ids=["by the token", "by a shared key"])
async def hooked(handset: Handset, request: pytest.FixtureRequest) -> AsyncIterator[Hooked]:
    found = Hooked(handset)
    shop = FastAPI()

    @shop.post("/v1/hooks/twilio")
    async def take(call: Request) -> Response:
        url = f"{found.shop_url}{call.url.path}" + (f"?{call.url.query}" if call.url.query else "")
        body = await call.body()
        found.heard.append(Callback("POST", url, dict(call.headers), dict(call.query_params), body))
        return Response(status_code=found.status)

    async with AsyncExitStack() as stack:
        found.shop_url = await stack.enter_async_context(serving(shop))
        told = Shop(f"{found.shop_url}/v1/hooks/twilio", "" if request.param else TOKEN, request.param)
        found.secrets = Secrets("", KEY) if request.param else Secrets(TOKEN)
        found.gateway_url = await stack.enter_async_context(serving(gateway(handset, ACCOUNT, TOKEN, told)))
        yield found


async def test_a_message_that_arrives_is_reported_under_our_own_name_for_it(hooked: Hooked) -> None:
    delivery = await hooked.send(LAN)
    await hooked.until(lambda: len(hooked.heard) == 2)
    [receipt] = hooked.news()
    assert isinstance(receipt, Receipt)
    assert (receipt.delivery.outcome, receipt.provider_id) == ("sent", delivery.provider_id)
    assert receipt.reference == Message("e_1/hello/1:sms", LAN, clock.now(), "").reference


async def test_its_signatures_are_the_providers(hooked: Hooked) -> None:
    await hooked.send(LAN, "Chào chị & cả nhà = 100% ⭐")
    await hooked.write("5 sao ⭐ & cảm ơn")
    await hooked.until(lambda: len(hooked.heard) == 3)
    for call in hooked.heard:
        form = dict(httpx.QueryParams(call.body.decode()))
        algorithm = get_signature_algorithm(call.headers.get("x-twilio-webhooks-signature-settings", ""))
        secret = KEY if hooked.secrets.signing_key else TOKEN
        assert RequestValidator(secret).validate(call.url, form, call.headers["x-twilio-signature"], algorithm)


@pytest.mark.parametrize(("to", "code", "suppress"), [(GONE, "bad_address", "bounced"), (FILTERED, "undelivered", "")])
async def test_a_lost_message_is_reported_with_its_code(hooked: Hooked, to: str, code: str, suppress: str) -> None:
    assert (await hooked.send(to)).outcome == "sent"
    await hooked.until(lambda: len(hooked.heard) == 2)
    [receipt] = hooked.news()
    assert isinstance(receipt, Receipt)
    delivery = receipt.delivery
    assert (delivery.outcome, delivery.code, delivery.suppress) == ("failed", code, suppress)


async def test_a_message_nobody_answered_for_is_reported_all_the_same(hooked: Hooked) -> None:
    assert (await hooked.send(HANGS_UP)).outcome == "unknown"
    await hooked.until(lambda: len(hooked.heard) == 2)
    [receipt] = hooked.news()
    assert isinstance(receipt, Receipt)
    assert (receipt.delivery.outcome, len(receipt.reference)) == ("sent", 32)


async def test_a_stop_is_confirmed_and_blocks_what_comes_later(hooked: Hooked) -> None:
    assert await hooked.write("stop") == {"sid": hooked.news()[0].id, "opt_out_type": "STOP", "answer": 200}
    [stop] = hooked.news()
    assert isinstance(stop, Reply)
    assert (stop.sender, stop.text, stop.stopped) == (LAN, "stop", True)
    assert [sms.body[:21] for sms in hooked.handset.list(recipient=LAN)] == ["You have successfully"]
    refused = await hooked.send(LAN)
    assert (refused.outcome, refused.code, refused.suppress) == ("failed", "opted_out", "withdrew")
    assert (await hooked.send("+84987654321")).outcome == "sent"
    assert (await hooked.write("START"))["opt_out_type"] == "START"
    assert (await hooked.send(LAN)).outcome == "sent"


async def test_only_a_single_word_stops_at_the_gateway(hooked: Hooked) -> None:
    assert (await hooked.write("STOP please"))["opt_out_type"] == ""
    assert (await hooked.send(LAN)).outcome == "sent"


async def test_what_customers_write_is_kept_and_the_shops_answer_told(hooked: Hooked) -> None:
    hooked.status = 503
    assert (await hooked.write("năm"))["answer"] == 503
    assert [(each.sender, each.body) for each in hooked.handset.written()] == [(LAN, "năm")]


async def test_a_shop_that_does_not_listen_keeps_no_message_from_leaving(handset: Handset) -> None:
    async with serving(gateway(handset, ACCOUNT, TOKEN, Shop(f"http://{HOST}:9", TOKEN))) as url:
        hooked = Hooked(handset, url, f"http://{HOST}:9")
        assert (await hooked.send(LAN)).outcome == "sent"
        assert (await hooked.write("5"))["answer"] == 0
