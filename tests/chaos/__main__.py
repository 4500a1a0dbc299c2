"""``python -m tests.chaos``: a shop while everything dies, judged from the outside; ``make chaos``."""

import argparse
import asyncio
import json
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from care.cli.screen import print_json, print_table, screen
from care.settings import as_environment
from tests.chaos.judging import judge
from tests.chaos.live import live_line
from tests.chaos.report import COMMANDS, advice, plain, write
from tests.chaos.run import Plan, Ran, run
from tests.chaos.verdict import Verdict

PURCHASES, MINUTES = 3_000, 14.5
# Of the time that is given: for buying and for faults; for settling. The rest is for starting and judging.
_TROUBLED, _SETTLING = 0.4, 0.5
_SECONDS_A_FAULT = 6.0
_SHOWN = 25


def main() -> None:
    """Read the arguments, run, judge, and say what came of it; exit 1 when anything that must be nought is not."""
    chosen = _arguments().parse_args()
    seed = chosen.seed or secrets.token_hex(4)
    print(f"seed {seed}", file=sys.stderr)
    span = chosen.span or chosen.minutes * 60 * _TROUBLED
    plan = Plan(
        purchases=chosen.purchases,
        seed=seed,
        store=chosen.store,
        faults=chosen.faults if chosen.faults is not None else max(1, round(span / _SECONDS_A_FAULT)),
        span=span,
        settling=chosen.minutes * 60 * _SETTLING,
        brief=chosen.brief,
        kinds=tuple(chosen.only),
    )
    folder = Path(tempfile.mkdtemp(prefix="care-chaos-"))
    with live_line() as tell:
        ran = asyncio.run(run(plan, folder, tell))
    verdict = judge(ran)
    report = plain(ran, verdict)
    if chosen.write:
        write(chosen.write, report)
    print_json(report) if chosen.json else _show(report, ran)
    _keep(ran, verdict, keep=chosen.keep)
    sys.exit(1 if verdict.wrong else 0)


def _arguments() -> argparse.ArgumentParser:
    of = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    of.add_argument("--purchases", type=int, default=PURCHASES, help=f"how many ({PURCHASES:,})")
    of.add_argument("--minutes", type=float, default=MINUTES, help=f"how long it may take in all ({MINUTES:g})")
    of.add_argument("--seed", default="", help="repeats the customers and the faults of an earlier run")
    of.add_argument("--store", choices=("postgresql", "sqlite"), default="postgresql", help="postgresql unless given")
    of.add_argument("--faults", type=int, help="how many; one every six seconds unless given")
    of.add_argument("--span", type=float, help="seconds of buying and of faults; under half of the time unless given")
    of.add_argument(
        "--only", action="append", default=[], metavar="'KIND TARGET'", help="only this fault: 'kill relay'"
    )
    of.add_argument("--brief", action="store_true", help="journeys without waits, and nobody takes their time")
    of.add_argument("--write", choices=tuple(COMMANDS), help="write docs/proof.md and docs/proof.json, as this command")
    of.add_argument("--json", action="store_true", help="print the report as JSON")
    of.add_argument("--keep", action="store_true", help="keep logs and data also when all is well")
    return of


def _show(report: dict[str, Any], ran: Ran) -> None:
    print_table("What there was", ("", "count"), [(name, f"{count:,}") for name, count in report["counts"].items()])
    print_table(
        "Why nobody could know", ("", "messages"), [(a, f"{b:,}") for a, b in report["unknown_because"].items()]
    )
    print_table("What must be nought", ("", "is"), [(name, f"{count:,}") for name, count in report["zeros"].items()])
    struck = sum(fault.began is not None for fault in ran.faults)
    settled = "did not settle in time" if ran.settled is None else f"settled {ran.settled:.0f} s after the last"
    print(f"{struck} faults in {ran.plan.span:.0f} s, {settled}; {report['seconds']} s in all; seed {ran.plan.seed}")
    for each in report["left_out"]:
        print(f"left out: {each}")


def _keep(ran: Ran, verdict: Verdict, *, keep: bool) -> None:
    """Throw everything away when all is well, else keep it and say how to look at it."""
    if not verdict.wrong and not keep:
        ran.installed.disks.close()
        shutil.rmtree(ran.folder, ignore_errors=True)
        return
    ran.installed.disks.keep(ran.folder / "kept")
    ran.installed.disks.close()
    environment = as_environment(ran.installed.settings) | {"STORE": ran.plan.store}
    (ran.folder / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    out = screen(stderr=True)
    for each in verdict.wrong[:_SHOWN]:
        out.print(f"{each.what}: {each.customer or 'nobody in particular'}: {each.story}", style="red")
        if each.customer:
            out.print(f"    {advice(ran.folder, each.customer)}")
    if len(verdict.wrong) > _SHOWN:
        out.print(f"… and {len(verdict.wrong) - _SHOWN} more", style="red")
    for fault in ran.faults:
        if fault.began is not None and fault.ended is not None:
            out.print(f"{fault.began:%H:%M:%S} to {fault.ended:%H:%M:%S} {fault.name}  {fault.note}")
    out.print(f"logs and data are kept in {ran.folder}")


if __name__ == "__main__":
    main()
