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


def page(figures: list[Figure], bottleneck: str, *, scale: bool = False) -> str:
    """What docs/performance.md says; of ``make bench-scale``, what docs/performance-scale.md does."""
    lines = [f"| {' | '.join(row)} |" for row in (COLUMNS, ("---",) * len(COLUMNS), *rows(figures))]
    cores, python = os.cpu_count(), platform.python_version()
    text = SCALE if scale else PAGE
    return text.format(python=python, cores=cores, table="\n".join(lines), bottleneck=bottleneck)


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
figure is the median of its rounds. What is counted per second is counted on one core; seconds are wall time, and the
engine's rates are wall time with everything on this machine: server, worker, API, and what drives them.
With 100,000 customers asleep, by `make bench-scale`: [performance-scale.md](performance-scale.md).

{table}

![How much of its target each number reaches](performance-targets.svg)

![How a thousand customers who come due at once are served](performance-drain.svg)

## The engine

{bottleneck}

The bare engine is a workflow with the timers and activities of a journey that does nothing else, on the same server,
with the same settings, in turns with ours. Beside that stands a bare one that sends within its tasks, as the product
does where a channel is prompt. A worker is one Python process and uses one core at most: two of them carry more.

What brought it there, by the processor time of one journey of two messages:

- Messages that can leave at once leave within the task that decided them: 13 events of history instead of 27, server
  about 44 to 24 ms, worker about 60 to 45 ms. A channel with a rate, or a slow one, keeps its queue: 27 events.
- The types of what travels are read once in a process, not once in a workflow: worker 67 to 49 ms.
- Four threads instead of sixteen on SQLite, connections that are kept, and rules that are looked up without a lock: a
  tenth of the worker's time and a fifth more journeys.
- The sweep tells again of an event when others that came half a minute later are decided, not after 5 seconds: with
  thousands at once it had doubled the work.
- An event at the API: 0.91 to 0.32 ms, because a batch is stored by a handful of statements. Handing events over: 0.79
  to about 1.0 of raw signal-with-start, because the keys of fifty customers are made at once.
- Payloads are packed with known words before they are sealed, a decision keeps its answer without the state, and the
  store leaves out of states and entries what follows from the rest: 3.5 kB less for each customer asleep.
- A customer is read once where a message leaves, and a claim tells what it wrote: 14 statements of 118 less in a
  journey of two messages.

Of what remains in the worker, a third is our SQL, decisions and words; the rest is the SDK's visiting of payloads,
Python's hand-over between threads, and metrics. Tried without gain: sealing and metrics off (a tenth each).

## The planner and the workbench

Most of a simulated decision, about 20 µs, goes into the state and the timeline it leaves; keeping every reason adds
little. `washing_machine_care` takes 14 decisions and writes 25 entries, the 4-message journey 8 and 13. Since every
decision also knows pauses, moves, limits of a journey's own and the law, both stay under 5,000 a second without
reasons. Tried: plain instead of frozen records (a quarter faster), guard-rails and sight laid out only when a step asks
for them, a table of following steps. The profile is flat since. What would lift it is fewer decisions, with a message's
outcome folded into the decision behind it.

A check of 100 journeys reads 3,000 rules over six fields and looks at every case of them; the box analysis agrees with
the solver z3 on every one of 1,000 random rule sets. A back-test spends half of its time in the planner, a sixth in
reading the file; it takes about 500 MiB. Customers are moved by one validated Update each; what a killed worker leaves
behind the sweep brings home, so a move is late then, never lost and never done twice.

## E-mail

E-mails are signed with RSA-2048 and Ed25519 both. Over 50 connections the relay's 20 ms before each of its replies are
the limit; with the default of 8 it is a sixth of that. `make kill-matrix` counts what killed senders lose and double.
"""

SCALE = """# Performance with 100,000 customers asleep

Written by `make bench-scale` (Python {python}, {cores} cores, shared with other work: read it as an order of
magnitude).

{table}

{bottleneck}
"""
