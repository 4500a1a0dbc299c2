"""Four worker processes on one Temporal server and PostgreSQL: replaced one by one, killed, and still one rate.

Asserted from the outside: what the mail catcher and the SMS gateway received, and when.
"""

import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import func, select

from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.store import schema
from care.store.engine import open_store, reading
from care.temporal.devserver import temporary_server
from tests.acceptance.cli.shop import CARE, Shop, a_shop, eventually, noon_zone, purchase
from tests.postgres import running_postgres

WORKERS = 4
CUSTOMERS = 80
RATE = 15
HERE = Path(__file__).parent / "kill_shop"


class Cluster:
    """The API, the peers and the workers, each a process of its own."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._others = [self._start(sys.executable, "-m", "care.peers"), self._start(str(CARE), "api")]
        self.workers = [self.a_worker() for _ in range(WORKERS)]

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
        for each in (*self.workers, *self._others):
            if each.is_running():
                each.kill()
            each.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    for folder in ("rules", "templates"):
        shutil.copytree(HERE / folder, tmp_path / folder)
    journey = tmp_path / "rules" / "journeys" / "crash_course.yaml"
    journey.write_text(journey.read_text().replace("  - wait: 1 minute\n", ""))
    shop = a_shop(tmp_path)
    with running_postgres() as postgres, temporary_server(tmp_path / "temporal", skips_time=False) as address:
        shop.settings |= {
            "CARE_DATABASE_URL": postgres.url(postgres.new_database()),
            "CARE_TEMPORAL_ADDRESS": address,
            "CARE_RULES_DIR": str(tmp_path / "rules"),
            "CARE_TEMPLATES_DIR": str(tmp_path / "templates"),
            "CARE_EMAIL_RATE": str(RATE),
            "CARE_MIGRATE": "false",
        }
        for words in (("migrate",), ("rules", "publish", "--yes", "--by", "Hoa")):
            assert shop.care(*words).status == 0
        running = Cluster(shop)
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


@contextmanager
def _mailbox(cluster: Cluster) -> Iterator[Mailbox]:
    box = Mailbox(cluster.shop.folder / "data" / MAILBOX_FILE)
    try:
        yield box
    finally:
        box.close()


def _mails(cluster: Cluster) -> Counter[str]:
    with _mailbox(cluster) as box:
        return Counter(box.count_by_message_id())


def _texts(cluster: Cluster) -> Counter[str]:
    handset = Handset(cluster.shop.folder / "data" / HANDSET_FILE)
    counts = Counter(sms.recipient for sms in handset.list(limit=10 * CUSTOMERS))
    handset.close()
    return counts


def _busiest(left: list[datetime], seconds: float) -> int:
    """The most e-mails that came within any stretch of so many seconds."""
    stretch = timedelta(seconds=seconds)
    return max(sum(start <= at < start + stretch for at in left) for start in left)


def _phases(cluster: Cluster) -> Counter[str]:
    engine = open_store(cluster.shop.settings["CARE_DATABASE_URL"])
    phase = schema.claims.c.phase
    with reading(engine) as conn:
        counted = Counter({row[0]: row[1] for row in conn.execute(select(phase, func.count()).group_by(phase))})
    engine.dispose()
    return counted


def _completed(cluster: Cluster) -> int:
    engine = open_store(cluster.shop.settings["CARE_DATABASE_URL"])
    enrolments = schema.enrolments.c
    with reading(engine) as conn:
        count = conn.execute(select(func.count()).where(enrolments.reason == "completed")).scalar_one()
    engine.dispose()
    return int(count)


@pytest.mark.chaos
def test_workers_are_replaced_one_by_one_while_customers_are_served(cluster: Cluster) -> None:
    cluster.buy(range(CUSTOMERS // 2))
    eventually(lambda: _mails(cluster).total() >= 10)
    for number in range(WORKERS - 1):
        reached = _mails(cluster).total()
        cluster.workers[number].send_signal(signal.SIGTERM)
        assert cluster.workers[number].wait(timeout=60) == 0
        cluster.workers[number] = cluster.a_worker()
        eventually(lambda reached=reached: _mails(cluster).total() >= min(reached + 10, CUSTOMERS))  # type: ignore[misc]
    assert set(_phases(cluster)) <= {"sent", "claimed", "transmitting", "released"}, (
        "a worker that stops leaves no doubt"
    )

    cluster.buy(range(CUSTOMERS // 2, CUSTOMERS))
    eventually(lambda: _mails(cluster).total() >= CUSTOMERS + 10, within=120)
    cluster.workers[-1].kill()
    eventually(lambda: _completed(cluster) == CUSTOMERS, within=180)

    mails, texts, phases = _mails(cluster), _texts(cluster), _phases(cluster)
    assert phases.total() == 3 * CUSTOMERS
    assert set(phases) <= {"sent", "unknown"}
    assert max(mails.values()) == 1
    assert max(texts.values()) == 1
    assert phases["sent"] <= mails.total() + texts.total() <= phases.total()
    with _mailbox(cluster) as box:
        left = [mail.received_at for mail in box.list(limit=10 * CUSTOMERS)]
    print(f"{phases}; the busiest 3 seconds had {_busiest(left, 3)} e-mails at a rate of {RATE} a second")
    assert _busiest(left, 3) <= 3 * RATE + 1.5 * RATE
