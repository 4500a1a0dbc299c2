import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from activities.channels.base import SETUP, Callback, ForgedCallback, Receipt, Reply
from activities.channels.vonage import check_signature, open_channel
from care import clock
from care.peers.magic import FAILS_INSIDE, HANGS_UP, IS_LOST, TOO_BUSY, magic_number
from tests.integration.sending.gateways import PHONE, TEXT, Shop, a_message, a_shop, opened, sent
from tests.integration.sending.leaving import at_once

INBOUND = {
    "msisdn": "84912345678",
    "to": "AFTERCARE",
    "messageId": "0C000000217B7F02",
    "text": "Dừng & thôi = 5",
    "type": "unicode",
    "message-timestamp": "2026-03-02 05:00:00",
}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with a_shop(tmp_path) as shop:
        yield shop


async def test_an_sms_arrives_as_it_was_written_and_its_receipt_says_so(shop: Shop) -> None:
    message = a_message(text=TEXT * 2)
    async with opened(open_channel, shop.settings) as channel:
        delivery = await channel.deliver(message, at_once)
        [receipt] = channel.hear(await shop.call())
    [taken] = shop.exchange.list()
    assert (delivery.outcome, taken.recipient, taken.body) == ("sent", PHONE, TEXT * 2)
    assert isinstance(receipt, Receipt)
    assert (receipt.delivery.outcome, receipt.provider_id) == ("sent", delivery.provider_id)
    assert receipt.reference == taken.reference == message.reference
    assert receipt.at is not None
    assert receipt.at.tzinfo is not None


@pytest.mark.parametrize(
    ("ending", "outcome", "code", "suppress", "kept"),
    [
        ("001", "retry", "try_later", "", 0),
        ("003", "failed", "refused", "", 0),
        ("005", "retry", "try_later", "", 0),
        ("007", "failed", "opted_out", "withdrew", 0),
        ("009", "retry", SETUP, "", 0),
        ("010", "retry", "try_later", "", 0),
        ("012", "failed", "refused", "", 0),
        ("015", "retry", SETUP, "", 0),
        ("033", "failed", "bad_address", "bounced", 0),
        (TOO_BUSY, "retry", "try_later", "", 0),
        (HANGS_UP, "unknown", "unanswered", "", 1),
        (FAILS_INSIDE, "unknown", "unanswered", "", 1),
    ],
)
async def test_every_magic_number_has_its_class(
    shop: Shop, ending: str, outcome: str, code: str, suppress: str, kept: int
) -> None:
    assert await sent(shop, open_channel, a_message(magic_number(ending))) == (outcome, code, suppress, kept)


async def test_nobody_can_be_asked_after_a_message(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        assert await channel.reconcile(a_message(), clock.now()) is None


async def test_any_country_and_advertising_are_served(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        assert (await channel.deliver(a_message("+12025550123", purpose="marketing"), at_once)).outcome == "sent"
        assert (await channel.deliver(a_message("12"), at_once)).code == "bad_address"
    assert [taken.recipient for taken in shop.exchange.list()] == ["+12025550123"]


async def test_a_wrong_secret_is_the_shops_to_mend(shop: Shop) -> None:
    async with opened(open_channel, shop.settings.model_copy(update={"vonage_secret": "wrong"})) as channel:
        delivery = await channel.deliver(a_message(), at_once)
    assert (delivery.outcome, delivery.code) == ("retry", SETUP)


async def test_a_message_the_network_lost_is_reported_as_lost(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        await channel.deliver(a_message(magic_number(IS_LOST)), at_once)
        told = await shop.call()
        [receipt] = channel.hear(told)
        given = json.loads(told.body)
        gone = replace(told, body=json.dumps({**given, "err-code": "9"}).encode())
        [dead] = channel.hear(gone)
        for status in ("accepted", "buffered", "unknown"):
            assert channel.hear(replace(told, body=json.dumps({**given, "status": status}).encode())) == ()
    assert isinstance(receipt, Receipt)
    assert isinstance(dead, Receipt)
    assert (receipt.delivery.outcome, receipt.delivery.suppress) == ("failed", "")
    assert (dead.delivery.outcome, dead.delivery.suppress) == ("failed", "bounced")


@pytest.mark.parametrize("way", ["query", "form", "json"])
async def test_what_a_person_writes_is_heard_whichever_way_vonage_tells_it(shop: Shop, way: str) -> None:
    url = shop.settings.hook_url("vonage")
    kinds = {"form": "application/x-www-form-urlencoded", "json": "application/json"}
    bodies = {"form": urlencode(INBOUND).encode(), "json": json.dumps(INBOUND).encode()}
    headers = {"content-type": kinds[way]} if way in kinds else {}
    callback = Callback("POST", url, headers, INBOUND if way == "query" else {}, bodies.get(way, b""))
    async with opened(open_channel, shop.settings) as channel:
        [reply] = channel.hear(callback)
        with pytest.raises(ForgedCallback):
            channel.hear(replace(callback, url=f"{url}x"))
    at = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    assert reply == Reply("0C000000217B7F02", PHONE, "Dừng & thôi = 5", at)


async def test_signed_receipts_need_no_key_and_a_changed_one_is_forged(tmp_path: Path) -> None:
    signed = a_shop(tmp_path, vonage_signature="a signature secret")
    async with signed as shop, opened(open_channel, shop.settings) as channel:
        await channel.deliver(a_message(), at_once)
        told = replace(await shop.call(), url="http://shop.example/v1/hooks/vonage")
        assert len(channel.hear(told)) == 1
        with pytest.raises(ForgedCallback):
            channel.hear(replace(told, body=told.body.replace(b"delivered", b"failed")))
        unsigned = {name: value for name, value in json.loads(told.body).items() if name != "sig"}
        with pytest.raises(ForgedCallback):
            channel.hear(replace(told, body=json.dumps(unsigned).encode()))


def test_a_signature_is_over_the_sorted_parameters_with_two_letters_replaced() -> None:
    told = {"text": "a&b=c", "msisdn": "447700900001"}
    for digest, length in ((hashlib.sha256, 64), (hashlib.sha512, 128)):
        sig = hmac.new(b"secret", b"&msisdn=447700900001&text=a_b_c", digest).hexdigest()
        assert len(sig) == length
        check_signature({**told, "sig": sig.upper()}, "secret")
        with pytest.raises(ForgedCallback, match="wrong"):
            check_signature({**told, "sig": sig}, "another secret")
    with pytest.raises(ForgedCallback, match="SHA-256"):
        check_signature({**told, "sig": "0" * 32}, "secret")
