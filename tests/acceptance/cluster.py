"""The API, the peers and workers as processes of their own, on PostgreSQL and a Temporal server."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from care.temporal.devserver import temporary_server
from tests.acceptance.cli.shop import CARE, Shop, a_shop, eventually, noon_zone, purchase
from tests.postgres import Postgres, running_postgres


class Cluster:
    """What runs; a test may stop and start workers as it likes."""

    def __init__(self, shop: Shop, postgres: Postgres, workers: int) -> None:
        self.shop, self.postgres = shop, postgres
        self.peers, self.api = self._start(sys.executable, "-m", "care.peers"), self._start(str(CARE), "api")
        self.workers = [self.a_worker() for _ in range(workers)]

    def buy(self, numbers: range) -> None:
        zone, key = noon_zone(), (self.shop.folder / "data" / "api.key").read_text().strip()
        events = [purchase(number, zone) for number in numbers]
        headers = {"Authorization": f"Bearer {key}"}
        assert httpx.post(f"{self.shop.url}/v1/events", json=events, headers=headers, timeout=30).status_code == 202

    def a_worker(self) -> psutil.Popen:
        return self._start(str(CARE), "worker")

    def _start(self, *command: str) -> psutil.Popen:
        with (self.shop.folder / "cluster.log").open("ab") as log:
            return psutil.Popen(command, cwd=self.shop.folder, env=self.shop.environment, stdout=log, stderr=log)

    def stop(self) -> None:
        for each in (*self.workers, self.peers, self.api):
            if each.is_running():
                each.kill()
            each.wait()


@contextmanager
def a_cluster(folder: Path, workers: int, settings: Mapping[str, str]) -> Iterator[Cluster]:
    """A cluster for the rules and templates in a folder, published; it is ready to take events."""
    shop = a_shop(folder)
    with running_postgres() as postgres, temporary_server(folder / "temporal", skips_time=False) as address:
        shop.settings |= {
            "CARE_DATABASE_URL": postgres.url(postgres.new_database()),
            "CARE_TEMPORAL_ADDRESS": address,
            "CARE_RULES_DIR": str(folder / "rules"),
            "CARE_TEMPLATES_DIR": str(folder / "templates"),
            "CARE_MIGRATE": "false",
            **settings,
        }
        for words in (("migrate",), ("rules", "publish", "--yes", "--by", "Hoa")):
            assert shop.care(*words).status == 0
        running = Cluster(shop, postgres, workers)
        try:
            eventually(lambda: _is_ready(shop), within=120)
            yield running
        finally:
            running.stop()


def _is_ready(shop: Shop) -> bool:
    try:
        return httpx.get(f"{shop.url}/health/ready", timeout=5).is_success
    except httpx.TransportError:
        return False
