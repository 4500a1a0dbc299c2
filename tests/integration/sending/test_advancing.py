"""Messages that leave within the task that decided them, by the real decider and the real sender over a real store."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from temporalio.testing import ActivityEnvironment

from activities import promptness
from activities.advancing import Advancer
from activities.contract import Decided, DecideRequest
from activities.deciding import Decider
from activities.promptness import NotAtOnceError, Promptness
from care.domain.happenings import Heard, Settled
from care.domain.orders import SendMessage
from care.store import audit, customers, plans, schema
from care.store.engine import reading, writing
from care.store.plans import RulebookCache
from tests.builders import a_plan, send, uncapped, wait
from tests.integration.sending.shop import Recorder, Shop
from tests.integration.store.telling import NOON, lan, take_in
from tests.integration.store.telling import an_event as told

Send = Callable[[SendMessage, datetime], Awaitable[Settled]]
TWO = replace(a_plan(send("hello"), send("receipt"), wait(3), send("bye"), journey="care"), hash="care-two", revision=0)


class Life:
    """Lan buys in a shop whose journey begins with two messages by e-mail; nothing is decided yet."""

    def __init__(self, engine: Engine, folder: Path, email: Recorder) -> None:
        self.shop = Shop(engine, folder, {"email": email})
        self.engine, self.decider = engine, Decider(engine, RulebookCache(engine))
        with writing(engine) as conn:
            plans.publish(conn, plans.Draft(NOON, "tester", "", uncapped(), (), (TWO,), {}))
            self.customer = lan(conn, id="KH-2", name="Lan", locale="vi", email="lan2@example.vn")
            row = take_in(conn, told("order.delivered", customer={"id": "KH-2"}, order={"id": "DH-2", "total": 5}))
        self.first = DecideRequest("run:0", self.customer, None, (Heard(row.id),), NOON)

    async def advance(self, send: Send | None = None, rated: tuple[str, ...] = ()) -> Decided:
        """What a worker does with the first task."""
        advancer = Advancer(self.decider, send or self.shop.sender.send, Promptness(rated))
        return await ActivityEnvironment().run(advancer.decide, self.first)

    def decisions(self) -> list[str]:
        with reading(self.engine) as conn:
            return sorted(conn.execute(select(schema.decisions.c.key)).scalars())

    def phases(self) -> list[str]:
        with reading(self.engine) as conn:
            return sorted(conn.execute(select(schema.claims.c.phase)).scalars())


@pytest.fixture
def life(store: Engine, tmp_path: Path, email: Recorder) -> Life:
    return Life(store, tmp_path / "templates", email)


async def test_all_messages_up_to_the_wait_leave_within_one_task(life: Life, email: Recorder) -> None:
    decided = await life.advance()
    assert [each.template for each in email.messages] == ["hello", "receipt"]
    assert (decided.orders, decided.state.in_flight) == ((), ())
    assert decided.state.enrolments[0].doing == "wait"
    assert decided.wake_at == decided.state.enrolments[0].until
    assert decided.consumed == (life.first.happenings[0].id,)
    assert life.decisions() == ["run:0", "run:0.1", "run:0.2"]
    with reading(life.engine) as conn:
        assert customers.state(conn, life.customer) == decided.state


async def test_a_task_that_is_done_again_sends_nothing_again_and_is_told_the_same(life: Life, email: Recorder) -> None:
    decided = await life.advance()
    assert await life.advance() == decided
    assert len(email.messages) == 2
    assert life.decisions() == ["run:0", "run:0.1", "run:0.2"]


async def test_a_channel_with_a_rate_gets_its_messages_over_its_queue(life: Life, email: Recorder) -> None:
    decided = await life.advance(rated=("email",))
    assert not email.messages
    assert [order.template for order in decided.orders if isinstance(order, SendMessage)] == ["hello"]


async def test_whoever_dies_after_the_message_left_leaves_an_order_that_finds_its_outcome(
    life: Life, email: Recorder
) -> None:
    async def dying(order: SendMessage, now: datetime) -> Settled:
        await life.shop.sender.send(order, now)
        raise RuntimeError("the worker was killed")

    decided = await life.advance(dying)
    [order] = decided.orders
    assert isinstance(order, SendMessage)
    assert (await life.shop.send(order)).outcome == "sent"
    assert len(email.messages) == 1


async def test_whoever_dies_before_the_second_decision_goes_on_from_the_first_answer(
    life: Life, email: Recorder
) -> None:
    take, taken = life.decider.take, []

    def once(request, earlier=None):  # type: ignore[no-untyped-def]
        taken.append(request.key)
        if len(taken) == 2:
            raise RuntimeError("the store went away")
        return take(request, earlier)

    life.decider.take = once  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        await life.advance()
    decided = await life.advance()
    assert taken == ["run:0", "run:0.1", "run:0"]
    [order] = decided.orders
    assert order == decided.state.in_flight[0]
    assert isinstance(order, SendMessage)
    assert (await life.shop.send(order)).outcome == "sent"
    assert len(email.messages) == 1


async def test_two_workers_at_the_same_task_tell_of_a_message_once(life: Life, email: Recorder) -> None:
    """One stands still while it sends; the other takes over from the first answer and comes second."""
    other: list[Decided] = []

    async def standing_still(order: SendMessage, now: datetime) -> Settled:
        settled = await life.shop.sender.send(order, now)
        if not other:
            other.append(life.decider.decide(life.first))
        return settled

    await life.advance(standing_still)
    [order] = other[0].orders
    outcome = Settled(order.key, "sent")
    life.decider.decide(DecideRequest("run:1", life.customer, other[0].state, (outcome,), NOON))
    with reading(life.engine) as conn:
        told = [line.entry.kind for line in audit.timeline(conn, life.customer) if line.entry.message == order.key]
    assert told.count("sent") == 1
    assert len(email.messages) == 2


async def test_the_order_of_decisions_is_told_by_their_keys() -> None:
    keys = ["r:10", "r:2.10", "r:2", "r:2.9", "r:3"]
    assert sorted(keys, key=audit.number_of) == ["r:2", "r:2.9", "r:2.10", "r:3", "r:10"]


async def test_a_channel_that_hangs_is_left_alone_and_its_places_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promptness, "QUICK", 0.05)
    prompt, hangs = Promptness(), asyncio.Event()

    async def hold() -> None:
        async with prompt.at_once("email"):
            await hangs.wait()

    holding = [asyncio.ensure_future(hold()) for _ in range(promptness.AT_ONCE)]
    await asyncio.sleep(0)
    for words in ("busy", "right now"):  # All places are taken; then it is known that they are taken for long.
        with pytest.raises(NotAtOnceError, match=words):
            async with prompt.at_once("email"):
                pass
    async with prompt.at_once("sms"):
        pass
    hangs.set()
    await asyncio.gather(*holding)
    with pytest.raises(NotAtOnceError):  # It was slow a moment ago.
        async with prompt.at_once("email"):
            pass
    monkeypatch.setattr(promptness, "SHY", 0.0)
    async with prompt.at_once("email"):
        pass
