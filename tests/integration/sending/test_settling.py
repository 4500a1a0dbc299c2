"""What becomes of a message whose worker died on the last stretch, or whose provider did not answer."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from temporalio.testing import ActivityEnvironment

from activities.channels.base import REPEATABLE, Delivery, Message
from activities.channels.failover import Failover
from activities.dispatch import STILLNESS, Dispatch, StillLeavingError
from activities.settling import ABANDONED, WORTH_ASKING, Settler
from care.domain.happenings import Settled
from care.domain.orders import SendMessage, reference
from care.store import audit, claims, consents, receipts, schema
from care.store.addresses import address_key
from care.store.engine import reading, writing
from care.store.receipts import News
from care.store.settling import NotInDoubtError, settle_by_hand
from tests.integration.sending.shop import Recorder, Shop
from tests.integration.store.telling import EMAIL, NOON, minutes

KEY = address_key("email", EMAIL)
SENT = Delivery("sent", provider_id="p7")
NOT_THERE = Delivery("retry", "not_sent", "it is not there")


@pytest.fixture
def shop(store: Engine, tmp_path: Path, email: Recorder) -> Shop:
    return Shop(store, tmp_path / "templates", {"email": Failover({"first": email})})


@pytest.fixture
def settler(shop: Shop) -> Settler:
    return Settler(shop.engine, shop.outlet)


def left_behind(shop: Shop, order: SendMessage) -> SendMessage:
    """A worker marked the message as leaving at noon and died."""
    with writing(shop.engine) as conn:
        claims.claim(conn, order, KEY, NOON)
        claims.transmit(conn, order.key, {"to": EMAIL, "subject": "Chào", "text": "xin chào"}, NOON)
    return order


def close(shop: Shop) -> None:
    with writing(shop.engine) as conn:
        consents.close_address(conn, "email", KEY, consents.WITHDRAWN, "told us to stop", NOON)


async def unanswered(shop: Shop, email: Recorder) -> SendMessage:
    """A message the provider never answered for, sent at noon."""
    email.answers[:] = [Delivery("unknown", "unanswered", "no answer")]
    order = shop.order()
    assert (await shop.send(order)).outcome == "unknown"
    email.asked.clear()
    return order


async def again(shop: Shop, order: SendMessage, at: datetime) -> Settled:
    """Another attempt, which the server starts at this instant."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=at)
    return await environment.run(shop.sender.send_message, order)


def told(shop: Shop) -> list[tuple[str, str, str]]:
    with reading(shop.engine) as conn:
        return [(e.entry.kind, e.entry.what, e.entry.reason) for e in audit.timeline(conn, shop.lan)]


async def test_what_may_be_repeated_is_not_when_the_customer_stopped_meanwhile(shop: Shop, email: Recorder) -> None:
    email.answers[:] = [Delivery("unknown", "unanswered", "no answer")]
    email.known = Delivery("retry", REPEATABLE, "it counts once")
    email.when_asked = lambda: close(shop)
    settled = await shop.send(shop.order())
    assert (settled.outcome, settled.code, len(email.messages)) == ("skipped", "suppressed", 1)


async def test_what_the_provider_counts_once_is_handed_over_again_under_the_same_name(
    shop: Shop, email: Recorder
) -> None:
    email.answers[:] = [Delivery("unknown", "unanswered", "no answer"), SENT]
    email.known = Delivery("retry", REPEATABLE, "it counts once")
    settled = await shop.send(order := shop.order())
    assert (settled.outcome, shop.claim(order).phase) == ("sent", "sent")
    assert [each.reference for each in email.messages] == [reference(order.key)] * 2


async def test_the_provider_is_asked_before_a_message_left_behind_is_called_unknown(
    shop: Shop, email: Recorder
) -> None:
    order, email.known = left_behind(shop, shop.order()), SENT
    settled = await again(shop, order, minutes(1))
    claim = shop.claim(order)
    assert (settled.outcome, claim.phase, claim.provider, claim.provider_id) == ("sent", "sent", "first", "p7")
    assert not email.messages
    [asked] = email.asked
    assert (asked.key, asked.to, asked.text, asked.at) == (order.key, EMAIL, "xin chào", NOON)


