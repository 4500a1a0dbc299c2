"""How long a back-test of 100,000 purchases takes, and a forecast of 10,000 customers; and how much memory.

The purchases are the first 90 days of the CDNOW log (23,570 customers of a music shop, 1997; from the PyPI package
Lifetimes 0.11.3, MIT licence, lifetimes/datasets/CDNOW_master.txt), repeated with other customers until there are
enough. Answers are drawn by a seed.
"""

import csv
import gzip
import io
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import psutil

from care.backtest.backtesting import Setting, run
from care.backtest.habits import Habits
from care.backtest.living import Rules
from care.backtest.past import Period
from care.cli.past_files import FilePast, sort_file
from care.domain.rulebook import Rulebook
from care.forecast.forecasting import Outlook, forecast
from care.rulebook.workspace import load
from care.store.lives import StoreLives
from tests.waiting_store import write_waiting

LOG = Path(__file__).parents[1] / "data" / "cdnow.csv.gz"
SHIPPED = Path(__file__).parents[2] / "rules"
PURCHASES = 100_000
STARTS = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 90
_CATEGORIES = ("washing_machine", "dryer", "fridge", "tv", "accessory")
_EDITS = {
    "first_purchase": ("until day 2 at 18:30", "until day 3 at 18:30"),
    "washing_machine_care": ("day 3", "day 4"),
}


@dataclass(frozen=True)
class Foreseen:
    """One forecast of so many waiting customers: seconds to read and lead them forward."""

    customers: int
    messages: int
    seconds: float
    mebibytes: float


def bench_forecast(customers: int = 10_000, jobs: int = 2) -> Foreseen:
    """Forecast 14 days for customers who wait at all steps of the shipped journeys."""
    folder = Path(tempfile.mkdtemp())
    try:
        rulebook = shipped()
        url = f"sqlite:///{folder / 'care.sqlite'}"
        now = write_waiting(url, rulebook, customers, STARTS)
        outlook = Outlook(rulebook, Habits(seed=1, rate=0.3), now, now + timedelta(days=14))
        with _Memory() as memory:
            started = time.perf_counter()
            found = forecast(StoreLives(url), outlook, jobs)
            seconds = time.perf_counter() - started
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Foreseen(found.customers, sum(found.sent.values()), seconds, memory.most / 2**20)


@dataclass(frozen=True)
class Measured:
    """One back-test: seconds from the file to the counts, and MiB of all its processes together."""

    purchases: int
    events: int
    messages: int
    changed: int
    seconds: float
    mebibytes: float


def bench_backtest(purchases: int = PURCHASES, jobs: int = 2) -> Measured:
    """Back-test two changed journeys on a file of purchases: reading it, both replays and the comparison."""
    folder = Path(tempfile.mkdtemp())
    try:
        file = folder / "purchases.jsonl"
        write_events(file, purchases)
        rules = Rules(edited(folder / "rules"), shipped())
        with _Memory() as memory:
            started = time.perf_counter()
            held = sort_file(file, folder / "sorted.sqlite", rules.draft)
            source = FilePast(folder / "sorted.sqlite", rules.draft, frozenset(held.types))
            period = Period(STARTS, STARTS + timedelta(DAYS))
            found = run(source, Setting(rules, period, Habits(seed=1, rate=0.3)), jobs)
            seconds = time.perf_counter() - started
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    messages, changed = sum(found.now.sent.values()), len(found.differences.people)
    return Measured(found.orders, found.events, messages, changed, seconds, memory.most / 2**20)


def shipped() -> Rulebook:
    """The shipped rules."""
    return _loaded(SHIPPED)


def edited(folder: Path) -> Rulebook:
    """The shipped rules with a wait of a day more in two journeys."""
    shutil.copytree(SHIPPED, folder)
    for journey, (old, new) in _EDITS.items():
        file = folder / "journeys" / f"{journey}.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    return _loaded(folder)


def _loaded(folder: Path) -> Rulebook:
    rulebook = load(folder).rulebook
    assert rulebook is not None
    return replace(rulebook)


def write_events(file: Path, purchases: int) -> None:
    """Write so many purchases as events, each with its delivery two days later; a few machines come back."""
    with file.open("w", encoding="utf-8") as out:
        for number, (customer, day, cents) in zip(range(purchases), _log(), strict=False):
            for event in _events(number, customer, day, cents):
                out.write(json.dumps(event) + "\n")


def _log() -> Iterator[tuple[str, int, int]]:
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(LOG.read_bytes()).decode())))
    for again in range(sys.maxsize):
        for row in rows:
            yield f"KH-{row['customer']}-{again}", int(row["day"]), int(row["cents"])


def _events(number: int, customer: str, day: int, cents: int) -> Iterator[dict[str, object]]:
    chance = sha256(f"purchase {number}".encode()).digest()
    at = STARTS + timedelta(days=day, minutes=chance[0] * 5)
    order = {
        "id": f"DH-{number}",
        "category": _CATEGORIES[chance[1] % len(_CATEGORIES)],
        "total": cents * 2_500,
        "minutes_to_buy": chance[2],
    }
    person = {
        "id": customer,
        "email": f"{customer.lower()}@example.vn",
        "phone": f"09{chance[3]:03}{number % 100_000:05}",
    }
    told = [("placed", at, person), ("delivered", at + timedelta(days=2), {"id": customer})]
    if chance[4] < 8:
        told.append(("returned", at + timedelta(days=9), {"id": customer}))
    for word, time_of, who in told:
        yield {
            "id": f"{word}-{number}",
            "source": "shop",
            "type": f"order.{word}",
            "time": time_of.isoformat(),
            "customer": who,
            "order": order,
        }


class _Memory:
    """The most memory this process and its children held together, looked at ten times a second."""

    def __enter__(self) -> "_Memory":
        self.most, self._stop = 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        me = psutil.Process()
        while not self._stop.wait(0.1):
            held = 0
            for process in (me, *me.children(recursive=True)):
                try:
                    held += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.most = max(self.most, held)


if __name__ == "__main__":
    print(json.dumps([asdict(bench_backtest(*map(int, sys.argv[1:2]))), asdict(bench_forecast())], indent=2))
