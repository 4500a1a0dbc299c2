"""The whole product beside the bare engine, in one run on one server: rates, latencies, bytes and memory.

Everything runs as `care up` runs it: server, API, worker and the catchers share this machine's cores with what drives
them. Text messages stay in the outbox, so that the other side costs nothing; e-mails go to the catcher.
"""

import asyncio
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psutil
from sqlalchemy import func, select
from temporalio.client import Client

from care import clock
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.settings import load_settings
from care.store import schema
from care.store.engine import open_store, reading
from care.temporal.client import connect, workflow_id
from tests.acceptance.cli.shop import Shop, a_shop, purchase
from tests.acceptance.installation import Installation
from tests.bench.bare import BareEngine, a_bare_worker

SHOP = Path(__file__).parent / "shop"
HOME = ZoneInfo("Asia/Ho_Chi_Minh")
BATCH = 500
ROUNDS = 3
# What the parts are called, and by what their command lines are known.
PARTS = {"server": "start-dev", "worker": "-m worker", "api": "uvicorn", "catchers": "care.peers"}
_PATIENCE = 3_600.0
_SETTLING = 5.0


@dataclass
class Engine:
    """What was measured; rates per second, times in seconds, sizes in bytes, memory in MiB.

    Attributes:
        cpu: Milliseconds of each part for one journey of two messages.
        late: How long after the due minute each customer's journey had ended, in order.
    """

    startup: float = 0
    journeys: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    bare_local: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    events: int = 0
    history: int = 0
    parked: int = 0
    park_rate: float = 0
    bytes_parked: float = 0
    bytes_parked_bare: float = 0
    bytes_store: float = 0
    bytes_finished: float = 0
    worker_idle: float = 0
    worker_parked: float = 0
    server_parked: float = 0
    late: list[float] = field(default_factory=list)
    first_message: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Our journeys to the bare engine's, round by round, because the machine changes from minute to minute."""
        return [ours / bare for ours, bare in zip(self.journeys, self.bare, strict=True)]

    @property
    def beyond(self) -> float:
        """Bytes a parked customer takes beyond what the bare engine needs for its workflow."""
        return self.bytes_parked + self.bytes_store - self.bytes_parked_bare


