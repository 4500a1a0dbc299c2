"""Failover: another provider only when the one before certainly did not send, and none that is known to be down."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from activities.channels.base import NOT_SERVED, REPEATABLE, SETUP, Callback, Delivery, Leave, Message, Receipt, Reply
from activities.channels.failover import Circuit, Failover
from tests.builders import MONDAY_10
from tests.integration.sending.leaving import at_once

MESSAGE = Message("e_1/hello/1:sms", "+84912345678", MONDAY_10, "Chào")
SENT = Delivery("sent", provider_id="p1")
UNREACHABLE = Delivery("retry", "unreachable", "nobody there")
UNKNOWN = Delivery("unknown", "unanswered", "no answer")
NOT_THERE = Delivery("retry", "not_sent", "not there")


@dataclass(slots=True)
class Provider:
    """A plug-in that answers by a list, whose last answer is repeated."""

    answers: list[Delivery]
    knows: Delivery | None = None
    taken: int = 0
    asked: int = 0
    closed: int = 0

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        await leave()
        self.taken += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        self.asked += 1
        return self.knows

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        return ()

    async def close(self) -> None:
        self.closed += 1


@dataclass(slots=True)
class Clock:
    now: float = 0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Line:
    """Two providers behind circuits that open after two failures, for ten seconds."""

    first: Provider
    second: Provider
    clock: Clock = field(default_factory=Clock)
    channel: Failover = field(init=False)

    def __post_init__(self) -> None:
        circuits = {name: Circuit(limit=2, pause=10, clock=self.clock) for name in ("first", "second")}
        self.channel = Failover({"first": self.first, "second": self.second}, circuits)

    async def send(self) -> tuple[str, str]:
        delivery = await self.channel.deliver(MESSAGE, at_once)
        return delivery.outcome, delivery.provider


def a_line(*first: Delivery, second: Delivery = SENT) -> Line:
    return Line(Provider(list(first)), Provider([second]))


@pytest.mark.parametrize("code", ["unreachable", SETUP, NOT_SERVED])
async def test_the_next_provider_takes_what_the_first_certainly_did_not_send(code: str) -> None:
    line = a_line(Delivery("retry", code, "no"))
    assert await line.send() == ("sent", "second")


@pytest.mark.parametrize(
    "answer",
    [
        UNKNOWN,
        Delivery("retry", "try_later", "busy"),
        Delivery("failed", "bad_address", "no such number"),
        SENT,
    ],
)
async def test_the_next_provider_is_never_asked_after_any_other_answer(answer: Delivery) -> None:
    line = a_line(answer)
    assert await line.send() == (answer.outcome, "first")
    assert line.second.taken == 0


async def test_where_no_provider_can_be_reached_the_message_is_tried_later() -> None:
    line = a_line(Delivery("retry", NOT_SERVED, "abroad"), second=UNREACHABLE)
    assert await line.send() == ("retry", "second")


async def test_what_no_provider_serves_fails_so_that_another_channel_is_tried() -> None:
    abroad = Delivery("retry", NOT_SERVED, "a number abroad")
    delivery = await a_line(abroad, second=abroad).channel.deliver(MESSAGE, at_once)
    assert (delivery.outcome, delivery.code) == ("failed", NOT_SERVED)


@pytest.mark.parametrize("trouble", [UNREACHABLE, UNKNOWN, Delivery("retry", SETUP, "no login")])
async def test_a_provider_that_fails_again_and_again_is_left_alone_and_tried_after_a_pause(trouble: Delivery) -> None:
    line = a_line(trouble, trouble, trouble, SENT)
    for _ in range(4):
        await line.send()
    assert (line.first.taken, line.second.taken) == (2, 2 if trouble is UNKNOWN else 4)
    line.clock.now = 10
    await line.send()
    assert line.first.taken == 3
    line.clock.now = 19
    assert await line.send() == ("sent", "second")
    line.clock.now = 20
    assert await line.send() == ("sent", "first")
    assert await line.send() == ("sent", "first")


async def test_one_good_answer_forgets_the_failures_before_it() -> None:
    line = a_line(UNREACHABLE, Delivery("failed", "bad_address", "no"), UNREACHABLE, SENT)
    for _ in range(4):
        await line.send()
    assert line.first.taken == 4


def test_after_the_pause_one_message_alone_tries_the_provider() -> None:
    clock = Clock()
    circuit = Circuit(limit=1, pause=5, clock=clock)
    assert circuit.lets_through()
    circuit.went(well=False)
    assert not circuit.lets_through()
    clock.now = 5
    assert [circuit.lets_through() for _ in range(3)] == [True, False, False]
    circuit.went(well=True)
    assert circuit.lets_through()


async def test_the_provider_that_was_used_is_asked_what_became_of_a_message() -> None:
    line = a_line(SENT)
    line.first.knows, line.second.knows = NOT_THERE, SENT
    used = Message("k", "+84912345678", MONDAY_10, "Chào", provider="second")
    found = await line.channel.reconcile(used, MONDAY_10)
    assert found is not None
    assert (found.outcome, found.provider, line.first.asked) == ("sent", "second", 0)
    gone = Message("k", "+84912345678", MONDAY_10, "Chào", provider="of last year")
    assert await line.channel.reconcile(gone, MONDAY_10) is None


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        (NOT_THERE, SENT, "sent"),
        (None, SENT, "sent"),
        (NOT_THERE, NOT_THERE, "retry"),
        (None, NOT_THERE, ""),
        (NOT_THERE, None, ""),
    ],
)
async def test_where_it_is_not_known_who_was_used_each_is_asked_and_all_must_be_certain(
    first: Delivery | None, second: Delivery | None, outcome: str
) -> None:
    line = a_line(SENT)
    line.first.knows, line.second.knows = first, second
    found = await line.channel.reconcile(MESSAGE, MONDAY_10)
    assert (found.outcome if found else "") == outcome


async def test_closing_closes_every_provider() -> None:
    line = a_line(SENT)
    await line.channel.close()
    assert (line.first.closed, line.second.closed) == (1, 1)


async def test_what_may_be_handed_over_again_is_not_where_another_provider_might_get_it() -> None:
    line = a_line(SENT)
    line.first.knows, line.second.knows = Delivery("retry", REPEATABLE, "takes it once"), NOT_THERE
    assert await line.channel.reconcile(MESSAGE, MONDAY_10) is None
    alone = await Failover({"first": line.first}).reconcile(MESSAGE, MONDAY_10)
    assert alone is not None
    assert alone.code == REPEATABLE
