import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from activities.channels.base import SETUP, Message
from activities.channels.twilio import GatewayError, TwilioAccount, TwilioChannel, callback_of
from care.peers.smswords import FAILS_INSIDE, HANGS_UP, TOO_BUSY
from care.settings import Settings
from tests.integration.sending.conftest import ACCOUNT, HOST, TOKEN, SmsPeer
from tests.integration.sending.leaving import at_once
from tests.integration.sending.scripted_smtp import hung_up

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
BRAND = TwilioAccount("http://x", ACCOUNT, TOKEN, "DIENMAY", timeout=0.5)
TEXT = "Cảm ơn bạn đã mua máy giặt & chúc vui + khoẻ = 100%"


def a_message(to: str = "+84912345678") -> Message:
    return Message("e_1/send:hello/1:sms", to, NOON, TEXT)


@asynccontextmanager
async def a_server_that_says(
    answer: bytes, account: TwilioAccount = BRAND
) -> AsyncIterator[tuple[TwilioChannel, list[bytes]]]:
    """A web server that gives every request one answer; empty hangs up, and it never answers to ``...``."""
    asked: list[bytes] = []
    lines: list[asyncio.StreamWriter] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        asked.append(head + await reader.readexactly(length))
        if answer == b"...":
            await reader.read()
        else:
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(converse, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    channel = TwilioChannel(replace(account, url=f"http://{HOST}:{port}/"))
    async with server:
        yield channel, asked
    await channel.close()
    await hung_up(lines)


def said(status: str, body: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


async def test_an_sms_arrives_as_it_was_written(sms_peer: SmsPeer) -> None:
    delivery = await sms_peer.channel.deliver(a_message(), at_once)
    [sms] = sms_peer.handset.list()
    assert (delivery.outcome, delivery.provider_id) == ("sent", sms.sid)
    assert (sms.sender, sms.recipient, sms.body) == ("+84901234567", "+84912345678", TEXT)


@pytest.mark.parametrize(
    ("to", "outcome", "code", "suppress", "kept"),
    [
        ("+15005550001", "failed", "bad_address", "bounced", 0),
        ("+15005550002", "failed", "bad_address", "", 0),
        ("+15005550003", "retry", SETUP, "", 0),
        ("+15005550004", "failed", "opted_out", "withdrew", 0),
        ("+15005550009", "failed", "bad_address", "bounced", 0),
        ("12", "failed", "bad_address", "", 0),
        ("not a number", "failed", "bad_address", "", 0),
        (TOO_BUSY, "retry", "try_later", "", 0),
        (HANGS_UP, "unknown", "unanswered", "", 1),
        (FAILS_INSIDE, "unknown", "unanswered", "", 1),
    ],
)
async def test_every_magic_number_has_its_class(
    sms_peer: SmsPeer, to: str, outcome: str, code: str, suppress: str, kept: int
) -> None:
    delivery = await sms_peer.channel.deliver(a_message(to), at_once)
    assert (delivery.outcome, delivery.code, delivery.suppress) == (outcome, code, suppress)
    assert sms_peer.handset.count() == kept
    assert to not in delivery.reason


@pytest.mark.parametrize("to", ["+84 912 345 678", "0912.345.678", "+84912345678"])
async def test_a_number_reaches_the_gateway_in_one_form(sms_peer: SmsPeer, to: str) -> None:
    assert (await sms_peer.channel.deliver(a_message(to), at_once)).outcome == "sent"
    assert [sms.recipient for sms in sms_peer.handset.list()] == ["+84912345678"]


async def test_a_wrong_token_is_the_shops_to_mend(sms_peer: SmsPeer) -> None:
    channel = TwilioChannel(TwilioAccount(sms_peer.url, ACCOUNT, "wrong", "+84901234567"))
    delivery = await channel.deliver(a_message(), at_once)
    await channel.close()
    assert (delivery.outcome, delivery.code) == ("retry", SETUP)


async def test_nobody_listening_is_tried_again() -> None:
    async with a_server_that_says(b"") as (_, asked):
        pass
    gone = TwilioChannel(TwilioAccount(f"http://{HOST}:9", ACCOUNT, TOKEN, "+84901234567"))
    delivery = await gone.deliver(a_message(), at_once)
    await gone.close()
    assert (delivery.outcome, delivery.code) == ("retry", "unreachable")
    assert not asked


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        (b"", "unknown", "unanswered"),
        (b"...", "unknown", "unanswered"),
        (b"HTTP/1.1 201 Cre", "unknown", "unanswered"),
        (said("201 Created", "<html>"), "unknown", "unanswered"),
        (said("201 Created", '{"sid": null}'), "unknown", "unanswered"),
        (said("201 Created", '{"sid": "SM1", "error_code": 30005}'), "failed", "bad_address"),
        (said("302 Found", ""), "retry", SETUP),
        (said("404 Not Found", "<html>"), "retry", SETUP),
        (said("400 Bad Request", "<html>"), "failed", "refused"),
        (said("400 Bad Request", '{"code": 99999}'), "failed", "refused"),
        (said("400 Bad Request", "[]"), "failed", "refused"),
        (said("429 Too Many Requests", ""), "retry", "try_later"),
        (said("500 Oops", '{"code": 20500}'), "unknown", "unanswered"),
        (said("503 Oops", '{"code": 20429}'), "unknown", "unanswered"),
    ],
)
async def test_every_answer_has_its_class(answer: bytes, outcome: str, code: str) -> None:
    async with a_server_that_says(answer) as (channel, asked):
        delivery = await channel.deliver(a_message(), at_once)
    assert (delivery.outcome, delivery.code) == (outcome, code)
    assert len(asked) == 1


