"""Running a forecast on the store, with a progress bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from care import clock
from care.backtest.habits import Habits
from care.cli.opening import existing_store
from care.cli.progress import progress
from care.cli.shares import share_of
from care.domain.errors import CareError
from care.domain.timing import instant_of, zone_of
from care.forecast.forecasting import Outlook, forecast
from care.forecast.limits import Limit
from care.forecast.report import Age, report_of
from care.settings import Settings
from care.spreading import cores
from care.store import lives, plans
from care.store.engine import reading
from care.store.lives import StoreLives

# Below so many customers, starting processes takes longer than the work.
_FEW = 5_000


class ForecastError(CareError):
    """What was asked for cannot be forecast; the message says what to ask instead."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of the command line; ``begin`` is empty for now."""

    days: int
    limits: Sequence[Limit]
    answers: str
    seed: int
    begin: str
    jobs: int


def forecast_now(settings: Settings, asked: Asked) -> dict[str, Any]:
    """Forecast from what the store knows, and report as plain values.

    Raises:
        NoStoreError: There is no store.
        NothingPublished: No rules were published yet.
        ForecastError: The moment cannot be read.
    """
    engine = existing_store(settings)
    try:
        with reading(engine) as conn:
            rulebook = plans.load_rulebook(conn)
            zone = zone_of(rulebook.catalogue.company.timezone, "UTC")
            now = _moment(asked.begin, zone) if asked.begin else clock.now()
            fresh = lives.freshness(conn)
            kinds = lives.habits(conn, now)
    finally:
        engine.dispose()
    habits = Habits(asked.seed, kinds, share_of(asked.answers, "--answers"))
    outlook = Outlook(rulebook, habits, now, now + timedelta(asked.days))
    source = StoreLives(settings.database_url)
    customers = sum(stretch.customers for stretch in source.stretches())
    jobs = asked.jobs or (cores() if customers > _FEW else 1)
    with progress("Looking ahead", customers) as told:
        sends = forecast(source, outlook, jobs, told)
    return report_of(sends, outlook, asked.limits, zone, Age(fresh.decided_at, fresh.pending))


def _moment(words: str, zone: ZoneInfo) -> datetime:
    try:
        local = datetime.fromisoformat(words)
    except ValueError:
        raise ForecastError(f"--from {words!r} is no moment; write it like '2026-03-01 10:00'") from None
    return local if local.tzinfo is not None else instant_of(local, zone)
