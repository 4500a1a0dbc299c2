from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from activities.channels.asking import AddressSettingError
from activities.channels.base import NOT_SERVED, REPEATABLE, SETUP, ForgedCallback, Receipt
from activities.channels.esms import Esms, EsmsChannel, open_channel
from care import clock
from care.peers.magic import FAILS_INSIDE, HANGS_UP, IS_LOST, TOO_BUSY, magic_number
from tests.integration.sending.gateways import PHONE, TEXT, Shop, a_message, a_shop, opened, sent
from tests.integration.sending.leaving import at_once


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with a_shop(tmp_path) as shop:
        yield shop


async def test_an_sms_arrives_as_it_was_written_and_its_callback_says_so(shop: Shop) -> None:
    message = a_message()
    async with opened(open_channel, shop.settings) as channel:
        delivery = await channel.deliver(message, at_once)
        [receipt] = channel.hear(await shop.call())
    [taken] = shop.exchange.list()
    assert (delivery.outcome, taken.recipient, taken.body) == ("sent", PHONE, TEXT)
    assert (taken.sender, taken.reference) == ("AFTERCARE", message.reference)
    assert isinstance(receipt, Receipt)
    assert (receipt.delivery.outcome, receipt.provider_id) == ("sent", delivery.provider_id)
    assert receipt.reference == message.reference
    assert shop.heard[0].method == "GET"


@pytest.mark.parametrize(
    ("ending", "outcome", "code", "suppress", "kept"),
    [
        ("099", "failed", "bad_address", "bounced", 0),
        ("103", "retry", SETUP, "", 0),
        ("104", "retry", SETUP, "", 0),
        ("108", "failed", "bad_address", "", 0),
        ("146", "failed", "refused", "", 0),
        ("177", "failed", NOT_SERVED, "", 0),
        ("888", "failed", "refused", "", 0),
        (TOO_BUSY, "retry", "try_later", "", 0),
        (HANGS_UP, "unknown", "unanswered", "", 1),
        (FAILS_INSIDE, "unknown", "unanswered", "", 1),
    ],
)
async def test_every_magic_number_has_its_class(
    shop: Shop, ending: str, outcome: str, code: str, suppress: str, kept: int
) -> None:
    assert await sent(shop, open_channel, a_message(magic_number(ending))) == (outcome, code, suppress, kept)


@pytest.mark.parametrize(
    ("to", "code"),
    [("+12025550123", NOT_SERVED), ("+842438223344", "bad_address"), ("nobody", "bad_address")],
)
async def test_a_number_that_is_no_vietnamese_mobile_is_never_asked_for(shop: Shop, to: str, code: str) -> None:
    async with opened(open_channel, shop.settings) as channel:
        delivery = await channel.deliver(a_message(to), at_once)
    assert (delivery.outcome, delivery.code, shop.exchange.count()) == ("failed", code, 0)


async def test_advertising_is_left_to_the_next_in_line(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        delivery = await channel.deliver(a_message(purpose="marketing"), at_once)
    assert (delivery.outcome, delivery.code, shop.exchange.count()) == ("failed", NOT_SERVED, 0)


@pytest.mark.parametrize("ending", [HANGS_UP, FAILS_INSIDE])
async def test_a_message_nobody_answered_for_may_be_handed_over_again_and_there_is_one(shop: Shop, ending: str) -> None:
    message = a_message(magic_number(ending))
    async with opened(open_channel, shop.settings) as channel:
        assert (await channel.deliver(message, at_once)).outcome == "unknown"
        known = await channel.reconcile(message, clock.now())
        again = await channel.deliver(message, at_once)
    assert known is not None
    assert (known.outcome, known.code) == ("retry", REPEATABLE)
    assert (again.outcome, again.detail, shop.exchange.count()) == ("sent", "eSMS had it already", 1)


async def test_the_callback_of_a_message_nobody_answered_for_names_it_by_our_reference(shop: Shop) -> None:
    message = a_message(magic_number(HANGS_UP))
    async with opened(open_channel, shop.settings) as channel:
        assert (await channel.deliver(message, at_once)).outcome == "unknown"
        [receipt] = channel.hear(await shop.call())
    assert isinstance(receipt, Receipt)
    assert (receipt.reference, receipt.delivery.outcome) == (message.reference, "sent")


async def test_after_a_day_esms_has_forgotten_the_message_and_nobody_can_tell(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        assert await channel.reconcile(a_message(), clock.now() - timedelta(hours=24)) is None


async def test_a_set_up_that_is_wrong_is_the_shops_to_mend(shop: Shop) -> None:
    async with opened(open_channel, shop.settings.model_copy(update={"esms_secret": "wrong"})) as channel:
        delivery = await channel.deliver(a_message(), at_once)
    assert (delivery.outcome, delivery.code) == ("retry", SETUP)


async def test_two_messages_are_two_although_they_say_the_same(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        for key in ("e_1/send:hello/1:sms", "e_1/send:hello/2:sms"):
            assert (await channel.deliver(a_message(key=key), at_once)).outcome == "sent"
    assert shop.exchange.count() == 2


async def test_a_text_without_marks_is_not_sent_as_unicode(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        assert (await channel.deliver(a_message(text="Cam on"), at_once)).outcome == "sent"


async def test_a_message_the_network_lost_is_reported_as_lost_after_the_shop_was_away(shop: Shop) -> None:
    shop.refuses = 1
    async with opened(open_channel, shop.settings) as channel:
        assert (await channel.deliver(a_message(magic_number(IS_LOST)), at_once)).outcome == "sent"
        [receipt] = channel.hear(await shop.call())
    assert isinstance(receipt, Receipt)
    assert (receipt.delivery.outcome, receipt.delivery.code) == ("failed", "undelivered")


async def test_a_callback_without_the_key_is_forged_and_states_on_the_way_tell_nothing(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        await channel.deliver(a_message(), at_once)
        told = await shop.call()
        for url in (told.url.replace("/esms/", "/esms/x"), "http://shop.example/v1/hooks/esms?SMSID=1"):
            with pytest.raises(ForgedCallback):
                channel.hear(replace(told, url=url))
        for status in ("1", "2", "7", ""):
            assert channel.hear(replace(told, query={**told.query, "SendStatus": status})) == ()
        [rejected] = channel.hear(replace(told, query={**told.query, "SendStatus": "4"}))
    assert isinstance(rejected, Receipt)
    assert rejected.delivery.outcome == "failed"


async def test_without_a_secret_every_callback_is_forged(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        await channel.deliver(a_message(), at_once)
    told = await shop.call()
    async with opened(open_channel, shop.settings.model_copy(update={"secret": ""})) as channel:
        with pytest.raises(ForgedCallback):
            channel.hear(replace(told, url="http://shop.example/v1/hooks/esms/"))


async def test_nobody_listening_is_tried_again(shop: Shop) -> None:
    async with opened(open_channel, shop.settings.model_copy(update={"esms_url": "http://127.0.0.1:9"})) as channel:
        delivery = await channel.deliver(a_message(), at_once)
    assert (delivery.outcome, delivery.code) == ("retry", "unreachable")


def test_an_address_that_cannot_be_called_is_refused_at_the_start() -> None:
    with pytest.raises(AddressSettingError, match="esms_url"):
        EsmsChannel(Esms("rest.esms.vn", "key", "secret", "BRAND", "", ""))