async def test_a_brand_name_is_a_sender_and_a_service_is_named_as_one() -> None:
    async with a_server_that_says(said("201 Created", '{"sid": "SM1"}')) as (channel, asked):
        assert (await channel.deliver(a_message(), at_once)).provider_id == "SM1"
    form = parse_qs(asked[0].partition(b"\r\n\r\n")[2].decode())
    assert form == {"To": ["+84912345678"], "From": ["DIENMAY"], "Body": [TEXT]}
    assert asked[0].startswith(f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json ".encode())


async def test_a_messaging_service_sends_in_its_own_name_and_changes_no_letter(sms_peer: SmsPeer) -> None:
    service = "MG" + "0a" * 16
    channel = TwilioChannel(TwilioAccount(sms_peer.url, ACCOUNT, TOKEN, service))
    assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
    await channel.close()
    assert sms_peer.handset.list()[0].sender == service


async def test_the_gateway_is_told_where_to_report_and_of_which_message() -> None:
    account = TwilioAccount("http://x", ACCOUNT, TOKEN, "DIENMAY", callback="https://shop.example/v1/hooks/twilio")
    async with a_server_that_says(said("201 Created", '{"sid": "SM1"}'), account) as (channel, asked):
        await channel.deliver(a_message(), at_once)
    form = parse_qs(asked[0].partition(b"\r\n\r\n")[2].decode())
    assert form["StatusCallback"] == [f"https://shop.example/v1/hooks/twilio?reference={a_message().reference}"]


@pytest.mark.parametrize(
    ("given", "callback"),
    [
        ({}, "http://127.0.0.1:8600/v1/hooks/twilio"),
        ({"sms_url": "https://api.twilio.com"}, ""),
        ({"sms_url": "https://api.twilio.com", "public_url": "http://shop.example"}, ""),
        (
            {"sms_url": "https://api.twilio.com", "public_url": "https://shop.example/"},
            "https://shop.example/v1/hooks/twilio",
        ),
    ],
)
def test_only_a_gateway_that_can_reach_us_safely_is_asked_to_call(given: dict[str, str], callback: str) -> None:
    assert callback_of(Settings(**given)) == callback  # type: ignore[arg-type]


@pytest.mark.parametrize(("url", "account"), [("api.twilio.com", ACCOUNT), ("ftp://x", ACCOUNT), ("https://x", "")])
def test_a_gateway_that_cannot_be_called_is_refused_at_the_start(url: str, account: str) -> None:
    with pytest.raises(GatewayError, match="sms_url"):
        TwilioChannel(TwilioAccount(url, account, TOKEN, "+84901234567"))