async def test_what_certainly_did_not_leave_is_sent_when_nobody_can_be_at_it_any_more(
    shop: Shop, email: Recorder
) -> None:
    order, email.known = left_behind(shop, shop.order()), NOT_THERE
    with pytest.raises(StillLeavingError, match="may still be handing over"):
        await again(shop, order, NOON + STILLNESS / 2)
    assert not email.messages
    assert shop.claim(order).phase == "transmitting"
    assert (await again(shop, order, NOON + STILLNESS)).outcome == "sent"
    assert len(email.messages) == 1
    assert shop.claim(order).attempts == 2


async def test_a_message_that_another_attempt_took_up_meanwhile_is_not_freed_under_its_hands(shop: Shop) -> None:
    order = left_behind(shop, shop.order())
    with writing(shop.engine) as conn:
        assert not claims.release(conn, order.key, minutes(-1), minutes(5))
        assert claims.release(conn, order.key, NOON, minutes(5))
        assert not claims.release(conn, order.key, NOON, minutes(5))


async def test_what_the_provider_refused_before_the_worker_died_failed(shop: Shop, email: Recorder) -> None:
    order = left_behind(shop, shop.order())
    email.known = Delivery("failed", "dead_address", "no such address", suppress="bounced")
    assert (await again(shop, order, minutes(1))).code == "dead_address"
    assert (await shop.send(shop.order("receipt", purpose="transactional"))).code == "suppressed"


async def test_an_answer_that_never_came_is_looked_for_at_once(shop: Shop, email: Recorder) -> None:
    email.answers[:] = [Delivery("unknown", "unanswered", "no answer")]
    email.known = SENT
    order = shop.order()
    assert (await shop.send(order)).outcome == "sent"
    assert (shop.claim(order).phase, shop.claim(order).provider_id) == ("sent", "p7")
    assert [message.provider for message in email.asked] == ["first"]


async def test_that_it_is_not_there_yet_says_nothing_so_soon(shop: Shop, email: Recorder) -> None:
    email.known = NOT_THERE
    order = await unanswered(shop, email)
    assert (await again(shop, order, minutes(60))).outcome == "unknown"
    assert len(email.messages) == 1
    assert (shop.claim(order).phase, shop.claim(order).provider) == ("unknown", "first")


async def test_what_the_provider_told_before_its_answer_was_missed_counts(shop: Shop, email: Recorder) -> None:
    order = left_behind(shop, shop.order())
    news = News("n1", "failed", "first", "email", reference=reference(order.key))
    with writing(shop.engine) as conn:
        receipts.record(conn, news, minutes(1))
    assert (await again(shop, order, minutes(2))).outcome == "failed"
    assert not email.messages


async def test_the_sweep_settles_an_unknown_message_and_the_timeline_tells_it(
    shop: Shop, email: Recorder, settler: Settler
) -> None:
    order = await unanswered(shop, email)
    email.known = SENT
    assert await settler.settle(minutes(1)) == 0
    assert await settler.settle(minutes(5)) == 1
    assert (shop.claim(order).phase, shop.claim(order).settled_at) == ("sent", minutes(5))
    assert told(shop) == [("settled", "hello → sent after all", "the provider has it")]
    assert await settler.settle(minutes(7)) == 0
    assert len(email.messages) == 1


async def test_what_the_provider_never_had_is_not_sent_later_by_the_sweep(
    shop: Shop, email: Recorder, settler: Settler
) -> None:
    order, email.known = await unanswered(shop, email), NOT_THERE
    assert await settler.settle(minutes(5)) == 1
    assert (shop.claim(order).phase, shop.claim(order).code) == ("failed", "not_sent")
    assert [kind for kind, _, _ in told(shop)] == ["settled"]
    assert len(email.messages) == 1


async def test_the_sweep_asks_less_and_less_often_and_for_a_day(shop: Shop, email: Recorder, settler: Settler) -> None:
    order = await unanswered(shop, email)
    for minute in range(0, 60 * 30, 10):
        await settler.settle(minutes(minute))
    assert 20 <= len(email.asked) <= 32
    assert shop.claim(order).phase == "unknown"
    email.asked.clear()
    await Settler(shop.engine, shop.outlet).settle(NOON + WORTH_ASKING + timedelta(minutes=1))
    assert not email.asked


