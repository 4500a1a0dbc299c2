"""What a customer costs in bytes, processor time and Temporal actions: ``python -m tests.bench_sizing``.

The figures of docs/sizing.md that are called measured. Customers get an e-mail, sleep, and get an SMS and an e-mail.
"""

import asyncio
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import psutil
import psycopg

from care.settings import load_settings
from care.temporal.client import connect, workflow_id
from tests.acceptance.cluster import Cluster, a_cluster
from tests.journeys.scripted import events_of

HERE = Path(__file__).parent / "acceptance" / "kill_shop"
SLEEP = "6 minutes"
BATCH = 100


def bench_sizing(customers: int) -> None:
    """Measure with so many customers, and print what each costs."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        for each in ("rules", "templates"):
            shutil.copytree(HERE / each, folder / each)
        journey = folder / "rules" / "journeys" / "crash_course.yaml"
        journey.write_text(journey.read_text().replace("1 minute", SLEEP))
        with a_cluster(folder, 1, {}) as cluster:
            _measure(cluster, customers)


def _measure(cluster: Cluster, customers: int) -> None:
    before, spent = _sizes(cluster), _spent(cluster)
    for start in range(0, customers, BATCH):
        cluster.buy(range(start, min(start + BATCH, customers)))
    _until(lambda: _count(cluster, "claims where phase in ('sent', 'unknown')") >= customers, within=600)
    _until(lambda: _count(cluster, 'customers where state like \'%%"doing":"wait"%%\'') == customers, within=120)
    asleep = _spent(cluster)
    _tell("asleep behind one message", customers, _grown(before, _sizes(cluster)), _grown(spent, asleep))
    woken = _spent(cluster)
    _until(lambda: _count(cluster, "enrolments where ended_at is not null") == customers, within=1_200)
    later = _grown(woken, _spent(cluster))
    _tell("behind the sleep, with two more messages", customers, _grown(before, _sizes(cluster)), later)
    print(f"history of one customer: {asyncio.run(_history(cluster))}")


def _until(holds: Callable[[], bool], within: float) -> None:
    """Look every two seconds: looking costs what is measured."""
    end = time.monotonic() + within
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {within:.0f} seconds")
        time.sleep(2)


def _grown(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: after[name] - before.get(name, 0) for name in after}


def _tell(title: str, customers: int, grown: Mapping[str, float], spent: Mapping[str, float]) -> None:
    print(f"{customers} customers {title}, each:")
    for name, size in sorted(grown.items(), key=lambda each: -each[1]):
        if size >= customers:
            print(f"  {name:<28}{size / customers:>10,.0f} bytes")
    for name, seconds in spent.items():
        print(f"  {name:<28}{1e3 * seconds / customers:>10.1f} ms of processor")


async def _history(cluster: Cluster) -> dict[str, int]:
    """The events of one customer's history by type, and how many there are."""
    client = await connect(load_settings(temporal_address=cluster.shop.settings["CARE_TEMPORAL_ADDRESS"]))
    with _connected(cluster) as conn:
        row = conn.execute("select key from customers limit 1").fetchone()
    assert row is not None
    found = await events_of(client.get_workflow_handle(workflow_id(str(row[0]))))
    return {"all": found.total(), **found}


def _sizes(cluster: Cluster) -> dict[str, float]:
    """Bytes of every table with its indexes, without holes, and of Temporal's database."""
    with _connected(cluster) as conn:
        conn.execute("VACUUM FULL ANALYZE")
        rows = conn.execute(
            "select relname, pg_total_relation_size(oid) from pg_class "
            "where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
        sizes = {f"store: {name}": float(str(size)) for name, size in rows}
    sizes["store, all of it"] = sum(sizes.values())
    path = cluster.shop.folder / "temporal" / "temporal.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        pages, free, size = (
            database.execute(f"PRAGMA {each}").fetchone()[0] for each in ("page_count", "freelist_count", "page_size")
        )
    sizes["Temporal's SQLite file"] = (pages - free) * size
    return sizes


def _spent(cluster: Cluster) -> dict[str, float]:
    """Seconds of processor time by process."""
    seconds = dict.fromkeys(("worker", "API", "Temporal server", "PostgreSQL"), 0.0)
    known = {cluster.api.pid: "API", **{each.pid: "worker" for each in cluster.workers}}
    mine = {each.pid for each in psutil.Process().children(recursive=True)}
    for each in psutil.process_iter(["pid", "name", "cmdline", "cpu_times"]):
        found = each.info
        if found["pid"] not in mine or found["cpu_times"] is None:
            continue
        is_temporal = "start-dev" in (found["cmdline"] or ())
        other = "PostgreSQL" if found["name"] == "postgres" else "Temporal server" if is_temporal else ""
        what = known.get(found["pid"], other)
        if what:
            # The children of a server that are gone count, too: PostgreSQL has one for every connection.
            seconds[what] += sum(found["cpu_times"][:4])
    return seconds


def _count(cluster: Cluster, what: str) -> int:
    with _connected(cluster) as conn:
        row = conn.execute(f"select count(*) from {what}".replace("%%", "%")).fetchone()
    assert row is not None
    return int(row[0])


def _connected(cluster: Cluster) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(cluster.shop.settings["CARE_DATABASE_URL"], autocommit=True)


if __name__ == "__main__":
    bench_sizing(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
