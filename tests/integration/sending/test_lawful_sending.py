"""What leaves is lawful where its reader lives, or it does not leave and says why."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.senders import senders_of
from activities.sending import MessageSender
from care.domain.orders import SendMessage
from care.rendering import Renderer
from care.settings import load_settings
from care.store import plans
from care.store.engine import reading, writing
from care.store.plans import RulebookCache
from tests.builders import CATALOGUE, COMPANY
from tests.integration.sending.shop import LINKS, Recorder, Shop, publish
from tests.integration.store.telling import NOON, tell
from tests.rulebook.test_policies import STRICT

OPEN = replace(CATALOGUE, company=replace(COMPANY, quiet_hours=None, frequency_cap=None))
# Two in the morning in Hồ Chí Minh City, when no law of Vietnam lets advertising by SMS leave.
DEAD_OF_NIGHT = NOON + timedelta(hours=14)


@pytest.fixture
def shop(store: Engine, tmp_path: Path, email: Recorder, sms: Recorder) -> Shop:
    """A shop without quiet hours, where Lan agreed to advertising on every channel."""
    shop = Shop(store, tmp_path / "templates", {"email": email, "sms": sms})
    (tmp_path / "templates" / "sms" / "deal.vi.txt").write_text("Giảm {{ discount }}", encoding="utf-8")
    with writing(store) as conn:
        publish(conn, OPEN)
        for channel in ("email", "sms"):
            data = {"channel": channel, "purpose": "marketing", "method": "checkbox"}
            tell(conn, "consent.given", -30, data=data)
    return shop


def deal(shop: Shop, channel: str, at: datetime = NOON, number: int = 1) -> SendMessage:
    key = f"e_1/deal/{number}:{channel}"
    return shop.order("deal", channel, key=key, purpose="marketing", values={"discount": "5%"}, at=at)


def sent_from(shop: Shop, senders: Mapping[str, str], folder: Path) -> None:
    """Let SMS leave under these names, by provider."""
    cache, renderer = RulebookCache(shop.engine), Renderer(folder)
    shop.sender = MessageSender(shop.engine, cache, renderer, LINKS, shop.outlet, {"sms": senders})


async def test_label_and_way_out_are_in_what_leaves_and_in_what_is_kept(shop: Shop, sms: Recorder) -> None:
    order = deal(shop, "sms")
    assert (await shop.send(order)).outcome == "sent"
    [message] = sms.messages
    assert message.text == f"[QC] Giảm 5% Từ chối: {message.unsubscribe_url}"
    assert shop.snapshot(order)["text"] == message.text


async def test_the_law_holds_an_sms_at_night_and_lets_an_email_and_care_go(
    shop: Shop, sms: Recorder, email: Recorder
) -> None:
    settled = await shop.send(deal(shop, "sms", DEAD_OF_NIGHT))
    assert (settled.outcome, settled.code) == ("deferred", "policy_window")
    assert settled.reason == "Vietnam: no advertising SMS between 22:00 and 07:00 (Decree 91/2020)"
    assert settled.until == DEAD_OF_NIGHT + timedelta(hours=5)
    assert not sms.messages
    assert (await shop.send(shop.order(channel="sms", at=DEAD_OF_NIGHT))).outcome == "sent"


async def test_the_fourth_advertisement_in_24_hours_waits_until_the_first_is_a_day_old(
    shop: Shop, sms: Recorder
) -> None:
    for number in range(3):
        later = NOON + timedelta(minutes=10 * number)
        assert (await shop.send(deal(shop, "sms", later, number))).outcome == "sent"
    care = shop.order(channel="sms", key="e_1/hello/9:sms", at=NOON + timedelta(minutes=25))
    assert (await shop.send(care)).outcome == "sent"
    fourth = await shop.send(deal(shop, "sms", NOON + timedelta(minutes=30), 4))
    assert (fourth.outcome, fourth.code) == ("deferred", "policy_cap")
    assert fourth.until == NOON + timedelta(hours=24)
    assert len(sms.messages) == 4


async def test_advertising_leaves_under_a_name_or_not_at_all(shop: Shop, sms: Recorder, tmp_path: Path) -> None:
    sent_from(shop, {"twilio": "+84901234567"}, tmp_path / "templates")
    settled = await shop.send(deal(shop, "sms"))
    assert (settled.outcome, settled.code) == ("failed", "policy_sender")
    assert settled.reason.endswith("and twilio sends from the number +84901234567")
    assert (await shop.send(shop.order(channel="sms"))).outcome == "sent"
    sent_from(shop, {"esms": "ANNHA"}, tmp_path / "templates")
    assert (await shop.send(deal(shop, "sms", number=2))).outcome == "sent"
    assert len(sms.messages) == 2


async def test_what_the_law_wants_shown_and_nobody_wrote_down_stops_the_message(shop: Shop, email: Recorder) -> None:
    with writing(shop.engine) as conn:
        publish(conn, replace(OPEN, company=replace(OPEN.company, address="")))
    order = replace(deal(shop, "email"), offer="gift", offer_expires_at=NOON + timedelta(days=14))
    settled = await shop.send(order)
    assert (settled.outcome, settled.code) == ("failed", "policy_identity")
    assert "must show the company's address, which the catalogue does not give" in settled.reason
    assert not email.messages


async def test_a_pack_of_the_operators_own_holds_from_its_publication_on(shop: Shop, sms: Recorder) -> None:
    with writing(shop.engine) as conn:
        sources = {"policies/vietnam.yaml": STRICT}
        plans.publish(conn, plans.Draft(NOON, "tester", "", OPEN, (), (shop.plan,), sources))
    with reading(shop.engine) as conn:
        [vietnam] = [pack for pack in plans.load_rulebook(conn).policies if pack.name == "vietnam"]
    assert vietnam.rules[0].cap is not None
    evening = NOON + timedelta(hours=6)
    settled = await shop.send(deal(shop, "sms", evening))
    assert (settled.code, settled.until) == ("policy_window", NOON + timedelta(hours=21))
    with writing(shop.engine) as conn:
        publish(conn, OPEN)
    assert (await shop.send(deal(shop, "sms", evening))).outcome == "sent"


def test_names_are_those_of_the_providers_that_send_to_the_world() -> None:
    assert senders_of(load_settings()) == {"sms": {}}
    abroad = load_settings(sms_channel="esms, speedsms, vonage, outbox", speedsms_type="2", vonage_from="SHOP")
    assert senders_of(abroad) == {"sms": {"esms": "AFTERCARE", "speedsms": "", "vonage": "SHOP"}}
    real = load_settings(sms_channel="twilio", sms_url="https://api.twilio.com")
    assert senders_of(real) == {"sms": {"twilio": "+84901234567"}}
