"""What a run comes to: as plain JSON, as tables on the screen, and as docs/proof.md."""

import json
import os
import platform
import subprocess
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from care.cli.screen import json_text
from tests.acceptance.cli.shop import REPOSITORY
from tests.chaos.faults import EVERYTHING, MEANING
from tests.chaos.run import Ran
from tests.chaos.verdict import ZEROS, Verdict

PROOF = REPOSITORY / "docs" / "proof.md"
NUMBERS = REPOSITORY / "docs" / "proof.json"
_SHOWN = 20
COMMANDS = {"chaos": "make chaos", "chaos-long": "make chaos-long"}

_HEAD = Path(__file__).with_name("proof_head.md")


def plain(ran: Ran, verdict: Verdict) -> dict[str, Any]:
    """A run as plain JSON."""
    return {
        "seed": ran.plan.seed,
        "version": version("aftercare"),
        "commit": _commit(),
        "machine": f"Python {platform.python_version()}, {os.cpu_count()} cores",
        "date": f"{ran.began:%Y-%m-%d}",
        "store": ran.plan.store,
        "purchases": ran.plan.purchases,
        "troubled_seconds": round(ran.plan.span),
        "settled_seconds": round(ran.settled) if ran.settled is not None else None,
        "seconds": round((ran.ended - ran.began).total_seconds()),
        "zeros": verdict.zeros,
        "counts": verdict.counts,
        "unknown_because": dict(verdict.unknown_because.most_common()),
        "excused": dict(verdict.excused.most_common()),
        "faults": [
            {
                "kind": fault.kind,
                "target": fault.target,
                "at": round(fault.at, 1),
                "seconds": round((fault.ended - fault.began).total_seconds(), 1) if fault.began and fault.ended else 0,
                "note": fault.note,
            }
            for fault in ran.faults
        ],
        "left_out": list(ran.left_out),
        "driver_stood_still_seconds": round(ran.still),
        "api_answers": {str(status): count for status, count in sorted(ran.book.statuses.items())},
        "ended_by_themselves": {name: count for name, count in ran.own_ends.items() if count},
        "wrong": [{"what": each.what, "customer": each.customer, "story": each.story} for each in verdict.wrong],
    }


def write(name: str, report: Mapping[str, Any]) -> None:
    """Put a run's numbers in docs/proof.json, and write docs/proof.md anew from all that stand there."""
    known = json.loads(NUMBERS.read_text(encoding="utf-8")) if NUMBERS.exists() else {}
    known[name] = report
    NUMBERS.write_text(json_text(known) + "\n", encoding="utf-8")
    PROOF.write_text(rendered(known), encoding="utf-8")


def rendered(known: Mapping[str, Mapping[str, Any]]) -> str:
    """docs/proof.md for these runs."""
    return "\n".join(
        [
            _HEAD.read_text(encoding="utf-8"),
            *(_section(COMMANDS[name], known[name]) for name in COMMANDS if name in known),
        ]
    )


def _section(command: str, of: Mapping[str, Any]) -> str:
    counts = of["counts"]
    struck = sum(1 for fault in of["faults"] if fault["note"] or fault["seconds"])
    settled = (
        f"settled {of['settled_seconds']} s after the last one" if of["settled_seconds"] is not None else "not settled"
    )
    if of["driver_stood_still_seconds"]:
        settled += f"; for {of['driver_stood_still_seconds']} s the machine did not let the driver run"
    lines = [
        f"## `{command}`",
        "",
        f"{counts['purchases acknowledged']:,} purchases of {counts['customers']:,} customers, {struck} faults in "
        f"{of['troubled_seconds']} s, {settled}; {of['seconds']} s in all. Seed `{of['seed']}`, store {of['store']}, "
        f"version {of['version']} ({of['commit']}), {of['machine']}, {of['date']}.",
        "",
        *_table(
            ("what must be nought", "is", "that is"), [(name, str(of["zeros"][name]), ZEROS[name]) for name in ZEROS]
        ),
        "",
        *_table(("what there was", "count"), [(name, f"{count:,}") for name, count in counts.items()]),
        "",
        *_wrong(of),
        *_unknown(of),
        *_faults(of),
        "",
        f"The same customers and faults again: `{command} SEED={of['seed']}`; what a fault meets differs by a little.",
        "",
    ]
    return "\n".join(lines)


def _wrong(of: Mapping[str, Any]) -> list[str]:
    if not of["wrong"]:
        return []
    lines = [f"- {each['what']}: {each['customer']} {each['story']}" for each in of["wrong"][:_SHOWN]]
    return [f"What is wrong, {len(of['wrong'])} times in all:", "", *lines, ""]


def _unknown(of: Mapping[str, Any]) -> list[str]:
    if not of["unknown_because"]:
        return ["No message was left unknown.", ""]
    rows = [(reason, f"{count:,}") for reason, count in of["unknown_because"].items()]
    return [*_table(("why nobody could know of a message that is called unknown", "messages"), rows), ""]


def _faults(of: Mapping[str, Any]) -> list[str]:
    kinds: dict[str, Counter[str]] = {}
    for fault in of["faults"]:
        kinds.setdefault(fault["kind"], Counter())[fault["target"]] += 1
    rows = [
        (
            MEANING[kind],
            str(kinds[kind].total()),
            ", ".join(f"{_target(name)} {count}" for name, count in sorted(kinds[kind].items())),
        )
        for kind in MEANING
        if kind in kinds
    ]
    lines = _table(("fault", "times", "whom"), rows)
    return [*lines, "", *(f"Left out: {each}." for each in of["left_out"])] if of["left_out"] else lines


def _target(name: str) -> str:
    return "everything at once" if name == EVERYTHING else name


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *(f"| {' | '.join(row)} |" for row in rows)]


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, check=False, text=True
    )
    return done.stdout.strip() or "no commit"


def advice(folder: Path, customer: str) -> str:
    """The command that shows a customer of a run whose folder was kept."""
    return f"python -m tests.chaos.look {folder} care audit {customer} --why" if customer else ""
