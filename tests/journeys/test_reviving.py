"""Temporal's database is lost, or set back to an older copy: customers who were asleep go on from the store."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from temporalio.client import Client

from care import clock
from care.domain.happenings import EXITED, Event
from care.domain.simulation import Scripted
from care.settings import load_settings
from care.store import customers, inbox, schema
from care.store.engine import reading, writing
from care.store.incoming import IncomingEvent
from care.temporal.client import connect, ensure_sweep, position, tell
from care.temporal.devserver import temporary_server
from care.temporal.reviving import DONE, _note, revive_all, revive_lost
from care.temporal.timeskipping import VirtualTime
from tests.acceptance.cli.shop import noon_zone
from tests.builders import Story, a_plan, days, send, wait, wait_for
from tests.journeys.real_shop import RealShop, a_real_shop
from tests.journeys.scripted import eventually, handle_of

STORY = Story(a_plan(send("hello"), wait_for("order.returned", days(30)), send("hint"), wait(8), send("bye")))


class Sleeper:
    """One customer of a shop whose Temporal server may vanish."""

    def __init__(self, shop: RealShop, client: Client, task_queue: str) -> None:
        self.shop, self.client, self.task_queue = shop, client, task_queue
        self.engine: Engine = shop._engine

    async def hear(self, type: str, order: str) -> str:
        """Post an event of an order at the present instant; the customer's key."""
        told = Scripted(clock.now(), Event(f"{type} {order}", type, order), {"order.total": 5_000_000})
        return await self._post(self.shop._incoming(STORY.who(zone=noon_zone()), told))

    async def operate(self, customer: str, command: str) -> str:
        """Let an operator do something to the customer's journey."""
        with reading(self.engine) as conn:
            person = customers.person(conn, customer)
        assert person is not None
        given = {"customer": {"id": person.id}, "data": {"journey": "journey"}, "operator": "Lan"}
        return await self._post(IncomingEvent(id="by hand", source="care", type=command, time=clock.now(), **given))

    async def _post(self, event: IncomingEvent) -> str:
        now = clock.now()
        with writing(self.engine) as conn:
            receipt = inbox.accept(conn, event, now)
        await tell(self.client, receipt.customer, receipt.id, task_queue=self.task_queue)
        return receipt.customer

    def stands(self, customer: str) -> tuple[str, str] | None:
        with reading(self.engine) as conn:
            state = customers.state(conn, customer)
        return (state.enrolments[0].step, state.enrolments[0].doing) if state and state.enrolments else None

    def messages(self) -> list[tuple[str, str, int]]:
        with reading(self.engine) as conn:
            claims = schema.claims.c
            rows = conn.execute(select(claims.step, claims.phase, claims.attempts).order_by(claims.at))
            return [(row.step, row.phase, row.attempts) for row in rows]


@asynccontextmanager
async def a_sleeper(folder: Path, database: Path, task_queue: str, number: str) -> AsyncIterator[Sleeper]:
    """The shop in ``folder`` over a Temporal server with its database in another."""
    with temporary_server(database) as address:
        client = await connect(load_settings(temporal_address=address))
        await ensure_sweep(client, task_queue="nobody")
        async with a_real_shop(client, folder, task_queue) as shop:
            shop._number, shop._stories = number, 1
            shop._publish(STORY)
            yield Sleeper(shop, client, task_queue)


async def _sleep_to_the_end(there: Sleeper, customer: str) -> None:
    await VirtualTime(there.client).move_on(handle_of(there.client, customer), timedelta(days=8, minutes=1))
    await eventually(lambda: there.stands(customer) is None)


SENT_ONCE = [("send:hello", "sent", 1), ("send:hint", "sent", 1), ("send:bye", "sent", 1)]
WAITS_FOR = ("wait_for:order.returned", "event")
WAITS = ("wait:8 days", "wait")


async def test_a_customer_asleep_goes_on_when_temporals_database_was_lost(tmp_path: Path, task_queue: str) -> None:
    async with a_sleeper(tmp_path / "shop", tmp_path / "first", task_queue, "1111") as there:
        customer = await there.hear("order.delivered", "o1")
        await eventually(lambda: there.stands(customer) == WAITS_FOR)
        await there.hear("order.returned", "o1")
        await eventually(lambda: there.stands(customer) == WAITS)
    shutil.rmtree(tmp_path / "first")

    async with a_sleeper(tmp_path / "shop", tmp_path / "second", task_queue, "1111") as there:
        assert await position(there.client, customer) is None
        assert await revive_lost(there.engine, there.client, task_queue=task_queue) == 1
        assert await _note(there.client) == DONE
        assert await revive_lost(there.engine, there.client, task_queue=task_queue) == 0
        await eventually(lambda: _wakes(there, customer))
        await _sleep_to_the_end(there, customer)
        assert there.messages() == SENT_ONCE


async def _wakes(there: Sleeper, customer: str) -> Any:
    stands = await position(there.client, customer)
    return stands is not None and stands.wake_at


async def test_workflows_older_than_the_store_catch_up(tmp_path: Path, task_queue: str) -> None:
    """The older copy knows only the first purchase; in the store that is over, and the second has gone far."""
    first, older = tmp_path / "first", tmp_path / "older"
    async with a_sleeper(tmp_path / "shop", first, task_queue, "2222") as there:
        customer = await there.hear("order.delivered", "o1")
        await eventually(lambda: there.stands(customer) == WAITS_FOR)
    shutil.copytree(first, older)
    async with a_sleeper(tmp_path / "shop", first, task_queue, "2222") as there:
        await there.operate(customer, EXITED)
        await eventually(lambda: _is_over(there, customer))
        await there.hear("order.delivered", "o2")
        await eventually(lambda: there.stands(customer) == WAITS_FOR)
        await there.hear("order.returned", "o2")
        await eventually(lambda: there.stands(customer) == WAITS)

    async with a_sleeper(tmp_path / "shop", older, task_queue, "2222") as there:
        stands = await position(there.client, customer)
        assert stands is not None
        assert [each.step for each in stands.enrolments] == [WAITS_FOR[0]]
        told: list[int] = []
        assert await revive_all(there.engine, there.client, told.append, task_queue=task_queue) == sum(told) == 1
        await eventually(lambda: _is_at(there, customer, WAITS[0]))
        await _sleep_to_the_end(there, customer)
        assert there.messages() == [("send:hello", "sent", 1), *SENT_ONCE]


async def _is_over(there: Sleeper, customer: str) -> bool:
    return there.stands(customer) is None and await position(there.client, customer) is None


async def _is_at(there: Sleeper, customer: str, step: str) -> bool:
    stands = await position(there.client, customer)
    return stands is not None and [each.step for each in stands.enrolments] == [step] and not stands.in_flight
