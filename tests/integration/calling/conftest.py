"""The other side of webhooks: the CRM that `care up` runs, and a shop that calls it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from care.peers.crm import crm
from care.peers.httpserver import HttpServer
from care.peers.notebook import Notebook
from tests.integration.calling.shop import SECRET, CallingShop


@dataclass(frozen=True, slots=True)
class Crm:
    notebook: Notebook
    port: int


@pytest.fixture
def backend() -> str:
    """One is enough: webhooks have no statements of their own."""
    return "sqlite"


@pytest.fixture
async def crm_peer(tmp_path: Path) -> AsyncIterator[Crm]:
    notebook = Notebook(tmp_path / "hooks.sqlite")
    server = HttpServer(crm(notebook, SECRET), "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Crm(notebook, server.port)
    server.should_exit = True
    await serving
    notebook.close()


@pytest.fixture
async def shop(store: Engine, tmp_path: Path) -> AsyncIterator[CallingShop]:
    shop = CallingShop(store, tmp_path / "templates")
    yield shop
    await shop.close()
