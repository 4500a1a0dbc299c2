"""A shop that lived some weeks: a store with purchases, answers, a ticket, an opt-out and a return."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.integration.backtest.weeks import Weeks, some_weeks
from tests.integration.web.shop import Shop, settings_in


@pytest.fixture
def backend() -> str:
    """Reading the past is tried on both databases in test_pasts; here one is enough."""
    return "sqlite"


@pytest.fixture
async def weeks(store: Engine, store_url: str, tmp_path: Path) -> Weeks:
    shop = Shop(store, settings_in(tmp_path, store_url))
    shop.publish()
    return await some_weeks(shop, timedelta(days=40))
