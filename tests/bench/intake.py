"""Events into the API and on to an engine where nobody works, beside raw signal-with-start on the same server."""

import asyncio
import multiprocessing
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from temporalio.client import Client

from care.settings import load_settings
from care.temporal.client import connect
from care.temporal.devserver import temporary_server
from tests.acceptance.cli.shop import CARE, Shop, eventually
from tests.bench.bare import BareEngine
from tests.bench.engine import BATCH, ROUNDS, a_client, a_purchase, an_own_shop, post

COUNT = 2_000
_NOBODY, _RAW = "nobody", "raw"


@dataclass
class Intake:
    """What was measured, each in rounds.

    Attributes:
        events: Events committed a second.
        batches: Seconds until a batch of 500 was committed.
        handed_over: Events a second that were committed and whose workflow was started and told.
        raw: Bare signal-with-starts a second.
    """

    events: list[float] = field(default_factory=list)
    batches: list[float] = field(default_factory=list)
    handed_over: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)


async def bench_intake() -> Intake:
    """Post, hand over, and do the same bare, by turns."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="care-bench-")))
        address = stack.enter_context(temporary_server(folder / "temporal"))
        shop = an_own_shop(folder)
        shop.settings |= {"CARE_TEMPORAL_ADDRESS": address, "CARE_TASK_QUEUE": _NOBODY}
        published = shop.care("rules", "publish", "--yes")
        assert published.status == 0, published.err
        client = await connect(load_settings(temporal_address=address))
        stack.enter_context(_an_api(shop))
        http, found = stack.enter_context(a_client(shop)), Intake()
        for turn in range(ROUNDS):
            await _round(client, http, turn, found)
        return found


@contextmanager
def _an_api(shop: Shop) -> Iterator[None]:
    """The API alone, in a process of its own."""
    serving = subprocess.Popen([CARE, "api"], cwd=shop.folder, env=shop.environment)
    try:
        eventually(lambda: _answers(f"{shop.url}/health/live"))
        yield
    finally:
        serving.terminate()
        serving.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


async def _round(client: Client, http: httpx.Client, turn: int, found: Intake) -> None:
    numbers = range(turn * COUNT, (turn + 1) * COUNT)
    events = [a_purchase(each, "two") for each in numbers]
    began = time.perf_counter()
    for start in range(0, COUNT, BATCH):
        found.batches.append(await asyncio.to_thread(post, http, events[start : start + BATCH]))
    found.events.append(COUNT / (time.perf_counter() - began))
    await _started(client, _NOBODY, numbers.stop)
    found.handed_over.append(COUNT / (time.perf_counter() - began))
    began = time.perf_counter()
    await BareEngine(client, multiprocessing.Value("i", 0)).start(COUNT, queue=_RAW)
    await _started(client, _RAW, numbers.stop)
    found.raw.append(COUNT / (time.perf_counter() - began))


async def _started(client: Client, queue: str, wanted: int) -> None:
    while (await client.count_workflows(f"TaskQueue='{queue}'")).count < wanted:
        await asyncio.sleep(0.05)
