"""Four worker processes on one Temporal server and PostgreSQL: replaced one by one, killed, and still one rate.

Asserted from the outside: what the mail catcher and the SMS gateway received, and when.
"""

import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.store import schema
from care.store.engine import open_store, reading
from tests.acceptance.cli.shop import eventually
from tests.acceptance.cluster import Cluster, a_cluster

WORKERS = 4
CUSTOMERS = 80
RATE = 15
HERE = Path(__file__).parent / "kill_shop"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    for folder in ("rules", "templates"):
        shutil.copytree(HERE / folder, tmp_path / folder)
    journey = tmp_path / "rules" / "journeys" / "crash_course.yaml"
    journey.write_text(journey.read_text().replace("  - wait: 1 minute\n", ""))
    with a_cluster(tmp_path, WORKERS, {"CARE_EMAIL_RATE": str(RATE)}) as running:
        yield running


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


@pytest.mark.endurance
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
