"""A real `care api` in front of a shop a week into its journeys, for others to throw things at."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from care.settings import as_environment
from care.store import api_keys
from care.store.api_keys import SCOPES
from care.store.engine import migrate, open_store, writing
from care.temporal.devserver import free_port
from tests.integration.web.life import Life
from tests.integration.web.shop import KEY, Shop, a_delivery, settings_in

CARE = Path(sys.executable).with_name("care")
PATIENCE = 60.0
_BROKEN = ("Traceback", "while answering", "the store failed")


@dataclass(frozen=True)
class Served:
    """Where the server is, a key that may do everything, and what it wrote to its log."""

    url: str
    key: str
    log: Path

    def complaints(self) -> list[str]:
        """The lines of its log that tell of something broken."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if any(word in line for word in _BROKEN)]


@contextmanager
def served(folder: Path, database_url: str = "") -> Iterator[Served]:
    """Run the API until the block ends; it reaches nothing, not even Temporal.

    Args:
        folder: Where everything is written.
        database_url: An empty database; else a SQLite file is made.
    """
    url = database_url or f"sqlite:///{folder / 'care.sqlite'}"
    nobody = f"127.0.0.1:{free_port()}"
    settings = settings_in(folder, url, http_port=free_port(), api_rate=0, temporal_address=nobody)
    engine = open_store(url, durable=False)
    migrate(engine)
    shop = Shop(engine, settings)
    shop.publish()
    asyncio.run(_a_week(shop))
    with writing(engine) as conn:
        key = api_keys.create(conn, "fuzz", tuple(SCOPES), shop.clock())[1]
    engine.dispose()
    log = folder / "api.log"
    with log.open("wb") as out:
        environment = os.environ | as_environment(settings)
        server = subprocess.Popen([CARE, "api"], cwd=folder, env=environment, stdout=out, stderr=out)
    try:
        _await(settings.public_url, server, log)
        yield Served(settings.public_url, key, log)
        assert server.poll() is None, f"the server died:\n{log.read_text()[-2000:]}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


async def _a_week(shop: Shop) -> None:
    life = Life(shop)
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        await api.post("/v1/events", json=[a_delivery(number) for number in (1, 2, 3)])
        await life.pass_(days=8)
        about = {"time": shop.clock().isoformat(), "customer": {"id": "KH-2"}}
        unhappy = a_delivery(2, id="answer", type="csat.answered", data={"score": 1, "comment": "hỏng"}, **about)
        await api.post("/v1/events", json=[unhappy])
        await life.pass_(days=3)


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        assert server.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/health/ready", timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server does not answer")
