"""``python -m tests.kill_matrix``: kill senders by the thousand and count at the peer; ``make kill-matrix``."""

import argparse
import os
import secrets
import sys
import time

from care.cli.progress import progress
from care.cli.screen import print_json, print_table, screen
from tests.kill_matrix.judging import Verdict
from tests.kill_matrix.run import run_matrix

KILLS = 5_000
_COLUMNS = ("channel", "phase", "kills", "sent", "unknown", "lost", "doubled", "evasive")


def main() -> None:
    """Read the arguments, kill, and say what became of the messages; exit 1 when one was lost or doubled."""
    arguments = argparse.ArgumentParser(prog="python -m tests.kill_matrix", description=__doc__)
    arguments.add_argument("--kills", type=int, default=KILLS, help=f"how many at least ({KILLS:,})")
    arguments.add_argument("--seed", default="", help="repeats the choices of an earlier run")
    arguments.add_argument("--lanes", type=int, default=os.cpu_count() or 2, help="how many side by side")
    arguments.add_argument("--json", action="store_true", help="print the table as JSON")
    chosen = arguments.parse_args()
    seed = chosen.seed or secrets.token_hex(4)
    print(f"seed {seed}", file=sys.stderr)
    began = time.monotonic()
    with progress("Killing senders", chosen.kills) as more:
        verdict = run_matrix(chosen.kills, seed, chosen.lanes, more)
    _say(verdict, time.monotonic() - began, as_json=chosen.json, seed=seed)
    sys.exit(1 if verdict.faults else 0)


def _say(verdict: Verdict, seconds: float, *, as_json: bool, seed: str) -> None:
    if as_json:
        print_json({**verdict.as_json(), "seed": seed, "seconds": round(seconds, 1)})
        return
    rows = []
    for (route, phase), row in [*sorted(verdict.rows.items()), (("all", ""), verdict.total)]:
        numbers = (row.kills, row.sent, row.unknown, row.lost, row.doubled, row.evasive)
        rows.append((route, phase, *(f"{number:,}" for number in numbers)))
    print_table("Kill matrix", _COLUMNS, rows)
    total = verdict.total
    print(f"{total.kills:,} kills in {seconds:.0f} s: lost {total.lost}, doubled {total.doubled}, seed {seed}")
    for fault in verdict.faults[:20]:
        screen(stderr=True).print(fault, style="red")


if __name__ == "__main__":
    main()
