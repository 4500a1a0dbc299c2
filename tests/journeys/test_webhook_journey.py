"""A journey that asks the CRM and goes on by its answer, on the real engine and in the simulator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.client import Client

from care.domain.audit import Entry
from care.domain.catalogue import Endpoint, Field
from care.domain.steps import Webhook
from care.peers.crm import crm
from care.peers.httpserver import HttpServer
from care.peers.notebook import Notebook
from care.settings import load_settings, with_secrets
from tests.builders import CATALOGUE, Story, a_plan, branch, field, hours, send
from tests.journeys.real_shop import a_real_shop
from tests.journeys.test_differential import monday_at, told

TIER = Field("journey.tier", "choice", choices=("gold", "silver"))
ASKS = replace(
    CATALOGUE,
    fields={TIER.name: TIER},
    endpoints={name: Endpoint(name, f"https://{name}.example/hooks") for name in ("crm", "gone", "busy")},
)


def asking(endpoint: str) -> Story:
    """Ask an endpoint for the customer's tier, and thank a golden one more warmly."""
    ask = Webhook("webhook:ask", 1, endpoint, hours(2), {"order": "{{ order.id }}"}, {TIER.name: "customer.tier"})
    plan = a_plan(
        ask,
        branch((field(TIER.name, "is", "gold"), "golden"), (None, "continue")),
        send("bye"),
        paths={"golden": (send("hello"),)},
    )
    story = Story(plan, starts=monday_at(10), catalogue=ASKS)
    return story.who(replies={"crm": {"customer.tier": "gold"}})


@asynccontextmanager
async def a_crm(folder: Path) -> AsyncIterator[tuple[Notebook, int]]:
    notebook = Notebook(folder / "hooks.sqlite")
    secret = with_secrets(load_settings(data_dir=folder)).webhook_secret
    server = HttpServer(crm(notebook, secret), "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield notebook, server.port
    server.should_exit = True
    await serving
    notebook.close()


async def lived(story: Story, temporal: Client, task_queue: str, folder: Path) -> tuple[list[Entry], dict[str, int]]:
    """The timeline, and how often each post reached the CRM."""
    async with a_crm(folder) as (notebook, port):
        async with a_real_shop(temporal, folder, task_queue, webhook_peer_port=port) as shop:
            timeline = await shop.live(story)
        return timeline, notebook.count_by_key()


async def test_the_answer_of_a_real_crm_leads_where_the_simulated_one_led(
    temporal: Client, task_queue: str, tmp_path: Path
) -> None:
    story = asking("crm")
    timeline, posts = await lived(story, temporal, task_queue, tmp_path)
    assert [told(entry) for entry in timeline] == [told(entry) for entry in story.played().entries]
    assert [entry.template for entry in timeline if entry.kind == "sent"] == ["hello", "bye"]
    assert list(posts.values()) == [1]
    assert next(iter(posts)).endswith("/webhook:ask/1:webhook")


@pytest.mark.parametrize(("endpoint", "code"), [("gone", "http_410"), ("busy", "http_503")])
async def test_a_journey_goes_on_without_an_answer(
    endpoint: str, code: str, temporal: Client, task_queue: str, tmp_path: Path
) -> None:
    timeline, posts = await lived(asking(endpoint), temporal, task_queue, tmp_path)
    not_called = [entry for entry in timeline if entry.kind == "not_called"]
    assert not_called[0].code == code
    assert [entry.template for entry in timeline if entry.kind == "sent"] == ["bye"]
    [times] = posts.values()
    assert times == 1 if endpoint == "gone" else times > 3
