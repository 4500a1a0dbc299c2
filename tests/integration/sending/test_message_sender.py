import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text
from temporalio.testing import ActivityEnvironment

from activities.channels.base import Delivery
from activities.channels.outbox import Outbox
from activities.dispatch import StillLeavingError
from activities.sending import MessageSender
from care.domain.catalogue import Cap, Window
from care.domain.happenings import Settled
from care.domain.journey import Sending
from care.store import claims, offers, schema
from care.store.engine import reading, writing
from tests.builders import CATALOGUE
from tests.integration.sending.conftest import MailPeer, SmsPeer
from tests.integration.sending.shop import LINKS, Recorder, Shop, publish
from tests.integration.store.telling import EMAIL, NOON, PHONE, enrol, minutes, tell

OpenShop = Callable[..., Shop]
NIGHT = NOON + timedelta(hours=10)


@pytest.fixture
def shop(store: Engine, tmp_path: Path, email: Recorder, sms: Recorder) -> Shop:
    return Shop(store, tmp_path / "templates", {"email": email, "sms": sms})


def statement(engine: Engine, sql: str) -> None:
    with engine.connect() as conn:
        conn.execute(text(sql))
        conn.commit()


async def test_a_message_is_rendered_delivered_and_kept_as_it_was_sent(shop: Shop, email: Recorder) -> None:
    order = shop.order()
    settled = await shop.send(order)
    assert (settled.id, settled.outcome, settled.reason) == (order.key, "sent", "")
    [message] = email.messages
    assert (message.to, message.subject, message.at) == (EMAIL, "Chào Lan", NOON)
    assert message.text == "Máy giặt 12000000 của đơn DH-1.\n"
    assert message.html == "<p>Chào Lan</p>"
    claim = shop.claim(order)
    assert (claim.phase, claim.outcome, claim.provider_id, claim.order_id) == ("sent", "sent", "p1", "DH-1")
    assert shop.snapshot(order) == {
        "to": EMAIL,
        "subject": "Chào Lan",
        "text": message.text,
        "html": message.html,
        "headers": {"List-Unsubscribe": f"<{message.unsubscribe_url}>"},
    }


async def test_asked_again_under_the_same_key_nothing_is_sent_twice(shop: Shop, email: Recorder) -> None:
    for outcome in ("sent", "unknown", "failed"):
        order = shop.order(key=f"e_1/{outcome}/1:email")
        email.answers[:] = [Delivery(outcome, "a_code", "a reason", detail="lan@example.vn says no")]
        first, again = await shop.send(order), await shop.send(order)
        assert first == again
        assert (again.outcome, again.reason, again.code) == (outcome, "a reason", "a_code")
    assert len(email.messages) == 3


async def test_a_message_that_was_leaving_when_its_worker_died_is_unknown_for_ever(shop: Shop, email: Recorder) -> None:
    order = shop.order()
    with writing(shop.engine) as conn:
        claims.claim(conn, order, "key", NOON)
        claims.transmit(conn, order.key, {}, NOON)
    first, again = await shop.send(order), await shop.send(order)
    assert (first.outcome, first.code) == ("unknown", "interrupted")
    assert again == first
    assert not email.messages
    assert shop.claim(order).phase == "unknown"


async def test_a_claim_that_got_no_further_goes_on(shop: Shop, email: Recorder) -> None:
    order = shop.order()
    with writing(shop.engine) as conn:
        claims.claim(conn, order, "key", NOON)
    assert (await shop.send(order)).outcome == "sent"
    assert len(email.messages) == 1


async def test_of_many_attempts_at_once_one_delivers(shop: Shop, email: Recorder) -> None:
    order = shop.order()
    ended = await asyncio.gather(*(shop.send(order) for _ in range(6)), return_exceptions=True)
    assert len(email.messages) == 1
    settled = [each for each in ended if isinstance(each, Settled)]
    assert {each.outcome for each in settled} <= {"sent", "unknown"}
    # Who came a moment too late is tried again, and finds what became of it.
    assert all(isinstance(each, Settled | StillLeavingError) for each in ended)
    assert (await shop.send(order)).outcome == "sent"
    assert len(email.messages) == 1
    assert shop.claim(order).phase == "sent"


