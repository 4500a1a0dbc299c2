"""The web with the engine running: events reach their workflow, the position is live, commands are decided at once."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient

from care import clock
from care.temporal.client import connect
from tests.integration.web.life import Life
from tests.integration.web.shop import KEY, Shop, a_delivery
from tests.temporal_server import a_worker


@pytest.fixture
async def running(shop: Shop, temporal_address: str, task_queue: str) -> AsyncIterator[AsyncClient]:
    """A client of the shop's server, with a worker at work."""
    engine = {"temporal_address": temporal_address, "task_queue": task_queue}
    shop.settings = shop.settings.model_copy(update=engine)
    shop.clock.now = clock.now()
    life = Life(shop)
    activities: list[Any] = [
        life.decider.decide,
        life.sender.send_message,
        life.desk.open_ticket,
        life.desk.escalate_ticket,
    ]
    # The worker reads what the web has sealed: it asks the same store for the customers' keys.
    sealing = await connect(shop.settings, shop.engine)
    async with a_worker(sealing, task_queue, activities), shop.served(authorization=f"Bearer {KEY}") as client:
        yield client


async def eventually(ask: Callable[[], Awaitable[dict[str, Any]]], wanted: Callable[[dict[str, Any]], bool]) -> Any:
    async with asyncio.timeout(60):
        while not wanted(found := await ask()):
            await asyncio.sleep(0.05)
    return found


async def test_an_event_is_decided_and_the_position_is_live(running: AsyncClient, shop: Shop) -> None:
    sent = (await running.post("/v1/events", json=a_delivery(time=shop.clock().isoformat()))).json()

    async def receipt() -> dict[str, Any]:
        return dict((await running.get(sent["receipt"])).json())

    async def customer() -> dict[str, Any]:
        return dict((await running.get("/v1/customers/KH-1")).json())

    decided = await eventually(receipt, lambda found: found["status"] == "decided")
    assert [each["journey"] for each in decided["entered"]] == ["washing_machine_care"]
    known = await eventually(customer, lambda found: found["live"])
    assert [stand["journey"] for stand in known["standing"]] == ["washing_machine_care"]


async def test_a_pause_at_the_console_is_decided_before_the_page_comes_back(running: AsyncClient, shop: Shop) -> None:
    sent = (await running.post("/v1/events", json=a_delivery(time=shop.clock().isoformat()))).json()

    async def receipt() -> dict[str, Any]:
        return dict((await running.get(sent["receipt"])).json())

    await eventually(receipt, lambda found: found["status"] == "decided")
    path = f"/customers/{sent['customer']}"
    token = re.search(r'name="token" value="(\w+)"', (await running.get(path)).text)
    assert token is not None
    shop.clock.pass_(minutes=1)
    await running.post(path + "/pause", data={"token": token[1], "operator": "Mai"})
    page = (await running.get(path)).text
    assert "Paused: nothing is sent" in page
    assert ">live" in page
