"""What sealing payloads costs: one payload by itself, and its share of a journey on the real server."""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.api.common.v1 import Payload

from care.store.keyring import Keyring
from care.temporal.codec import CustomerCodec
from care.temporal.devserver import temporary_server
from tests.builders import Story
from tests.journeys.real_shop import a_real_shop
from tests.journeys.sealed import SECRET, a_kept_customer, a_sealing_client, a_store
from tests.journeys.test_differential import monday_at

PAYLOADS = 2_000
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


async def share_of_a_journey(story: Story, journeys: int) -> tuple[float, float]:
    """The share of a journey's time that goes by in codecs, in percent; and how many payloads pass them."""
    folder = Path(tempfile.mkdtemp(prefix="care-bench-"))
    try:
        with temporary_server(folder / "temporal") as address:
            (folder / "shop").mkdir()
            engine = a_store(folder / "shop")
            client = await a_sealing_client(address, engine)
            config = client.config()
            converter = client.data_converter
            watched = _Watched(Keyring(engine, [SECRET]))
            object.__setattr__(converter, "payload_codec", watched)
            config["data_converter"] = converter
            async with a_real_shop(type(client)(**config), folder / "shop", "bench", secret=SECRET) as shop:
                await shop.live(story)
                _Watched.spent = Spent()
                started = time.perf_counter()
                for _ in range(journeys):
                    shop.new_customer()
                    await shop.live(story)
                took = time.perf_counter() - started
            engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 100 * _Watched.spent.seconds / took, _Watched.spent.payloads / journeys


if __name__ == "__main__":
    from tests.bench import FOUR_MESSAGES

    print(f"{asyncio.run(round_trip_microseconds()):.1f} µs a round trip")
    percent, payloads = asyncio.run(share_of_a_journey(Story(FOUR_MESSAGES, starts=monday_at(10)), 10))
    print(f"{percent:.2f} % of a journey, {payloads:.0f} payloads")
