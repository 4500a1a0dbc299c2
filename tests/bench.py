"""`make bench`: what the README claims about speed, measured in one run.

Machines are shared and noisy: every figure is the median of several rounds, and the rounds are printed as a range.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import track
from rich.table import Table

from care.domain.catalogue import Template
from care.domain.conditions import Group, Named, Value, explain
from care.domain.happenings import Event
from care.domain.rulebook import Rulebook
from care.domain.simulation import Person, Scripted, simulate
from care.rulebook.workspace import load
from care.settings import load_settings
from care.temporal.client import connect
from care.temporal.devserver import temporary_server
from tests.builders import CATALOGUE, Story, a_plan, field, send, wait
from tests.journeys.real_shop import a_real_shop
from tests.journeys.test_differential import monday_at

ROUNDS = 5
JOURNEYS = 20
OUT = Console()


@dataclass(frozen=True)
class Figure:
    """One measured number; ``target`` is what the project set itself."""

    name: str
    unit: str
    median: float
    lowest: float
    highest: float
    target: str
    met: bool


class _Sight:
    """Facts for the condition that is measured."""

    now = datetime(2026, 3, 2, 3, tzinfo=UTC)
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    known: dict[str, Value] = {"csat.score": 3, "customer.type": "vip", "order.total": 12_000_000}  # noqa: RUF012

    def value(self, field: str) -> Value | None:
        return self.known.get(field)


CONDITION = Group(
    "all",
    (
        Named("satisfied", field("csat.score", "at least", 4)),
        field("customer.type", "is", "at_risk", negated=True),
        field("order.total", "between", 5_000_000, 20_000_000),
    ),
)


def per_second(work: Callable[[], object], count: int) -> list[float]:
    """How often the work is done in a second of one core, in each round."""
    rates = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(count):
            work()
        rates.append(count / (time.process_time() - started))
    return rates


def figure(name: str, unit: str, seen: list[float], target: float, *, at_most: bool = False) -> Figure:
    median = statistics.median(seen)
    word = "under" if at_most else "at least"
    met = median < target if at_most else median >= target
    return Figure(name, unit, median, min(seen), max(seen), f"{word} {target:,g}", met)


def conditions() -> Figure:
    sight = _Sight()
    rates = per_second(lambda: explain(CONDITION, sight), 20_000)
    return figure("condition of three tests, explained", "per second", rates, 100_000)


def simulations() -> list[Figure]:
    """The shipped washing-machine journey with an answer, 90 days."""
    workspace = load(Path("rules"))
    assert workspace.rulebook is not None
    walked = workspace.rulebook.entering["washing_machine_care"]
    types, catalogue = workspace.rulebook.types, workspace.rulebook.catalogue
    book = Rulebook(catalogue, types, {"washing_machine_care": walked}, {walked.plan.hash: walked})
    start = datetime(2026, 3, 2, 3, tzinfo=UTC)
    order: dict[str, Value] = {"order.category": "washing_machine", "order.total": 12_000_000}
    script = [
        Scripted(start, Event("bought", "order.delivered", "o1"), order),
        Scripted(start + timedelta(days=8), Event("answered", "csat.answered", data={"score": 5})),
    ]
    person = Person({"customer.orders": 1, "customer.spent": 12_000_000}, "Asia/Ho_Chi_Minh")
    count = 400
    kept = per_second(lambda: simulate(book, person, script), count)
    bare = per_second(lambda: simulate(book, person, script, explain=False), count)
    return [
        figure("simulated 90-day journey, explained", "per second", kept, 2_000),
        figure("simulated 90-day journey, not explained", "per second", bare, 5_000),
    ]


def rule_check() -> Figure:
    command = [str(Path(sys.executable).with_name("care")), "rules", "check"]
    seen = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seen.append(time.perf_counter() - started)
    return figure("care rules check, process start included", "seconds", seen, 0.5, at_most=True)


async def real_journeys() -> Figure:
    """Four messages over ninety days on the real Temporal server, through the real store."""
    uncapped = {name: Template(name, ("email", "sms"), "transactional") for name in CATALOGUE.templates}
    plan = a_plan(send("hello"), wait(30), send("hint"), wait(30), send("sorry"), wait(30), send("bye"))
    seen = []
    folder = Path(tempfile.mkdtemp(prefix="care-bench-"))
    try:
        with temporary_server(folder / "temporal") as address:
            client = await connect(load_settings(temporal_address=address))
            async with a_real_shop(client, folder / "shop", "bench") as shop:
                story = Story(plan, starts=monday_at(10))
                story.rulebook.catalogue.templates.update(uncapped)  # type: ignore[attr-defined]
                await shop.live(story)
                for _ in track(range(JOURNEYS), "Journeys on the real server", console=OUT, transient=True):
                    shop.new_customer()
                    started = time.perf_counter()
                    await shop.live(Story(plan, starts=monday_at(10)))
                    seen.append(time.perf_counter() - started)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return figure("4-message 90-day journey, real server", "seconds", seen, 0.3, at_most=True)


def main() -> None:
    """Measure everything and print the table; `--json FILE` writes it too."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", type=Path, help="also write the figures to this file")
    wanted = arguments.parse_args()
    figures = [conditions(), *simulations(), rule_check(), asyncio.run(real_journeys())]
    table = Table(title="Measured")
    for column in ("what", "median", "range", "unit", "target", ""):
        table.add_column(column)
    for each in figures:
        span = (
            f"{each.lowest:,.3g} – {each.highest:,.3g}"
            if each.highest < 10
            else f"{each.lowest:,.0f} – {each.highest:,.0f}"
        )
        median = f"{each.median:,.3f}" if each.median < 10 else f"{each.median:,.0f}"
        table.add_row(each.name, median, span, each.unit, each.target, "✓" if each.met else "✗")
    OUT.print(table)
    if wanted.json is not None:
        wanted.json.write_text(json.dumps([asdict(each) for each in figures], indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
