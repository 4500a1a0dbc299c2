"""One journey after the other on the real Temporal server, with time skipping."""

import shutil
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import track

from care.settings import load_settings
from care.temporal.client import connect
from care.temporal.devserver import temporary_server
from tests.bench.figures import Figure, figure
from tests.bench.planner import FOUR_MESSAGES
from tests.builders import Story
from tests.journeys.real_shop import a_real_shop
from tests.journeys.test_differential import monday_at

JOURNEYS = 20


async def real_journeys() -> Figure:
    """Four messages over ninety days on the real Temporal server, through the real store."""
    seen = []
    folder = Path(tempfile.mkdtemp(prefix="care-bench-"))
    try:
        with temporary_server(folder / "temporal") as address:
            client = await connect(load_settings(temporal_address=address))
            async with a_real_shop(client, folder / "shop", "bench") as shop:
                await shop.live(Story(FOUR_MESSAGES, starts=monday_at(10)))
                for _ in track(range(JOURNEYS), "Journeys on the real server", console=Console(), transient=True):
                    shop.new_customer()
                    started = time.perf_counter()
                    await shop.live(Story(FOUR_MESSAGES, starts=monday_at(10)))
                    seen.append(time.perf_counter() - started)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return figure("4-message 90-day journey, real server", "seconds", seen, 0.3, at_most=True)
