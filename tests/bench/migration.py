"""Moving 5,000 waiting customers to another plan while a worker is killed: none lost, none moved twice."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import func, select

from care.store import schema
from care.store.engine import open_store, reading
from tests.acceptance.cli.shop import CARE, a_shop, eventually
from tests.acceptance.installation import Installation

SHOP = Path(__file__).parents[1] / "acceptance" / "waiting_shop"
PART = 500


@dataclass(frozen=True)
class Migration:
    """One measured migration; times in seconds."""

    customers: int
    moved_once: int
    moved_more: int
    lost: int
    killed_after: int
    plan_seconds: float
    move_seconds: float


def bench_migration(customers: int = 5_000) -> Migration:
    """Park customers, publish with ``migrate``, kill the worker in the middle, and count."""
    with tempfile.TemporaryDirectory() as folder:
        shop = a_shop(Path(folder))
        for each in ("rules", "templates"):
            shutil.copytree(SHOP / each, shop.folder / each)
        for other in ("kept", "ended"):
            (shop.folder / "rules" / "journeys" / f"{other}.yaml").unlink()
        shop.settings |= {
            "CARE_RULES_DIR": str(shop.folder / "rules"),
            "CARE_TEMPLATES_DIR": str(shop.folder / "templates"),
        }
        installed = Installation(shop)
        try:
            return _measured(installed, customers)
        finally:
            installed.stop()


def _measured(installed: Installation, customers: int) -> Migration:
    for start in range(0, customers, PART):
        installed.buy(range(start, min(start + PART, customers)))
    eventually(lambda: _count(installed, schema.enrolments.c.revision)[1] == customers, within=900)
    file = installed.shop.folder / "rules" / "journeys" / "moved.yaml"
    file.write_text(file.read_text().replace("5 days", "6 days"))
    began = time.monotonic()
    shown = installed.shop.care("rules", "publish", "--running", "migrate", "--plan", "--json").json
    planned = time.monotonic() - began
    began = time.monotonic()
    words = [CARE, "rules", "publish", "--running", "migrate", "--confirm", shown["token"]]
    publishing = subprocess.Popen(words, cwd=installed.shop.folder, env=installed.shop.environment)
    eventually(lambda: _count(installed, schema.enrolments.c.revision)[2] >= customers // 3, within=300)
    killed_after = _count(installed, schema.enrolments.c.revision)[2]
    installed.kill("worker")
    eventually(lambda: _count(installed, schema.enrolments.c.revision)[2] == customers, within=600)
    took = time.monotonic() - began
    publishing.wait(timeout=120)
    entries = schema.entries.c
    moves = _count(installed, entries.enrolment, where=entries.kind == "moved")
    inside = _count(installed, schema.enrolments.c.ended_at.is_(None))[True]
    return Migration(
        customers,
        sum(count == 1 for count in moves.values()),
        sum(count > 1 for count in moves.values()),
        customers - inside,
        killed_after,
        planned,
        took,
    )


def _count(installed: Installation, column, where=None) -> Counter:  # type: ignore[no-untyped-def, type-arg]
    engine = open_store(f"sqlite:///{installed.data / 'care.sqlite'}")
    query = select(column, func.count()).group_by(column)
    with reading(engine) as conn:
        counted = Counter({row[0]: row[1] for row in conn.execute(query if where is None else query.where(where))})
    engine.dispose()
    return counted


if __name__ == "__main__":
    found = bench_migration(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
    print(asdict(found))
