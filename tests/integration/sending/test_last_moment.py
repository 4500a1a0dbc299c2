"""A message is claimed, judged and marked at the last moment: what happens while its channel connects still counts."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities import marking
from activities.channels.base import Callback, Delivery, Leave, Message, Receipt, Reply
from activities.marking import Against, Outgoing
from care.domain.errors import CareError
from care.store import claims
from care.store.engine import StoreUnavailable, reading, writing
from tests.integration.sending.shop import Recorder, Shop
from tests.integration.store.telling import tell

NEW_ADDRESS = "moi@example.vn"


@dataclass(slots=True)
class Slow:
    """A channel to whose connecting something happens."""

    meanwhile: Callable[[], Awaitable[None]]
    taken: list[Message] = field(default_factory=list)

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        await self.meanwhile()
        await leave()
        self.taken.append(message)
        return Delivery("sent", provider_id="p1")

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        return None

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        return ()

    async def close(self) -> None:
        return


def _shop(store, tmp_path, channel) -> Shop:  # type: ignore[no-untyped-def]
    return Shop(store, tmp_path / "templates", {"email": channel})


async def test_who_dies_while_connecting_has_left_nothing_and_is_simply_tried_again(store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    async def die() -> None:
        raise asyncio.CancelledError

    channel = Slow(die)
    shop = _shop(store, tmp_path, channel)
    order = shop.order()
    with pytest.raises(asyncio.CancelledError):
        await shop.send(order)
    with reading(shop.engine) as conn:
        assert claims.message(conn, order.key) is None

    async def nothing() -> None:
        return

    channel.meanwhile = nothing
    assert (await shop.send(order)).outcome == "sent"
    assert len(channel.taken) == 1


async def test_a_customer_who_opts_out_while_the_channel_connects_gets_nothing(store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    async def opt_out() -> None:
        with writing(shop.engine) as conn:
            tell(conn, "consent.withdrawn", data={"channel": "email", "purpose": "care"})

    channel = Slow(opt_out)
    shop = _shop(store, tmp_path, channel)
    settled = await shop.send(shop.order())
    assert settled.outcome == "skipped"
    assert channel.taken == []


async def test_a_customer_who_moves_while_the_channel_connects_gets_it_at_the_new_address(store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    async def move() -> None:
        with writing(shop.engine) as conn:
            tell(conn, "customer.updated", customer={"email": NEW_ADDRESS})

    channel = Slow(move)
    shop = _shop(store, tmp_path, channel)
    order = shop.order()
    settled = await shop.send(order)
    assert (settled.outcome, settled.code, channel.taken) == ("retry", "moved", [])
    assert (await shop.send(order)).outcome == "sent"
    assert [message.to for message in channel.taken] == [NEW_ADDRESS]


async def test_what_never_left_is_kept_with_its_reason(store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    nobody = Delivery("retry", "unreachable", "nobody is there")
    shop = _shop(store, tmp_path, Recorder([nobody], away=True))
    order = shop.order()
    settled = await shop.send(order)
    assert (settled.outcome, settled.code) == ("retry", "unreachable")
    claim = shop.claim(order)
    assert (claim.phase, claim.reason, claim.transmitting_at) == ("released", "nobody is there", None)


async def test_a_mark_whose_answer_was_lost_is_taken_back_and_the_message_leaves_once(
    store: Engine, tmp_path: Path, email: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = _shop(store, tmp_path, email)
    order = shop.order()
    claim = shop.sender.claim

    def unheard(outgoing: Outgoing, now: datetime) -> Against | None:
        claim(outgoing, now)
        raise StoreUnavailable("the answer to the commit was lost")

    monkeypatch.setattr(shop.sender, "claim", unheard)
    with pytest.raises(StoreUnavailable):
        await shop.send(order)
    assert (shop.claim(order).phase, email.messages) == ("released", [])
    monkeypatch.undo()
    assert (await shop.send(order)).outcome == "sent"
    assert len(email.messages) == 1


async def test_the_mark_of_another_attempt_is_not_taken_back(
    store: Engine, tmp_path: Path, email: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = _shop(store, tmp_path, email)
    order = shop.order()

    def overtaken(outgoing: Outgoing, now: datetime) -> Against | None:
        with writing(shop.engine) as conn:
            claims.claim(conn, order, outgoing.address_key, now)
            marking.mark(conn, outgoing, now - timedelta(seconds=1))
        raise StoreUnavailable("the answer was lost, and nothing was written")

    monkeypatch.setattr(shop.sender, "claim", overtaken)
    with pytest.raises(StoreUnavailable):
        await shop.send(order)
    assert shop.claim(order).phase == "transmitting"


async def test_what_breaks_behind_the_door_does_not_take_the_mark_back(store: Engine, tmp_path: Path) -> None:
    class Broken(Recorder):
        async def deliver(self, message: Message, leave: Leave) -> Delivery:
            await leave()
            self.messages.append(message)
            raise CareError("the plug-in broke after its first byte")

    channel = Broken()
    shop = _shop(store, tmp_path, channel)
    order = shop.order()
    with pytest.raises(CareError):
        await shop.send(order)
    assert shop.claim(order).phase == "transmitting"
    assert (await shop.send(order)).outcome == "unknown"
    assert len(channel.messages) == 1
