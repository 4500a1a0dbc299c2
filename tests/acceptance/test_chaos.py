"""The chaos run in small, from the command line as `make chaos` starts it, and what its judge is worth."""

import json
import subprocess
import sys

import pytest

from tests.acceptance.cli.shop import REPOSITORY
from tests.chaos.chance import Chance
from tests.chaos.faults import schedule
from tests.chaos.lives import lives


@pytest.mark.chaos
def test_forty_purchases_survive_the_death_of_the_api_a_slow_relay_and_a_cut_line_to_the_server() -> None:
    faults = [word for name in ("kill api", "slow relay", "cut temporal") for word in ("--only", name)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--brief", "--purchases", "40", "--seed", "suite", "--minutes", "4",
         "--span", "10", "--store", "sqlite", "--faults", "3", "--json", *faults],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    counts = report["counts"]
    assert set(report["zeros"].values()) == {0}
    assert sorted(fault["kind"] for fault in report["faults"]) == ["cut", "kill", "slow"]
    assert counts["purchases acknowledged"] == 40
    assert counts["messages sent and received once"] > 50
    assert counts["customers where it was night all along"] > 0


def test_a_seed_draws_the_same_customers_and_the_same_faults() -> None:
    kinds = [("kill", "api"), ("stall", "api"), ("cut", "relay")]
    for drawn in (
        lambda seed: lives(seed, 200, 60, brief=False),
        lambda seed: schedule(seed, kinds, 20, 60),  # type: ignore[arg-type]
    ):
        assert drawn("a") == drawn("a") != drawn("b")


def test_so_many_purchases_are_made_and_every_fault_strikes_before_any_strikes_again() -> None:
    assert sum(len(life.purchases) for life in lives("x", 201, 60, brief=False)) == 201
    kinds = [("kill", "api"), ("stall", "api"), ("cut", "relay")]
    drawn = [(fault.kind, fault.target) for fault in schedule("x", kinds, 9, 60)]  # type: ignore[arg-type]
    for at in (0, 3, 6):
        assert sorted(drawn[at : at + 3]) == sorted(kinds)


def test_chance_depends_on_nothing_but_its_name() -> None:
    chance = Chance("x")
    first = chance.number("a", 1)
    chance.number("b")
    assert chance.number("a", 1) == first
    assert all(0 <= chance.number(at) < 1 for at in range(1_000))