async def test_a_failure_for_now_frees_the_claim_and_the_next_try_delivers(shop: Shop, email: Recorder) -> None:
    order = shop.order()
    email.answers[:] = [Delivery("retry", "try_later", "busy"), Delivery("sent")]
    first = await shop.send(order)
    assert (first.outcome, first.code, shop.claim(order).phase) == ("retry", "try_later", "released")
    assert (await shop.send(replace(order, at=minutes(5)))).outcome == "sent"
    assert shop.claim(order).attempts == 2


async def test_the_other_channel_of_a_step_that_may_have_arrived_is_skipped(shop: Shop, sms: Recorder) -> None:
    await shop.send(shop.order())
    settled = await shop.send(shop.order(channel="sms"))
    assert (settled.outcome, settled.code) == ("skipped", "already_sent")
    assert not sms.messages


async def test_the_other_channel_of_a_step_that_failed_is_tried(shop: Shop, email: Recorder, sms: Recorder) -> None:
    email.answers[:] = [Delivery("failed", "refused_by_policy", "no")]
    await shop.send(shop.order())
    assert (await shop.send(shop.order(channel="sms"))).outcome == "sent"
    assert sms.messages[0].to == PHONE
    assert sms.messages[0].text.startswith("Chào Lan https://shop.example/u/")


async def test_a_withdrawal_after_the_decision_still_stops_the_message(shop: Shop, email: Recorder) -> None:
    order = shop.order()
    with writing(shop.engine) as conn:
        tell(conn, "consent.withdrawn", data={"channel": "email", "purpose": "care"})
    settled = await shop.send(order)
    assert (settled.outcome, settled.code) == ("skipped", "suppressed")
    assert not email.messages
    assert shop.claim(order).phase == "released"


async def test_a_withdrawal_between_two_tries_stops_the_second(shop: Shop, email: Recorder) -> None:
    email.answers[:] = [Delivery("retry", "try_later", "busy")]
    order = shop.order()
    await shop.send(order)
    with writing(shop.engine) as conn:
        tell(conn, "consent.withdrawn", 1, data={"channel": "email", "purpose": "care"})
    assert (await shop.send(replace(order, at=minutes(5)))).code == "suppressed"
    assert len(email.messages) == 1


async def test_marketing_needs_a_consent(shop: Shop, email: Recorder) -> None:
    order = shop.order(
        "deal", purpose="marketing", offer="gift", offer_expires_at=minutes(1440), values={"discount": "5%"}
    )
    assert (await shop.send(order)).code == "no_consent"
    with writing(shop.engine) as conn:
        tell(conn, "consent.given", data={"channel": "email", "purpose": "marketing"})
    assert (await shop.send(order)).outcome == "sent"


async def test_in_quiet_hours_a_message_waits_for_the_morning(shop: Shop, email: Recorder) -> None:
    settled = await shop.send(shop.order(at=NIGHT))
    assert (settled.outcome, settled.code) == ("deferred", "quiet_hours")
    assert settled.until == (NIGHT + timedelta(hours=10)).replace(hour=1)
    assert not email.messages


async def test_a_late_attempt_is_judged_by_the_time_the_server_started_it(shop: Shop, email: Recorder) -> None:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=NIGHT)
    settled = await environment.run(shop.sender.send_message, shop.order())
    assert (settled.outcome, settled.code) == ("deferred", "quiet_hours")


async def test_what_comes_too_late_is_skipped(shop: Shop) -> None:
    settled = await shop.send(shop.order(expires_at=NOON))
    assert (settled.outcome, settled.code) == ("skipped", "expired")


