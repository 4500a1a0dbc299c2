"""The other gateways and the shop they call back, for the tests: both real, over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, Request, Response

from activities.channels.base import Callback, Channel, Message
from care.peers.exchange import EXCHANGE_FILE, Exchange
from care.peers.gateways import gateways, hooks_of
from care.peers.httpserver import HttpServer
from care.settings import Settings, load_settings
from tests.integration.sending.leaving import at_once

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
TEXT = "Cảm ơn bạn đã mua máy giặt & chúc vui + khoẻ = 100%"
PHONE = "+84912345678"


@dataclass
class Shop:
    """The shop as its gateways see it.

    Attributes:
        heard: What the gateways called it with.
        refuses: How many calls it answers with 503 before it listens.
    """

    settings: Settings
    exchange: Exchange
    heard: list[Callback] = field(default_factory=list)
    refuses: int = 0

    async def call(self, count: int = 1) -> Callback:
        """Wait for so many calls, and take the last."""
        async with asyncio.timeout(20):
            while len(self.heard) < count:
                await asyncio.sleep(0.02)
        return self.heard[count - 1]

    async def take(self, request: Request) -> Response:
        if self.refuses:
            self.refuses -= 1
            return Response(status_code=503)
        self.heard.append(
            Callback(
                request.method,
                str(request.url),
                dict(request.headers),
                dict(request.query_params),
                await request.body(),
            )
        )
        return Response()


def a_message(to: str = PHONE, text: str = TEXT, key: str = "e_1/send:hello/1:sms", purpose: str = "care") -> Message:
    return Message(key, to, NOON, text, purpose=purpose)


@asynccontextmanager
async def a_shop(folder: Path, **given: object) -> AsyncIterator[Shop]:
    """A shop with all the gateways, each of whose settings may be given."""
    shop = Shop(load_settings(data_dir=folder, secret="a secret of the shop"), Exchange(folder / EXCHANGE_FILE))
    api = FastAPI()
    api.add_api_route("/{path:path}", shop.take, methods=["GET", "POST"])
    async with serving(api) as public:
        shop.settings = shop.settings.model_copy(update={"public_url": public, **given})
        async with serving(gateways(shop.exchange, shop.settings, hooks_of(shop.settings))) as url:
            urls = dict.fromkeys(("esms_url", "speedsms_url", "vonage_url", "zalo_url"), url)
            shop.settings = shop.settings.model_copy(update={**urls, **given})
            yield shop
    shop.exchange.close()


@asynccontextmanager
async def opened(open_channel: Callable[[Settings], Channel], settings: Settings) -> AsyncIterator[Channel]:
    channel = open_channel(settings)
    yield channel
    await channel.close()


async def sent(shop: Shop, open_channel: Callable[[Settings], Channel], message: Message) -> tuple[str, str, str, int]:
    """What became of a message: outcome, code, why its address closes, and how many messages were taken."""
    async with opened(open_channel, shop.settings) as channel:
        delivery = await channel.deliver(message, at_once)
    assert message.to[3:] not in delivery.reason
    return delivery.outcome, delivery.code, delivery.suppress, shop.exchange.count()


@asynccontextmanager
async def serving(api: FastAPI) -> AsyncIterator[str]:
    server = HttpServer(api, "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.port}"
    server.should_exit = True
    await serving
