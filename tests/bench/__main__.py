"""``make bench``: what the documents claim about speed, size and memory, measured in one run.

Machines are shared and noisy: every figure is the median of its rounds, with their range, and what matters is a ratio
to the bare engine on the same machine in the same minutes.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from care.cli.screen import print_table
from care.drawing.plots import plotted
from tests.bench.backtest import bench_backtest, bench_forecast
from tests.bench.engine import Engine, bench_engine
from tests.bench.figures import Figure, figure
from tests.bench.intake import bench_intake
from tests.bench.mail import HEADERS, delivered_per_second, emails_per_second, headers_brought_home
from tests.bench.migration import bench_migration
from tests.bench.page import COLUMNS, drained, page, rows, targets
from tests.bench.planner import conditions, simulations
from tests.bench.rules import bench_boxes
from tests.bench.skipping import real_journeys
from tests.bench.workbench import check_seconds, command_seconds, preview_seconds, rule_test_milliseconds

PARKED, DUE, JOURNEYS = 10_000, 1_000, 300
SCALE = 100_000
DOCS = Path("docs")


def rule_check() -> Figure:
    seen = command_seconds([str(Path(sys.executable).with_name("care")), "rules", "check"])
    return figure("care rules check, process start included", "seconds", seen, 0.5, at_most=True)


def workbench() -> list[Figure]:
    """What a marketer waits for."""
    return [
        figure("check of 100 journeys with 30 rules each", "seconds", check_seconds(), 2, at_most=True),
        figure("one rule test", "milliseconds", rule_test_milliseconds(), 1, at_most=True),
        figure("care rules preview, process start included", "seconds", preview_seconds(), 0.5, at_most=True),
        *boxes(),
        *past_and_future(),
        *migration(),
    ]


def boxes() -> list[Figure]:
    """The box analysis beside the solver z3."""
    found = bench_boxes()
    return [
        figure("box analysis: random rule sets on which z3 agrees", "of 1,000", [found.agreed], found.sets),
        figure("box analysis of 30 rules, times faster than z3", "times", [found.ratio], 10),
    ]


def past_and_future() -> list[Figure]:
    """A back-test of 100,000 purchases over 90 days, and a forecast of 10,000 live customers, on two processes."""
    past, future = bench_backtest(), bench_forecast()
    return [
        figure("back-test of 100,000 purchases, draft and published", "seconds", [past.seconds], 60, at_most=True),
        figure("the same: memory of all processes", "MiB", [past.mebibytes], 1_024, at_most=True),
        figure("forecast of 10,000 live customers", "seconds", [future.seconds], 60, at_most=True),
    ]


def migration() -> list[Figure]:
    """5,000 waiting customers are moved to another plan while their worker is killed."""
    found = bench_migration()
    return [
        figure("waiting customers moved, a worker killed meanwhile", "moved once", [found.moved_once], found.customers),
        figure("the same: lost, or moved twice", "customers", [found.lost + found.moved_more], 1, at_most=True),
    ]


def mail() -> list[Figure]:
    """E-mail on its way out: written and signed on one core, handed to a slow relay, and its headers read again."""
    home = headers_brought_home()
    return [
        figure("e-mail rendered, written and signed twice", "per second", emails_per_second(), 500),
        figure("e-mail to a relay that takes 20 ms a reply, one process", "per second", delivered_per_second(), 300),
        figure("random Vietnamese headers that arrive as they were written", "of 100,000", [home], HEADERS),
    ]


def engine(found: Engine) -> list[Figure]:
    """The whole product beside the bare engine."""
    late, first = found.late, found.first_message
    thousands = max(found.parked, 1) / 1_000
    return [
        figure("journeys of two messages", "per second", found.journeys),
        figure("the same work on the bare engine, sent by activities", "per second", found.bare),
        figure("ours beside it", "times", found.ratios, 0.8),
        figure("the bare engine, sending within its tasks as ours does", "per second", found.bare_local),
        figure("history of message, wait, message", "events", [found.events], 27, at_most=True),
        figure("the same", "bytes", [found.history]),
        figure("database of one who has finished it", "bytes", [found.bytes_finished]),
        figure(f"start rate of {found.parked:,} customers who then sleep", "per second", [found.park_rate]),
        figure(
            "database of a sleeping customer, beyond the bare engine's", "bytes", [found.beyond], 6_144, at_most=True
        ),
        figure("the bare engine's", "bytes", [found.bytes_parked_bare]),
        figure(f"worker's memory with {found.parked:,} asleep", "MiB", [found.worker_parked], 1_024, at_most=True),
        figure("the same, for a thousand", "MiB", [(found.worker_parked - found.worker_idle) / thousands]),
        figure("server's memory then", "MiB", [found.server_parked]),
        figure(f"{len(late):,} who come due at once, sent", "per second", [len(late) / max(late[-1], 1)]),
        figure("the same: late, half of them", "seconds", [late[len(late) // 2]]),
        figure("the same: late, 99 of 100", "seconds", [late[len(late) * 99 // 100]]),
        figure("purchase to first message at half the peak, half of them", "seconds", [first[len(first) // 2]]),
        figure("the same, 99 of 100", "seconds", [first[len(first) * 99 // 100]], 2, at_most=True),
        figure("from nothing to the first message", "seconds", [found.startup], 5, at_most=True),
    ]


def intake() -> list[Figure]:
    """The API, and the way from it to the engine."""
    found = asyncio.run(bench_intake())
    slowest = sorted(found.batches)[len(found.batches) * 99 // 100]
    ratios = [ours / raw for ours, raw in zip(found.handed_over, found.raw, strict=True)]
    return [
        figure("events committed by the API in batches of 500", "per second", found.events, 1_000),
        figure("the same: a batch, 99 of 100", "seconds", [slowest]),
        figure("events handed over to the engine", "per second", found.handed_over),
        figure("the same beside raw signal-with-start", "times", ratios, 0.9),
    ]


def bottleneck(found: Engine) -> str:
    """Which part uses most of the cores, in a sentence."""
    all_of_it = sum(found.cpu.values())
    shares = sorted(found.cpu.items(), key=lambda part: -part[1])
    told = ", ".join(f"{part} {used:.0f} ms" for part, used in shares)
    first, most = shares[0]
    whole = f"One journey of two messages costs {all_of_it:.0f} ms of a core: {told}."
    return f"{whole} The bottleneck is the {first} ({most / all_of_it:.0%})."


def main() -> None:
    """Measure everything and print the table; `--json FILE` and `--write` keep it."""
    arguments = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    arguments.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments.add_argument("--write", action="store_true", help="also write docs/performance.md, .json and pictures")
    arguments.add_argument("--scale", action="store_true", help=f"only the engine, with {SCALE:,} customers asleep")
    arguments.add_argument("--engine", action="store_true", help="only the engine")
    wanted = arguments.parse_args()
    if wanted.write and wanted.engine:
        arguments.error("--engine measures a part only, and --write writes a whole page: leave one out")
    out, began = Console(stderr=True), time.monotonic()
    with out.status("Measuring") as status:

        def say(what: str) -> None:
            out.print(f"{(time.monotonic() - began) / 60:4.1f} min  {what}", highlight=False)
            status.update(what)

        found = asyncio.run(bench_engine(SCALE if wanted.scale else PARKED, DUE, JOURNEYS, say))
        figures = engine(found)
        if not wanted.scale and not wanted.engine:
            say("The API")
            figures += intake()
            say("The planner")
            figures += [conditions(), *simulations(), rule_check(), asyncio.run(real_journeys())]
            say("E-mail")
            figures += mail()
            say("The workbench")
            figures += workbench()
        say("Done")
    print_table("Measured", COLUMNS, rows(figures))
    print(bottleneck(found))
    kept = json.dumps([asdict(each) for each in figures], indent=2) + "\n"
    if wanted.json is not None:
        wanted.json.write_text(kept, encoding="utf-8")
    if wanted.write:
        name = f"performance{'-scale' * wanted.scale}"
        text = page(figures, bottleneck(found), scale=wanted.scale)
        DOCS.joinpath(f"{name}.md").write_text(text, encoding="utf-8")
        DOCS.joinpath(f"{name}.json").write_text(kept, encoding="utf-8")
    if wanted.write and not wanted.scale:
        for part, plot in (("targets", targets(figures)), ("drain", drained(found.late))):
            DOCS.joinpath(f"performance-{part}.svg").write_text(plotted(plot).text, encoding="utf-8")


if __name__ == "__main__":
    main()