async def test_over_the_cap_a_message_waits_and_a_transactional_one_does_not(shop: Shop, email: Recorder) -> None:
    for number in range(3):
        await shop.send(shop.order(key=f"e_1/s{number}/1:email", at=minutes(number)))
    settled = await shop.send(shop.order(key="e_1/s3/1:email", at=minutes(3)))
    assert (settled.outcome, settled.code, settled.until) == ("deferred", "capped", NOON + timedelta(days=7))
    assert (await shop.send(shop.order("receipt", purpose="transactional", at=minutes(3)))).outcome == "sent"
    assert email.messages[-1].unsubscribe_url == ""


def limited(shop: Shop, name: str, **limits: object) -> None:
    """Lan's plan gets limits of its own, and a newer revision of her journey has none."""
    with writing(shop.engine) as conn:
        shop.plan = publish(conn, CATALOGUE, hash=f"hash of {name}", sending=Sending(**limits))  # type: ignore[arg-type]
        enrol(conn, shop.lan, f"e_{name}", journey=name, plan=shop.plan.hash)
        publish(conn, CATALOGUE)
    shop.stands()


async def test_the_plans_own_quiet_hours_are_asked_again_at_the_moment_of_sending(shop: Shop, email: Recorder) -> None:
    free = shop.order()
    limited(shop, "siesta", quiet_hours=Window(11 * 60, 14 * 60))
    held = await shop.send(shop.order(key="e_1/held/1:email"))
    assert (held.outcome, held.code, held.until) == ("deferred", "quiet_hours", minutes(120))
    assert held.reason == "quiet hours of this journey in the customer's time"
    assert (await shop.send(free)).outcome == "sent"
    assert len(email.messages) == 1


async def test_the_plans_own_cap_counts_what_other_journeys_sent_long_ago(shop: Shop, email: Recorder) -> None:
    await shop.send(shop.order(key="e_0/hello/1:email", at=NOON - timedelta(days=20)))
    limited(shop, "shy", frequency_cap=Cap(1, 30 * 86_400))
    held = await shop.send(shop.order(key="e_1/held/1:email"))
    assert (held.outcome, held.code, held.until) == ("deferred", "capped", NOON + timedelta(days=10))
    assert held.reason == "the frequency cap of this journey is reached"
    assert len(email.messages) == 1


async def test_of_messages_that_want_the_last_free_slot_at_once_one_gets_it(shop: Shop, email: Recorder) -> None:
    orders = [shop.order(key=f"e_1/s{number}/1:email") for number in range(6)]
    settled = await asyncio.gather(*map(shop.send, orders))
    assert sorted(each.outcome for each in settled) == ["deferred"] * 3 + ["sent"] * 3
    assert len(email.messages) == 3


async def test_who_left_the_journey_or_was_paused_gets_nothing(shop: Shop, email: Recorder) -> None:
    shop.stands(paused=True)
    paused = await shop.send(shop.order())
    assert (paused.outcome, paused.code) == ("deferred", "paused")
    shop.stands(left=True)
    left = await shop.send(shop.order())
    assert (left.outcome, left.code) == ("skipped", "left")
    assert not email.messages


async def test_a_template_that_cannot_be_rendered_fails_that_message_alone(shop: Shop, email: Recorder) -> None:
    order = shop.order("sorry")
    settled = await shop.send(order)
    assert (settled.outcome, settled.code) == ("failed", "template")
    assert settled.reason == "template sorry cannot be rendered"
    assert "email/sorry.vi.txt:3: 'nobody' is undefined" in shop.claim(order).reason
    assert await shop.send(order) == settled
    assert not email.messages


async def test_a_template_that_renders_to_nothing_is_not_sent(shop: Shop, email: Recorder) -> None:
    settled = await shop.send(shop.order("ask", "sms"))
    assert (settled.outcome, settled.code) == ("failed", "template")


async def test_a_template_missing_for_the_channel_is_said_so(shop: Shop) -> None:
    assert (await shop.send(shop.order("bye", "sms"))).code == "template"