async def test_what_was_abandoned_while_leaving_becomes_unknown_so_that_people_see_it(
    shop: Shop, email: Recorder, settler: Settler
) -> None:
    order = left_behind(shop, shop.order())
    await settler.settle(NOON + ABANDONED)
    assert (shop.claim(order).phase, email.asked) == ("transmitting", [])
    await settler.settle(NOON + ABANDONED + timedelta(minutes=1))
    assert (shop.claim(order).phase, shop.claim(order).code) == ("unknown", "interrupted")
    assert len(email.asked) == 1


async def test_a_plug_in_that_breaks_does_not_keep_the_sweep_from_the_others(
    shop: Shop, email: Recorder, settler: Settler, caplog: pytest.LogCaptureFixture
) -> None:
    first = await unanswered(shop, email)
    second = left_behind(shop, shop.order(key="e_1/other/1:email"))

    class Broken(Recorder):
        async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
            if message.key == first.key:
                raise KeyError(EMAIL)
            return SENT

    assert await Settler(shop.engine, Dispatch(shop.engine, {"email": Broken()})).settle(minutes(90)) == 1
    assert (shop.claim(first).phase, shop.claim(second).phase) == ("unknown", "sent")
    assert EMAIL not in caplog.text


async def test_a_person_settles_an_unknown_message_once_under_their_name(shop: Shop, email: Recorder) -> None:
    order = await unanswered(shop, email)
    with writing(shop.engine) as conn:
        claim = settle_by_hand(conn, order.key, "failed", by="Mai", note="khách chưa nhận", at=minutes(90))
        assert (claim.phase, claim.settled_at) == ("failed", minutes(90))
        assert claim.plain_reason == "a person said what became of it"
        assert claim.reason.endswith("\nby Mai: khách chưa nhận")
        with pytest.raises(NotInDoubtError, match="is failed; a person settles only those that are unknown"):
            settle_by_hand(conn, order.key, "sent", by="Mai", note="", at=minutes(91))
        with pytest.raises(NotInDoubtError, match="there is no message 'nope'"):
            settle_by_hand(conn, "nope", "sent", by="Mai", note="", at=minutes(91))
    assert told(shop) == [("settled", "hello → not sent after all", "by Mai: khách chưa nhận")]
    with reading(shop.engine) as conn:
        [code] = conn.execute(select(schema.entries.c.code)).scalars()
    assert code == "by_hand"


REPEAT = Delivery("retry", REPEATABLE, "takes it once")


async def test_a_provider_that_takes_the_same_message_once_is_given_it_again(shop: Shop, email: Recorder) -> None:
    order, email.known = left_behind(shop, shop.order()), REPEAT
    assert (await again(shop, order, minutes(1))).outcome == "sent"
    email.answers[:] = [Delivery("unknown", "unanswered", "no answer"), SENT]
    silent = shop.order(key="e_1/silent/1:email")
    assert (await shop.send(silent)).outcome == "sent"
    assert [message.key for message in email.messages] == [order.key, silent.key, silent.key]


async def test_the_sweep_hands_nothing_over_again(shop: Shop, email: Recorder, settler: Settler) -> None:
    order, email.known = await unanswered(shop, email), REPEAT
    assert await settler.settle(minutes(5)) == 0
    assert (shop.claim(order).phase, len(email.messages)) == ("unknown", 1)


async def test_a_receipt_that_settles_an_unknown_message_is_told_in_the_timeline(shop: Shop, email: Recorder) -> None:
    order = await unanswered(shop, email)
    for number, kind in enumerate(("failed", "delivered")):
        news = News(f"n{number}", kind, "first", "email", reference=reference(order.key), reason="so it says")  # type: ignore[arg-type]
        with writing(shop.engine) as conn:
            receipts.record(conn, news, minutes(5))
    assert shop.claim(order).phase == "failed"
    assert told(shop) == [("settled", "hello → not sent after all", "so it says")]
