import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from activities.channels.base import NOT_SERVED, SETUP, ForgedCallback, Receipt
from activities.channels.speedsms import open_channel
from care import clock
from care.peers.magic import FAILS_INSIDE, HANGS_UP, IS_LOST, TOO_BUSY, magic_number
from tests.integration.sending.gateways import PHONE, TEXT, Shop, a_message, a_shop, opened, sent
from tests.integration.sending.leaving import at_once


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with a_shop(tmp_path) as shop:
        yield shop


async def test_an_sms_arrives_as_it_was_written_and_its_report_says_so(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        delivery = await channel.deliver(a_message(), at_once)
        [receipt] = channel.hear(await shop.call())
    [taken] = shop.exchange.list()
    assert (delivery.outcome, taken.recipient, taken.body) == ("sent", PHONE, TEXT)
    assert isinstance(receipt, Receipt)
    assert (receipt.delivery.outcome, receipt.provider_id) == ("sent", delivery.provider_id)
    assert PHONE[1:] not in receipt.id


@pytest.mark.parametrize(
    ("ending", "outcome", "code", "kept"),
    [
        ("007", "retry", SETUP, 0),
        ("105", "failed", "bad_address", 0),
        ("110", "failed", NOT_SERVED, 0),
        ("113", "failed", "refused", 0),
        ("300", "retry", SETUP, 0),
        ("500", "unknown", "unanswered", 0),
        (TOO_BUSY, "retry", "try_later", 0),
        (HANGS_UP, "unknown", "unanswered", 1),
        (FAILS_INSIDE, "unknown", "unanswered", 1),
    ],
)
async def test_every_magic_number_has_its_class(shop: Shop, ending: str, outcome: str, code: str, kept: int) -> None:
    assert await sent(shop, open_channel, a_message(magic_number(ending))) == (outcome, code, "", kept)


async def test_nobody_can_be_asked_after_a_message(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        assert await channel.reconcile(a_message(), clock.now()) is None


async def test_numbers_abroad_and_advertising_are_left_to_the_next_in_line(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        for message in (a_message("+12025550123"), a_message(purpose="marketing")):
            assert (await channel.deliver(message, at_once)).code == NOT_SERVED
    assert shop.exchange.count() == 0


async def test_a_wrong_token_is_the_shops_to_mend(shop: Shop) -> None:
    async with opened(open_channel, shop.settings.model_copy(update={"speedsms_token": "wrong"})) as channel:
        delivery = await channel.deliver(a_message(), at_once)
    assert (delivery.outcome, delivery.code) == ("retry", SETUP)


async def test_reports_tell_of_loss_and_only_the_one_who_knows_the_key_is_heard(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        await channel.deliver(a_message(magic_number(IS_LOST)), at_once)
        told = await shop.call()
        [receipt] = channel.hear(told)
        with pytest.raises(ForgedCallback):
            channel.hear(replace(told, url=told.url[:-1]))
        still = json.dumps({**json.loads(told.body), "status": 63}).encode()
        assert channel.hear(replace(told, body=still)) == ()
        for body in (b"[]", b"{", b'{"type": "sms", "phone": "84912345678", "content": "STOP"}'):
            assert channel.hear(replace(told, body=body)) == ()
    assert isinstance(receipt, Receipt)
    assert (receipt.delivery.outcome, receipt.delivery.code) == ("failed", "undelivered")