async def test_a_channel_the_shop_does_not_have_fails_over(store: Engine, tmp_path: Path) -> None:
    shop = Shop(store, tmp_path / "templates", {"sms": Outbox()})
    settled = await shop.send(shop.order())
    assert (settled.outcome, settled.code) == ("skipped", "no_channel")
    assert (await shop.send(shop.order(channel="sms"))).outcome == "sent"


async def test_the_outbox_keeps_the_message_readable(store: Engine, tmp_path: Path) -> None:
    shop = Shop(store, tmp_path / "templates", {"email": Outbox()})
    await shop.send(shop.order())
    assert shop.snapshot(shop.order())["subject"] == "Chào Lan"
    assert shop.claim(shop.order()).provider_id == "outbox"


async def test_without_an_address_nothing_is_sent(shop: Shop, email: Recorder) -> None:
    with writing(shop.engine) as conn:
        tell(conn, "customer.updated", customer={"email": None})
    assert (await shop.send(shop.order())).code == "no_address"


async def test_a_customer_is_written_to_in_her_own_language(shop: Shop, email: Recorder) -> None:
    with writing(shop.engine) as conn:
        tell(conn, "customer.updated", customer={"locale": "en-US"})
    await shop.send(shop.order())
    assert email.messages[0].subject == "Hello Lan"


async def test_a_survey_carries_signed_links_and_its_reminder_asks_the_same_question(
    shop: Shop, email: Recorder
) -> None:
    await shop.send(shop.order("ask", survey="csat"))
    await shop.send(shop.order("ask", survey="csat", part="remind", key="e_1/ask+remind/1:email"))
    plain, *scored, reminder = email.messages[0].text.split("\n")[:-1]
    assert LINKS.read_survey(plain.rpartition("/")[2]).step_key == "e_1/ask/1"
    answers = [LINKS.read_survey(line.rpartition("/")[2]) for line in scored]
    assert [answer.score for answer in answers] == [1, 2, 3, 4, 5]
    assert reminder == "False"
    assert email.messages[1].text == email.messages[0].text.replace("False", "True")


async def test_an_unsubscribe_link_names_the_message_the_channel_and_the_purpose(shop: Shop, email: Recorder) -> None:
    await shop.send(shop.order())
    link = LINKS.read_unsubscribe(email.messages[0].unsubscribe_url.rpartition("/")[2])
    assert (link.message, link.customer, link.channel, link.purpose) == (shop.order().key, shop.lan, "email", "care")


async def test_an_offer_has_one_code_for_ever_and_is_made_once(shop: Shop, email: Recorder) -> None:
    with writing(shop.engine) as conn:
        tell(conn, "consent.given", data={"channel": "email", "purpose": "marketing"})
    more: dict[str, Any] = {"purpose": "marketing", "offer": "gift", "offer_expires_at": NOON + timedelta(days=14)}
    order = shop.order("deal", values={"discount": "10%"}, **more)
    email.answers[:] = [Delivery("retry", "try_later", "busy"), Delivery("sent")]
    await shop.send(order)
    gift = CATALOGUE.offers["gift"]
    with writing(shop.engine) as conn:
        publish(conn, replace(CATALOGUE, offers={"gift": replace(gift, code="OTHER-{unique}")}))
    assert (await shop.send(replace(order, at=minutes(5)))).outcome == "sent"
    with reading(shop.engine) as conn:
        [made] = offers.listing(conn, shop.lan)
    assert made.code.startswith("GIFT-")
    assert len(made.code) == len("GIFT-") + 8
    words = f"{made.code} đến 16/03/2026, 10%\n"
    assert [message.text.startswith(words) for message in email.messages] == [True, True]
    settled = await shop.send(shop.order("deal", key="e_1/again/1:email", values={"discount": "5%"}, **more))
    assert (settled.outcome, settled.code) == ("skipped", "offered_before")


async def test_scores_of_this_enrolment_and_facts_reach_the_template(shop: Shop, email: Recorder) -> None:
    shop.stands(answers={"csat.score": 4.0})
    await shop.send(shop.order("bye"))
    assert email.messages[0].text == "4 - 0\n"


