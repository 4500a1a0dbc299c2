"""The report: a table, a page, a plot."""

import os
import platform

from care.drawing.plots import Panel, Plot
from tests.bench.figures import Figure

COLUMNS = ("what", "median", "range", "target", "met")
_MOST_SHARE = 3.0


def rows(figures: list[Figure]) -> list[tuple[str, ...]]:
    """The table."""
    return [
        (
            each.name,
            f"{_said(each.median)} {each.unit}",
            f"{_said(each.lowest)} to {_said(each.highest)}",
            each.target,
            "" if each.share is None else "yes" if each.met else "NO",
        )
        for each in figures
    ]


def page(figures: list[Figure], bottleneck: str) -> str:
    """What docs/performance.md says."""
    lines = [f"| {' | '.join(row)} |" for row in (COLUMNS, ("---",) * len(COLUMNS), *rows(figures))]
    cores, python = os.cpu_count(), platform.python_version()
    return PAGE.format(python=python, cores=cores, table="\n".join(lines), bottleneck=bottleneck)


def targets(figures: list[Figure]) -> Plot:
    """How much of each target is reached, as far as three times."""
    aimed = [each for each in figures if each.share is not None]
    bars = [min(each.share or 0, _MOST_SHARE) for each in aimed]
    marks = [str(number) for number in range(1, len(aimed) + 1)]
    panel = Panel("share of the target, at most 3", bars, limit=1)
    about = "How much of its target each measured number reaches, in the order of the table"
    return Plot(
        "Measured beside its target", about, [each.name for each in aimed], marks, [panel], "measured", limit="target"
    )


def drained(late: list[float]) -> Plot:
    """How many customers' messages left in each second after they came due."""
    seconds = [int(each) for each in late]
    last = max(seconds, default=0)
    counts = [seconds.count(each) for each in range(last + 1)]
    marks = [str(each) if each % 10 == 0 else "" for each in range(last + 1)]
    about = "Messages in each second after the minute at which all customers came due"
    title = f"{len(late):,} customers come due at once"
    return Plot(title, about, [f"{each} s" for each in range(last + 1)], marks, [Panel("messages", counts)], "messages")


def _said(number: float) -> str:
    return f"{number:,.3f}" if number < 10 else f"{number:,.0f}"


PAGE = """# Performance

Written by `make bench` (Python {python}, {cores} cores, shared with other work: read it as an order of magnitude). Each
figure is the median of its rounds. What is counted per second is counted on one core; seconds are wall time.

{table}

Most of a simulated decision, about 20 µs, goes into the state and the timeline it leaves; keeping every reason adds
little. `washing_machine_care` takes 14 decisions and writes 25 entries, the 4-message journey 8 and 13. Since every
decision also knows pauses, moves, limits of a journey's own and the law, both stay under 5,000 a second without
reasons. Tried: plain instead of frozen records (a quarter faster), guard-rails and sight laid out only when a step asks
for them, a table of following steps. The profile is flat since. What would lift it is fewer decisions, with a message's
outcome folded into the decision behind it; the real engine does not do that.

The workbench. A check of 100 journeys reads 3,000 rules over six fields and looks at every case of them; the box
analysis agrees with the solver z3 on every one of 1,000 random rule sets. A back-test spends half of its time in the
planner, a sixth in reading the file; it takes about 500 MiB. Customers are moved by one validated Update each; what a
killed worker leaves behind the sweep brings home, so a move is late then, never lost and never done twice.

E-mails are signed with RSA-2048 and Ed25519 both. Over 50 connections the relay's 20 ms before each of its replies are
the limit; with the default of 8 it is a sixth of that. `make kill-matrix` counts what killed senders lose and double.

How many events of history and activities a journey costs is tested, not measured: 27 and 2 for two messages with a wait
between (`test_two_messages_of_a_real_journey_cost_at_most_27_events`).
"""
