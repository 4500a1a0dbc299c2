"""What every channel must do, whoever its provider is: check a plug-in by putting its provider on the stand.

A plug-in of the shop's own is checked likewise: write a ``Stand`` for it, with a peer that behaves as its provider.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from activities.channels.base import (
    REPEATABLE,
    Callback,
    Channel,
    Delivery,
    ForgedCallback,
    HeldBack,
    Message,
    Receipt,
    Reply,
)
from care.settings import Settings
from tests.integration.sending.leaving import at_once

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
RUBBISH = (b"", b"\xff\xfe\x00", b"[]", b"null", b'"text"', b"{", b'{"status": {}}', b"a=1&a=2&=&%", b"<html></html>")

Open = Callable[[Settings], Channel]


@dataclass(frozen=True, slots=True)
class Stand:
    """A provider, ready to be sent to.

    Attributes:
        settings: Under which the plug-in reaches its peer.
        received: How many messages the peer has taken; ``None`` where there is no peer.
        message: One that is taken.
        refused: An address the provider refuses for good; empty when it refuses none.
        silent: An address whose message is taken and never answered for; empty when it always answers.
        nowhere: Settings under which nobody is there; empty when nobody has to be.
    """

    settings: Settings
    received: Callable[[], int] | None
    message: Message
    refused: str = ""
    silent: str = ""
    nowhere: Mapping[str, object] = field(default_factory=dict)

    def to(self, address: str) -> Message:
        """A message to an address, which is another one than ``message``."""
        return replace(self.message, to=address, key=f"e_1/to{address}/1:x")

    def has(self, count: int) -> bool:
        """Whether the peer has taken so many messages."""
        return self.received is None or self.received() == count


async def takes_a_message_and_says_so(open_channel: Open, stand: Stand) -> None:
    """What is taken was received once, and the provider's name for it is known."""
    async with _opened(open_channel, stand.settings) as channel:
        delivery = await channel.deliver(stand.message, at_once)
    assert (delivery.outcome, delivery.code) == ("sent", "")
    assert stand.has(1)
    assert delivery.provider_id
    _is_discreet(delivery, stand.message)


async def leaves_only_when_it_may(open_channel: Open, stand: Stand) -> None:
    """The provider has nothing until the channel has asked to leave, and never gets what must stay."""
    asked: list[bool] = []

    async def not_now() -> None:
        asked.append(stand.has(0))
        raise HeldBack("it must stay")

    async def now() -> None:
        asked.append(stand.has(0))

    async with _opened(open_channel, stand.settings) as channel:
        with pytest.raises(HeldBack):
            await channel.deliver(stand.message, not_now)
        assert stand.has(0)
        delivery = await channel.deliver(stand.message, now)
    assert delivery.outcome == "sent"
    assert stand.has(1)
    assert asked
    assert all(asked)


async def says_that_a_refused_message_failed(open_channel: Open, stand: Stand) -> None:
    """What the provider will never take has failed, for a reason that can be counted and names nobody."""
    message = stand.to(stand.refused)
    async with _opened(open_channel, stand.settings) as channel:
        delivery = await channel.deliver(message, at_once)
    assert delivery.outcome == "failed"
    assert stand.has(0)
    assert delivery.code
    _is_discreet(delivery, message)


async def says_that_a_provider_is_away(open_channel: Open, stand: Stand) -> None:
    """What nobody could take is tried later, and asking after it gives no answer."""
    settings = stand.settings.model_copy(update=dict(stand.nowhere))
    async with _opened(open_channel, settings) as channel:
        delivery = await channel.deliver(stand.message, _never)
        known = await channel.reconcile(stand.message, NOON)
    assert (delivery.outcome, delivery.code) == ("retry", "unreachable")
    assert known is None or known.code == REPEATABLE


async def does_not_know_what_was_never_answered(open_channel: Open, stand: Stand) -> None:
    """Silence after the message was handed over is ``unknown``, never a reason to try again."""
    message = stand.to(stand.silent)
    async with _opened(open_channel, stand.settings) as channel:
        delivery = await channel.deliver(message, at_once)
    assert delivery.outcome == "unknown"
    assert stand.has(1)
    assert delivery.code
    _is_discreet(delivery, message)


async def sends_nothing_when_asked(open_channel: Open, stand: Stand) -> None:
    """Asking what became of a message sends none, whether the provider has it or not."""
    async with _opened(open_channel, stand.settings) as channel:
        never = await channel.reconcile(stand.message, NOON)
        assert stand.has(0)
        await channel.deliver(stand.message, at_once)
        known = await channel.reconcile(stand.message, NOON)
        assert stand.has(1)
    if stand.received is not None:
        assert never is None or never.outcome == "retry"
    assert known is None or known.outcome in ("sent", "failed") or known.code == REPEATABLE


async def hears_nothing_in_rubbish(open_channel: Open, stand: Stand) -> None:
    """What its provider cannot have sent is refused or means nothing; it never breaks."""
    async with _opened(open_channel, stand.settings) as channel:
        for method in ("GET", "POST"):
            for body in RUBBISH:
                for kind in ("application/json", "application/x-www-form-urlencoded", ""):
                    headers = {"content-type": kind} if kind else {}
                    heard = _heard(channel, Callback(method, "https://shop.example/v1/hooks/x", headers, {}, body))
                    assert not any(isinstance(news, Receipt | Reply) for news in heard)


async def closes_twice(open_channel: Open, stand: Stand) -> None:
    """A channel is closed as often as anybody likes, used or not."""
    for uses in (False, True):
        channel = open_channel(stand.settings)
        if uses:
            await channel.deliver(stand.message, at_once)
        await channel.close()
        await channel.close()


Check = Callable[[Open, Stand], Awaitable[None]]
ALWAYS: tuple[Check, ...] = (
    takes_a_message_and_says_so,
    leaves_only_when_it_may,
    sends_nothing_when_asked,
    hears_nothing_in_rubbish,
    closes_twice,
)
SOMETIMES: Mapping[Check, str] = {
    says_that_a_refused_message_failed: "refused",
    says_that_a_provider_is_away: "nowhere",
    does_not_know_what_was_never_answered: "silent",
}


def checks(stand: Stand) -> list[Check]:
    """What this provider can be asked to show."""
    return [*ALWAYS, *(check for check, need in SOMETIMES.items() if getattr(stand, need))]


@asynccontextmanager
async def _opened(open_channel: Open, settings: Settings):  # type: ignore[no-untyped-def]
    channel = open_channel(settings)
    yield channel
    await channel.close()


async def _never() -> None:
    pytest.fail("where nobody is there, nothing leaves")


def _heard(channel: Channel, callback: Callback) -> tuple[Receipt | Reply, ...]:
    try:
        return channel.hear(callback)
    except ForgedCallback:
        return ()


def _is_discreet(delivery: Delivery, message: Message) -> None:
    told = f"{delivery.reason} {delivery.code}"
    assert message.to not in told
    assert message.text not in told