@pytest.mark.parametrize(
    ("suppress", "then"), [("bounced", "address does not exist"), ("withdrew", "address does not exist")]
)
async def test_a_dead_address_is_closed_for_every_later_message(
    shop: Shop, email: Recorder, suppress: str, then: str
) -> None:
    email.answers[:] = [Delivery("failed", "dead_address", then, detail="<lan@example.vn>", suppress=suppress)]  # type: ignore[arg-type]
    await shop.send(shop.order())
    settled = await shop.send(shop.order("receipt", purpose="transactional"))
    assert (settled.outcome, settled.code) == ("skipped", "suppressed")
    assert then in settled.reason
    assert len(email.messages) == 1


async def test_nothing_the_server_is_told_names_the_customer(shop: Shop, email: Recorder) -> None:
    email.answers[:] = [Delivery("failed", "refused", "refused", detail="550 <lan@example.vn> Lan")]
    order = shop.order()
    told = str(await shop.send(order)) + str(await shop.send(order))
    assert EMAIL not in told
    assert "Lan" not in told
    assert EMAIL in shop.claim(order).reason


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_store_that_is_away_after_delivery_does_not_make_the_message_unknown(
    shop: Shop, email: Recorder
) -> None:
    email.gate = asyncio.Event()
    sending = asyncio.create_task(shop.send(shop.order()))
    while not email.messages:
        await asyncio.sleep(0.01)
    statement(shop.engine, "ALTER TABLE claims RENAME TO claims_away")
    failed = threading.Event()
    event.listen(shop.engine, "handle_error", lambda _: failed.set())
    email.gate.set()
    assert await asyncio.to_thread(failed.wait, 10)
    statement(shop.engine, "ALTER TABLE claims_away RENAME TO claims")
    assert (await sending).outcome == "sent"
    assert shop.claim(shop.order()).phase == "sent"


async def test_a_worker_told_to_stop_still_brings_a_message_on_its_way_to_its_end(shop: Shop, email: Recorder) -> None:
    email.gate = asyncio.Event()
    environment = ActivityEnvironment()
    sending = asyncio.ensure_future(environment.run(shop.sender.send_message, shop.order()))
    while not email.messages:
        await asyncio.sleep(0.01)
    sending.cancel()
    await asyncio.sleep(0)
    email.gate.set()
    assert (await sending).outcome == "sent"
    assert shop.claim(shop.order()).phase == "sent"


async def test_over_real_peers_both_channels_deliver(
    store: Engine, tmp_path: Path, mail_peer: MailPeer, sms_peer: SmsPeer
) -> None:
    shop = Shop(store, tmp_path / "templates", {"email": mail_peer.channel, "sms": sms_peer.channel})
    assert (await shop.send(shop.order())).outcome == "sent"
    assert (await shop.send(shop.order("hello", "sms", key="e_1/other/1:sms"))).outcome == "sent"
    [mail], [sms] = mail_peer.mailbox.list(), sms_peer.handset.list()
    assert (mail.recipient, sms.recipient) == (EMAIL, PHONE)
    assert shop.claim(shop.order()).provider_id == mail.message_id


async def test_a_mail_server_that_hangs_up_after_the_dot_leaves_one_mail_and_an_unknown(
    store: Engine, tmp_path: Path, mail_peer: MailPeer
) -> None:
    shop = Shop(store, tmp_path / "templates", {"email": mail_peer.channel})
    with writing(store) as conn:
        tell(conn, "customer.updated", customer={"email": "drop-after-dot@example.vn"})
    for _ in range(3):
        assert (await shop.send(shop.order())).outcome == "unknown"
    assert mail_peer.mailbox.count() == 1


def test_the_activity_has_the_contracts_name() -> None:
    assert MessageSender.send_message.__temporal_activity_definition.name == "send_message"  # type: ignore[attr-defined]


def test_no_suppression_is_written_without_need(shop: Shop) -> None:
    with reading(shop.engine) as conn:
        assert conn.execute(select(schema.suppressions)).all() == []
