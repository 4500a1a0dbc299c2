"""What sealing payloads costs: one payload by itself, and its share of a journey on the real server."""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from care.store.keyring import Keyring
from care.temporal.client import connect, workflow_id
from care.temporal.codec import CustomerCodec
from care.temporal.devserver import temporary_server
from tests.builders import Story
from tests.journeys.real_shop import a_real_shop
from tests.journeys.sealed import SECRET, a_kept_customer, a_store, settings_of
from tests.journeys.test_differential import monday_at

PAYLOADS = 2_000
JOURNEYS = 10
_BYTES = 300


@dataclass
class Spent:
    """Seconds and payloads that went through codecs."""

    seconds: float = 0.0
    payloads: int = 0


class _Watched(CustomerCodec):
    """A codec that looks at the clock; waiting for keys counts."""

    spent = Spent()

    def with_context(self, context: Any) -> "_Watched":
        made = super().with_context(context)
        return self if made is self else _Watched(made._keyring, seals=made._seals, customer=made._customer)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self._timed(super().encode(payloads), payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self._timed(super().decode(payloads), payloads)

    async def _timed(self, work: Any, payloads: Sequence[Payload]) -> list[Payload]:
        started = time.perf_counter()
        done: list[Payload] = await work
        self.spent.seconds += time.perf_counter() - started
        self.spent.payloads += len(payloads)
        return done


async def round_trip_microseconds() -> float:
    """Sealing and opening one payload of 300 bytes whose key is at hand."""
    with tempfile.TemporaryDirectory(prefix="care-bench-") as folder:
        engine = a_store(Path(folder))
        codec = CustomerCodec(Keyring(engine, [SECRET]), customer=a_kept_customer(engine))
        plain = [Payload(metadata={"encoding": b"json/plain"}, data=b"x" * _BYTES)]
        await codec.encode(plain)
        seen = []
        for _ in range(PAYLOADS):
            started = time.perf_counter()
            await codec.decode(await codec.encode(plain))
            seen.append(time.perf_counter() - started)
        engine.dispose()
    return statistics.median(seen) * 1e6


@dataclass(frozen=True)
class Cost:
    """What a journey's payloads cost: ``share`` in percent of its time, ``history`` in bytes."""

    share: float
    payloads: float
    history: int


async def journeys(story: Story, count: int, *, seals: bool) -> Cost:
    """Live a story so many times on the real server."""
    folder = Path(tempfile.mkdtemp(prefix="care-bench-"))
    try:
        with temporary_server(folder / "temporal") as address:
            (folder / "shop").mkdir()
            engine = a_store(folder / "shop")
            client = await connect(settings_of(address))
            config = client.config()
            watched = _Watched(Keyring(engine, [SECRET]), seals=seals)
            config["data_converter"] = replace(client.data_converter, payload_codec=watched)
            client = Client(**config)
            async with a_real_shop(client, folder / "shop", "bench", secret=SECRET) as shop:
                await shop.live(story)
                spent = _Watched.spent = Spent()
                started = time.perf_counter()
                for _ in range(count):
                    shop.new_customer()
                    await shop.live(story)
                took = time.perf_counter() - started
                history = await client.get_workflow_handle(workflow_id(shop.customer)).fetch_history()
            engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Cost(100 * spent.seconds / took, spent.payloads / count, sum(event.ByteSize() for event in history.events))


if __name__ == "__main__":
    from tests.bench import FOUR_MESSAGES

    print(f"{asyncio.run(round_trip_microseconds()):.1f} µs to seal and open one payload of {_BYTES} bytes")
    told = Story(FOUR_MESSAGES, starts=monday_at(10))
    plain, sealed = (asyncio.run(journeys(told, JOURNEYS, seals=seals)) for seals in (False, True))
    print(f"{sealed.share:.2f} % of a journey of four messages, {sealed.payloads:.0f} payloads")
    print(f"{plain.history:,} bytes of history unsealed, {sealed.history:,} sealed")
