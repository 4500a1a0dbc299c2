"""Running schemathesis against a server: its command line, our judgement of what it may find, and its count."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.server import Served

ROOT = Path(__file__).parents[2]
SLOWEST = 10
"""Seconds that any answer may take."""
_CONFIG = Path(__file__).with_name("schemathesis.toml")
_SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@dataclass(frozen=True)
class Found:
    """What came of a run: how many requests were made, and whether nothing was found."""

    cases: int
    is_clean: bool
    said: str


def fuzz(served: Served, examples: int, seed: int, folder: Path, *, phases: str = "", quiet: bool = False) -> Found:
    """Throw up to so many requests at every operation, in each phase.

    Args:
        examples: Requests for each operation in the random phases.
        seed: The same one makes the same requests.
        folder: Where the report is written.
        phases: Of schemathesis; all when empty.
        quiet: Whether its words are kept for ``Found.said`` instead of shown.
    """
    report = folder / f"schemathesis-{seed}.json"
    command = [
        *(str(_SCHEMATHESIS), "--config-file", str(_CONFIG), "run", f"{served.url}/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {served.key}", "--max-examples", str(examples), "--seed", str(seed)),
        *("--max-response-time", str(SLOWEST), "--continue-on-failure", "--generation-database", "none"),
        *("--suppress-health-check", "all", "--report", "json", "--report-json-path", str(report)),
        *(("--phases", phases) if phases else ()),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    kept = subprocess.PIPE if quiet else None
    done = subprocess.run(command, cwd=folder, env=environment, stdout=kept, stderr=kept, text=True, check=False)
    cases = json.loads(report.read_text(encoding="utf-8"))["test_cases"]["generated"] if report.is_file() else 0
    said = f"{done.stdout}\n{done.stderr}" if quiet else ""
    return Found(cases, done.returncode == 0, said)