class Bench:
    """A running installation, and the bare engine on its server."""

    def __init__(self, installed: Installation, client: Client, bare: BareEngine) -> None:
        self.found = Engine()
        self._installed, self._client, self._bare = installed, client, bare
        self._store = open_store(f"sqlite:///{installed.data / 'care.sqlite'}")
        self._box = Mailbox(installed.data / MAILBOX_FILE)
        self._http = a_client(installed.shop)
        self._number = 0

    async def first_mail(self) -> None:
        """Have one customer thanked by e-mail."""
        self._buy(1, "mailed")
        await _until(lambda: bool(self._box.list(limit=1)))

    async def rates(self, count: int, rounds: int) -> None:
        """Journeys of two messages, ours and bare ones by turns."""
        for _ in range(rounds):
            wanted, used, began = self._ended() + count, self._used(), time.perf_counter()
            await asyncio.to_thread(self._buy, count, "two")
            await _until(lambda wanted=wanted: self._ended() >= wanted)
            self.found.journeys.append(count / (time.perf_counter() - began))
            self.found.cpu = {part: (now - used[part]) / count * 1_000 for part, now in self._used().items()}
            self.found.bare.append(count / await self._bare.carry(count))
            self.found.bare_local.append(count / await self._bare.carry(count, "hurries"))

    async def steady(self, rate: float, seconds: float) -> None:
        """Purchases one by one at an even pace; from each post to the e-mail in the customer's box."""
        posted: dict[str, datetime] = {}
        headers = dict(self._http.headers)
        async with httpx.AsyncClient(base_url=self._installed.shop.url, headers=headers, timeout=60) as http:
            began, sent = time.perf_counter(), []
            for turn in range(int(rate * seconds)):
                await asyncio.sleep(max(0, began + turn / rate - time.perf_counter()))
                event = self._event("mailed")
                posted[event["customer"]["email"]] = clock.now()
                sent.append(asyncio.create_task(http.post("/v1/events", json=event)))
            await asyncio.gather(*sent)
        await _until(lambda: posted.keys() <= self._arrived().keys())
        arrived = self._arrived()
        self.found.first_message = sorted((arrived[to] - at).total_seconds() for to, at in posted.items())

    async def drain(self, count: int) -> None:
        """Customers who all come due at the same minute, between two messages."""
        (temporal, store), due = self._sizes(), self._next_minute(count)
        file = self._installed.shop.folder / "rules" / "journeys" / "due.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("23:59", f"{due:%H:%M}"), encoding="utf-8")
        published = self._installed.shop.care("rules", "publish", "--yes")
        assert published.status == 0, published.err
        entered, ended = self._entered(), self._ended()
        await asyncio.to_thread(self._buy, count, "due")
        await _until(lambda: self._entered() >= entered + count)
        assert clock.now() < due, "parking them took until they were due; the machine is too slow for so many"
        await _until(lambda: self._ended() >= ended + count)
        self.found.late = sorted(self._lateness(due))
        await asyncio.sleep(_SETTLING)
        after = self._sizes()
        self.found.bytes_finished = (after[0] - temporal + after[1] - store) / count
        await self._look_at_a_history()

    async def park(self, count: int) -> None:
        """Park customers for a month, and bare workflows beside them."""
        wanted, (temporal, store) = self._entered() + count, self._sizes()
        self.found.worker_idle, began = self._memory("worker"), time.perf_counter()
        await asyncio.to_thread(self._buy, count, "parked")
        await _until(lambda: self._entered() >= wanted)
        self.found.parked, self.found.park_rate = count, count / (time.perf_counter() - began)
        await asyncio.sleep(_SETTLING)
        after = self._sizes()
        self.found.worker_parked, self.found.server_parked = self._memory("worker"), self._memory("server")
        self.found.bytes_parked, self.found.bytes_store = (after[0] - temporal) / count, (after[1] - store) / count
        few = min(count, 2_000)
        await self._bare.start(few, kind="sleeps")
        await asyncio.sleep(_SETTLING)
        self.found.bytes_parked_bare = (self._sizes()[0] - after[0]) / few

    def close(self) -> None:
        """Let go of the files and the API."""
        self._http.close()
        self._box.close()
        self._store.dispose()

    def _buy(self, count: int, category: str) -> None:
        for start in range(0, count, BATCH):
            post(self._http, [self._event(category) for _ in range(min(BATCH, count - start))])

    def _event(self, category: str) -> dict[str, Any]:
        self._number += 1
        return a_purchase(self._number, category)

    def _entered(self) -> int:
        return self._count(schema.enrolments.c.id.is_not(None))

    def _ended(self) -> int:
        return self._count(schema.enrolments.c.ended_at.is_not(None))

    def _count(self, which) -> int:  # type: ignore[no-untyped-def]
        with reading(self._store) as conn:
            return conn.execute(select(func.count()).select_from(schema.enrolments).where(which)).scalar_one()

    def _arrived(self) -> dict[str, datetime]:
        return {mail.recipient: mail.received_at for mail in self._box.list(limit=10**6)}

    def _next_minute(self, count: int) -> datetime:
        """A whole minute by which so many have certainly had their first message."""
        needed = 20 + 2 * count / statistics.median(self.found.journeys)
        parked = clock.now().astimezone(HOME) + timedelta(seconds=needed)
        return parked.replace(second=0, microsecond=0) + timedelta(minutes=1)

    def _lateness(self, due: datetime) -> Iterator[float]:
        enrolled = schema.enrolments.c
        with reading(self._store) as conn:
            for (ended_at,) in conn.execute(select(enrolled.ended_at).where(enrolled.journey == "due")):
                yield (ended_at - due).total_seconds()

    async def _look_at_a_history(self) -> None:
        enrolments = schema.enrolments.c
        with reading(self._store) as conn:
            customer = conn.execute(
                select(enrolments.customer).where(enrolments.journey == "due").limit(1)
            ).scalar_one()
        told = await self._client.get_workflow_handle(workflow_id(customer)).describe()
        self.found.events, self.found.history = told.history_length, told.raw_info.history_size_bytes

    def _used(self) -> dict[str, float]:
        """Seconds of a core that each part has used."""
        return {part: sum(self._part(part).cpu_times()[:2]) for part in PARTS}

    def _memory(self, part: str) -> float:
        return float(self._part(part).memory_info().rss / 2**20)

    def _part(self, part: str) -> psutil.Process:
        return next(each for each in self._installed.process.children() if PARTS[part] in " ".join(each.cmdline()))

    def _sizes(self) -> tuple[float, float]:
        """Bytes in use of the server's file and of the store's."""
        data = self._installed.data
        return _bytes_used(data / "temporal.sqlite"), _bytes_used(data / "care.sqlite")


