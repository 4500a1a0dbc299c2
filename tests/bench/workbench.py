"""What the marketer's workbench costs: checking a large folder, one rule test, a preview."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from care.rulebook.testing import run_tests
from care.rulebook.workspace import load

JOURNEYS = 100
RULES = 30
ROUNDS = 5
SHIPPED = Path(__file__).parents[2] / "rules"
_TYPES = ("new", "regular", "vip", "at_risk")
_CATEGORIES = ("washing_machine", "dryer", "fridge", "tv", "accessory")


def large_folder(folder: Path) -> Path:
    """A rules folder of 100 journeys, each with a branch of 30 rules over six fields that cover every case."""
    (folder / "journeys").mkdir(parents=True)
    for name in ("catalog.yaml", "customer_types.yaml"):
        (folder / name).write_text((SHIPPED / name).read_text(encoding="utf-8"), encoding="utf-8")
    for number in range(JOURNEYS):
        (folder / "journeys" / f"journey_{number}.yaml").write_text(_journey(number), encoding="utf-8")
    return folder


def _journey(number: int) -> str:
    rules = "\n".join(
        f"      - when: {{{_tests(number, each)}}}\n        then: path_{each % 5}" for each in range(RULES - 1)
    )
    paths = "\n".join(f"  path_{each}:\n    - wait: {each + 1} days" for each in range(5))
    return (
        f"journey: journey_{number}\ntitle: Journey {number}\nowner: cskh@dienmay.example\n"
        "trigger:\n  event: order.delivered\nre_entry: once per order\nsteps:\n"
        "  - survey: csat\n    ask: csat_washing_machine\n    by: email\n    up_to: 7 days\n"
        f"  - branch:\n{rules}\n      - otherwise: continue\npaths:\n{paths}\n"
    )


def _tests(number: int, rule: int) -> str:
    """Tests of six fields: every rule can be chosen, since its total lies in a stretch of its own."""
    low = 100_000 * (rule * JOURNEYS + number)
    asked = (
        f"order.total: between {low} and {low + 99_999}",
        f"customer.type: {_TYPES[rule % 4]}",
        f"order.category: not {_CATEGORIES[rule % 5]}",
        f"csat.score: at least {1 + rule % 5}",
        f"customer.orders: at most {3 + rule}",
        f"customer.discounted_share: less than {20 + rule}%",
    )
    return ", ".join(asked)


def check_seconds() -> list[float]:
    """How long a check of the large folder takes on one core."""
    with tempfile.TemporaryDirectory() as made:
        folder, seen = large_folder(Path(made) / "rules"), []
        for _ in range(ROUNDS):
            began = time.process_time()
            workspace = load(folder)
            seen.append(time.process_time() - began)
        errors = [problem for problem in workspace.problems if problem.severity == "error"]
        assert errors == [], errors[:3]
        return seen


def rule_test_milliseconds() -> list[float]:
    """How long one of the shipped rule tests takes."""
    workspace, seen = load(SHIPPED), []
    for _ in range(ROUNDS):
        began = time.process_time()
        count = sum(1 for _ in run_tests(workspace))
        seen.append((time.process_time() - began) * 1_000 / count)
    return seen


def preview_seconds() -> list[float]:
    """How long `care rules preview` takes, process start included."""
    care = str(Path(sys.executable).with_name("care"))
    command = [care, "rules", "preview", "washing_machine_care", "--as", "vip", "--tz", "Asia/Tokyo", "--score", "2"]
    return command_seconds(command)


def command_seconds(command: list[str]) -> list[float]:
    """How long a command takes, process start included, once Python has kept its compiled modules."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    seen = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=kept)
        seen.append(time.perf_counter() - began)
    return seen[1:]


if __name__ == "__main__":
    for measured in (check_seconds, rule_test_milliseconds, preview_seconds):
        print(measured.__name__, statistics.median(measured()))
