"""Everything that is measured as one text for Prometheus: our meters, the store's gauges, and the engine's own."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from care.domain.errors import CareError
from care.health.parts import free_bytes
from care.health.readiness import Report
from care.store.engine import reading
from care.store.gauges import Crowd, Gauges, crowd, gauges
from care.telemetry import meters
from care.temporal.runtime import engine_metrics

# Seconds for which a count is good: however many scrape, the store is asked this often at most.
_GAUGES_FRESH = 5.0
_CROWD_FRESH = 60.0

Kept = TypeVar("Kept")


class Exposition:
    """What one process tells of itself.

    Args:
        collectors: What else is looked up at each scrape.
    """

    def __init__(self, *collectors: Collector) -> None:
        self._registry = CollectorRegistry()
        for collector in collectors:
            self._registry.register(collector)

    def text(self, report: Report) -> bytes:
        """All metrics, with how the parts were; looks into the store, so call it from a thread."""
        told = CollectorRegistry()
        told.register(_Parts(report))
        own = (meters.REGISTRY, self._registry, told)
        return b"".join(map(generate_latest, own)) + engine_metrics()


class _Parts(Collector):
    def __init__(self, report: Report) -> None:
        self._report = report

    def collect(self) -> Iterable[Metric]:
        parts = GaugeMetricFamily(
            "care_part_ready", "Whether a part of this process can be used: 1 or 0.", labels=["part"]
        )
        for part in self._report.parts:
            parts.add_metric([part.name], float(part.ok))
        yield parts


class StoreGauges(Collector):
    """Counts that are read from the store when somebody scrapes.

    Args:
        now: The present instant (UTC).
        data_dir: The folder whose disk is looked at.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime], data_dir: Path) -> None:
        self._now = now
        self._data_dir = data_dir
        self._gauges = _Shared(lambda: self._read(engine), _GAUGES_FRESH)
        self._crowd = _Shared(lambda: self._read_crowd(engine), _CROWD_FRESH)

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not look into the store."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The counts; only that the store is down while it is."""
        yield _gauge("care_data_disk_free_bytes", "Free bytes where `CARE_DATA_DIR` is.", free_bytes(self._data_dir))
        try:
            found, who = self._gauges(), self._crowd()
        except CareError:
            yield _gauge("care_store_up", "Whether the store answered when it was asked last: 1 or 0.", 0)
            return
        yield _gauge("care_store_up", "Whether the store answered when it was asked last: 1 or 0.", 1)
        yield from self._counts(found)
        yield _gauge("care_customers_active", "Customers who are in a journey.", who.customers)
        running = GaugeMetricFamily("care_enrolments_running", "Running enrolments by journey.", labels=["journey"])
        for journey, number in sorted(who.running.items()):
            running.add_metric([meters.name_of(journey)], number)
        yield running

    def _counts(self, found: Gauges) -> Iterator[Metric]:
        now = self._now()
        for name, meaning, value in (
            ("care_inbox_undecided", "Events that were accepted and are not decided yet.", found.undecided),
            (
                "care_inbox_oldest_undecided_seconds",
                "Age of the oldest of them; 0 without any.",
                _age(found.oldest_undecided, now),
            ),
            ("care_inbox_parked", "Events that wait for an order nobody has told of yet.", found.parked),
            ("care_messages_held", "Messages that wait for a window, a cap or an operator.", found.held),
            ("care_messages_leaving", "Messages on their way to a provider.", found.leaving),
            (
                "care_messages_oldest_leaving_seconds",
                "Since when the oldest of them is; 0 without any.",
                _age(found.oldest_leaving, now),
            ),
            ("care_messages_unknown", "Messages of which nobody knows whether they arrived.", found.unknown),
            ("care_tickets_open", "Open tickets.", found.tickets_open),
            ("care_tickets_overdue", "Open tickets whose time (SLA) has run out.", found.tickets_overdue),
            ("care_journeys_paused", "Journeys an operator has paused.", found.paused),
            ("care_published_revision", "Number of the published rules; 0 before the first.", found.revision),
        ):
            yield _gauge(name, meaning, value)

    def _read(self, engine: Engine) -> Gauges:
        with reading(engine) as conn:
            return gauges(conn, self._now())

    def _read_crowd(self, engine: Engine) -> Crowd:
        with reading(engine) as conn:
            return crowd(conn)


class _Shared(Generic[Kept]):
    """A value that is read anew when it is no longer fresh, by one thread at a time."""

    def __init__(self, read: Callable[[], Kept], fresh: float) -> None:
        self._read = read
        self._fresh = fresh
        self._lock = Lock()
        self._kept: tuple[float, Kept] | None = None

    def __call__(self) -> Kept:
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > self._fresh:
                self._kept = (time.monotonic(), self._read())
            return self._kept[1]


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since is not None else 0.0


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=float(value))
