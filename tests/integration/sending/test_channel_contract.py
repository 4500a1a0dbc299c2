"""Every installed plug-in does what a channel must do."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from activities.channels.base import Message
from activities.channels.registry import GROUP, known_providers
from care.peers.exchange import EXCHANGE_FILE, Exchange
from care.peers.gateways import gateways
from care.peers.handset import Handset
from care.peers.magic import HANGS_UP, magic_number
from care.peers.mailbox import Mailbox
from care.peers.mailcatcher import serve_mail
from care.peers.smsgateway import gateway
from care.peers.smswords import HANGS_UP as TWILIO_HANGS_UP
from care.settings import Settings, load_settings
from care.temporal.devserver import free_port
from tests.integration.sending.channel_contract import ALWAYS, NOON, SOMETIMES, Check, Stand
from tests.integration.sending.gateways import serving

PHONE = "+84912345678"
MAIL = Message(
    "e_1/hello/1:email", "lan@example.vn", NOON, "Chào chị Lan", "Cảm ơn", "<p>Chào chị Lan</p>", purpose="care"
)
SMS = Message("e_1/hello/1:sms", PHONE, NOON, "Chao chi Lan", purpose="care")
ZALO = Message("e_1/hello/1:zalo", PHONE, NOON, "customer_name: Lan", "301234", purpose="care")


def some_settings(folder: Path, **given: object) -> Settings:
    return load_settings(data_dir=folder, secret="a secret of the contract", **given)


@asynccontextmanager
async def outbox(folder: Path) -> AsyncIterator[Stand]:
    yield Stand(some_settings(folder), None, MAIL)


@asynccontextmanager
async def smtp(folder: Path) -> AsyncIterator[Stand]:
    mailbox = Mailbox(folder / "mail.sqlite")
    async with await serve_mail(mailbox, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield Stand(
            some_settings(folder, smtp_port=port),
            mailbox.count,
            MAIL,
            refused="bounce@example.vn",
            silent="drop-after-dot@example.vn",
            nowhere={"smtp_port": free_port()},
        )
    mailbox.close()


@asynccontextmanager
async def twilio(folder: Path) -> AsyncIterator[Stand]:
    handset, settings = Handset(folder / "sms.sqlite"), some_settings(folder)
    async with serving(gateway(handset, settings.sms_account, settings.sms_token)) as url:
        yield Stand(
            settings.model_copy(update={"sms_url": url}),
            handset.count,
            SMS,
            refused="+15005550001",
            silent=TWILIO_HANGS_UP,
            nowhere={"sms_url": f"http://127.0.0.1:{free_port()}"},
        )
    handset.close()


def one_of_the_gateways(setting: str, message: Message, code: str) -> "OpenStand":
    @asynccontextmanager
    async def stand(folder: Path) -> AsyncIterator[Stand]:
        exchange, settings = Exchange(folder / EXCHANGE_FILE), some_settings(folder)
        async with serving(gateways(exchange, settings, {})) as url:
            yield Stand(
                settings.model_copy(update={setting: url, "public_url": f"http://127.0.0.1:{free_port()}"}),
                exchange.count,
                message,
                refused=magic_number(code),
                silent=magic_number(HANGS_UP),
                nowhere={setting: f"http://127.0.0.1:{free_port()}"},
            )
        exchange.close()

    return stand


OpenStand = Callable[[Path], AbstractAsyncContextManager[Stand]]
STANDS: dict[str, OpenStand] = {
    "outbox": outbox,
    "smtp": smtp,
    "twilio": twilio,
    "esms": one_of_the_gateways("esms_url", SMS, "099"),
    "speedsms": one_of_the_gateways("speedsms_url", SMS, "105"),
    "vonage": one_of_the_gateways("vonage_url", SMS, "006"),
    "zalo_zns": one_of_the_gateways("zalo_url", ZALO, "118"),
}


def test_every_plug_in_that_is_installed_is_on_the_stand() -> None:
    assert sorted(STANDS) == known_providers()


@pytest.mark.parametrize("check", [*ALWAYS, *SOMETIMES], ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", STANDS)
async def test_a_plug_in_does_what_a_channel_must_do(name: str, check: Check, tmp_path: Path) -> None:
    [plugin] = {each for each in entry_points(group=GROUP) if each.name == name}
    async with AsyncExitStack() as stack:
        stand = await stack.enter_async_context(STANDS[name](tmp_path))
        if check in SOMETIMES and not getattr(stand, SOMETIMES[check]):
            assert name == "outbox", f"the stand of {name} lacks {SOMETIMES[check]!r}"
            return
        await check(plugin.load(), stand)