async def bench_engine(parked: int, due: int, count: int, say: Callable[[str], object]) -> Engine:
    """Measure everything; minutes, by the counts.

    Args:
        parked: Customers who sleep for a month.
        due: Customers who come due at the same minute.
        count: Journeys of a round beside the bare engine.
        say: Told what comes next.
    """
    with tempfile.TemporaryDirectory(prefix="care-bench-") as folder:
        say("From nothing to the first message")
        began = time.perf_counter()
        shop = an_own_shop(Path(folder))
        shop.settings["CARE_SMS_CHANNEL"] = "outbox"
        installed = Installation(shop)
        address = shop.settings["CARE_TEMPORAL_ADDRESS"]
        try:
            client = await connect(load_settings(temporal_address=address))
            with a_bare_worker(address) as done:
                bench = Bench(installed, client, BareEngine(client, done))
                await bench.first_mail()
                bench.found.startup = time.perf_counter() - began
                await bench.rates(50, 1)
                bench.found.journeys, bench.found.bare, bench.found.bare_local = [], [], []
                say("Journeys beside the bare engine")
                await bench.rates(count, ROUNDS)
                say("A steady load")
                await bench.steady(statistics.median(bench.found.journeys) / 2, 20)
                say(f"{due:,} customers who come due at once")
                await bench.drain(due)
                say(f"{parked:,} parked customers")
                await bench.park(parked)
                bench.close()
                return bench.found
        finally:
            installed.stop()


def an_own_shop(folder: Path) -> Shop:
    """A shop with the rules of the bench."""
    shop = a_shop(folder)
    for each in ("rules", "templates"):
        shutil.copytree(SHOP / each, folder / each)
    shop.settings |= {"CARE_RULES_DIR": str(folder / "rules"), "CARE_TEMPLATES_DIR": str(folder / "templates")}
    return shop


def a_client(shop: Shop) -> httpx.Client:
    """What posts to the shop's API."""
    key = (shop.folder / "data" / "api.key").read_text().strip()
    return httpx.Client(base_url=shop.url, headers={"Authorization": f"Bearer {key}"}, timeout=120)


def post(http: httpx.Client, events: list[dict[str, Any]]) -> float:
    """Post a batch; the seconds until it was committed."""
    began = time.perf_counter()
    answer = http.post("/v1/events", json=events)
    took = time.perf_counter() - began
    assert answer.status_code == 202, answer.text
    return took


def a_purchase(number: int, category: str) -> dict[str, Any]:
    """A purchase of a customer of its own; the category says which journey it begins."""
    order = {"id": f"DH-{number}", "category": category, "total": 12_500_000}
    event = purchase(number, order=order, time=clock.now().isoformat())
    event["customer"]["phone"] = f"+849{10_000_000 + number}"
    return event


async def _until(holds: Callable[[], bool]) -> None:
    end = time.perf_counter() + _PATIENCE
    while True:
        spent = time.process_time()
        if await asyncio.to_thread(holds):
            return
        assert time.perf_counter() < end, "it did not come to its end"
        # Counting a hundred thousand takes a while: it is not to take a core from what is measured.
        await asyncio.sleep(max(0.05, 20 * (time.process_time() - spent)))


def _bytes_used(file: Path) -> float:
    """Bytes of the pages in use, without what lies free."""
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        numbers = [
            database.execute(f"pragma {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        ]
    finally:
        database.close()
    pages, free, size = numbers
    return float((pages - free) * size)
