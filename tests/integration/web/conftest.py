"""A shop with a store, and a client of its API."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from tests.integration.web.shop import KEY, Shop, settings_in


@pytest.fixture
def backend() -> str:
    """The store behind the web; what depends on the database runs on both (see test_taking_events)."""
    return "sqlite"


@pytest.fixture
def shop(store: Engine, store_url: str, tmp_path: Path) -> Shop:
    shop = Shop(store, settings_in(tmp_path, store_url))
    shop.publish()
    return shop


@pytest.fixture
async def api(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with shop.served(authorization=f"Bearer {KEY}") as client:
        yield client


@pytest.fixture
async def browser(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with shop.served(accept="text/html") as client:
        yield client
