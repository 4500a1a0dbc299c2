import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.channels.base import NOT_SERVED, SETUP, Callback, ForgedCallback, Message, Receipt
from activities.channels.zalo_zns import mac_of, open_channel, values_of
from care import clock
from care.peers.magic import FAILS_INSIDE, HANGS_UP, TOO_BUSY, magic_number
from tests.integration.sending.gateways import NOON, PHONE, Shop, a_shop, opened, sent
from tests.integration.sending.leaving import at_once

VALUES = "customer_name: Nguyễn Thị Lan\nvisit_time: 14:30\nnote: mang theo\n  hoá đơn: bản gốc"


def a_message(to: str = PHONE) -> Message:
    return Message("e_1/send:hello/1:zalo", to, NOON, VALUES, "301234", purpose="transactional")


def signed(told: Mapping[str, object], app: str = "aftercare", secret: str = "aftercare") -> Callback:
    body = json.dumps({"app_id": app, "timestamp": "1772427600000", **told}, ensure_ascii=False).encode()
    mac = f"mac={mac_of(app, body, '1772427600000', secret)}"
    return Callback("POST", "https://shop.example/v1/hooks/zalo_zns", {"x-zevent-signature": mac}, {}, body)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with a_shop(tmp_path, zalo_secret="aftercare") as shop:
        yield shop


async def test_the_values_reach_zalos_template_and_its_event_says_that_they_arrived(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        delivery = await channel.deliver(a_message(), at_once)
        [receipt] = channel.hear(await shop.call())
    [taken] = shop.exchange.list()
    assert (delivery.outcome, taken.recipient, taken.reference) == ("sent", PHONE, a_message().reference)
    assert taken.body == (
        "Template: 301234\ncustomer_name: Nguyễn Thị Lan\nvisit_time: 14:30\nnote: mang theo hoá đơn: bản gốc"
    )
    assert isinstance(receipt, Receipt)
    assert (receipt.delivery.outcome, receipt.provider_id) == ("sent", delivery.provider_id)
    assert (receipt.reference, receipt.at is None) == (a_message().reference, False)


@pytest.mark.parametrize(
    ("ending", "outcome", "code", "suppress", "kept"),
    [
        ("100", "unknown", "unanswered", "", 0),
        ("108", "failed", "bad_address", "", 0),
        ("114", "failed", "bad_address", "", 0),
        ("118", "failed", "bad_address", "", 0),
        ("112", "failed", "refused", "", 0),
        ("115", "retry", SETUP, "", 0),
        ("124", "retry", SETUP, "", 0),
        ("133", "retry", "try_later", "", 0),
        ("141", "failed", "opted_out", "withdrew", 0),
        ("144", "retry", "try_later", "", 0),
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


async def test_numbers_abroad_are_not_served(shop: Shop) -> None:
    async with opened(open_channel, shop.settings) as channel:
        assert (await channel.deliver(a_message("+12025550123"), at_once)).code == NOT_SERVED


async def test_a_token_that_ran_out_is_the_shops_to_mend_and_a_new_one_in_the_file_is_used_at_once(
    shop: Shop, tmp_path: Path
) -> None:
    file = tmp_path / "zalo.token"
    settings = shop.settings.model_copy(update={"zalo_token_file": str(file)})
    async with opened(open_channel, settings) as channel:
        assert (await channel.deliver(a_message(), at_once)).code == SETUP
        file.write_bytes(b"\xff")
        assert (await channel.deliver(a_message(), at_once)).code == SETUP
        file.write_text("yesterday's\n")
        assert (await channel.deliver(a_message(), at_once)).code == SETUP
        file.write_text("aftercare\n")
        assert (await channel.deliver(a_message(), at_once)).outcome == "sent"


async def test_a_rating_says_that_the_message_arrived_and_the_chat_says_nothing(shop: Shop) -> None:
    rated = {"msg_id": "7e4c", "tracking_id": "abc", "rate": 5, "submit_time": "1772427600000"}
    async with opened(open_channel, shop.settings) as channel:
        [receipt] = channel.hear(signed({"event_name": "user_feedback", "message": rated}))
        chat = {"event_name": "user_received_message", "message": {"msg_id": "1"}}
        assert channel.hear(signed(chat)) == ()
        assert channel.hear(signed({"event_name": "user_send_text", "message": {"text": "hi"}})) == ()
    assert isinstance(receipt, Receipt)
    assert (receipt.delivery.outcome, receipt.delivery.detail) == ("sent", "rated 5")
    assert receipt.at == datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


async def test_what_zalo_did_not_sign_is_forged(shop: Shop) -> None:
    told = signed({"event_name": "user_received_message", "message": {"msg_id": "1", "delivery_time": "1"}})
    async with opened(open_channel, shop.settings) as channel:
        for forged in (
            replace(told, headers={}),
            replace(told, body=told.body.replace(b"1", b"2", 1)),
            replace(told, body=b"[]"),
            replace(told, body=b"[" * 100_000),
            signed({"event_name": "x"}, secret="another"),
        ):
            with pytest.raises(ForgedCallback):
                channel.hear(forged)
    settings = shop.settings.model_copy(update={"zalo_secret": ""})
    async with opened(open_channel, settings) as channel:
        with pytest.raises(ForgedCallback):
            channel.hear(signed({"event_name": "x"}, secret=""))


def test_a_line_without_a_name_goes_on_with_the_value_before() -> None:
    assert values_of("a: 1\n\n  b_2 :two: 2\nđịa chỉ: Hà Nội") == {"a": "1", "b_2": "two: 2 địa chỉ: Hà Nội"}
    assert values_of("nothing") == {}
