"""`care demo`, as a subprocess: a small shop's ninety days on the real engine."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def demo(folder: Path, *arguments: str, rules: Path = ROOT / "rules") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "care.cli.main", "demo", *arguments],
        cwd=folder,
        env={"CARE_RULES_DIR": str(rules), "CARE_TEMPLATES_DIR": str(ROOT / "templates"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_a_small_demo_runs_its_ninety_days_and_sums_them_up(tmp_path: Path) -> None:
    ran = demo(tmp_path, "--purchases", "40", "--json", "summary.json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    for part in (
        "A delighted customer",
        "Ninety days at a glance",
        "Where to look next",
        "→ entered",
        "✓ outside quiet",
    ):
        assert part in ran.stdout
    found = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert found["purchases"] >= 40
    assert found["running"] == 0
    assert found["sent"]["email"] > 20
    assert found["sent"]["sms"] > 5
    assert found["csat"]["total"] > 5
    assert [entry.name for entry in tmp_path.iterdir()] == ["summary.json"]


def test_a_demo_with_broken_rules_says_so_and_fails(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    ran = demo(tmp_path, rules=tmp_path / "rules")
    assert ran.returncode == 1
    assert "catalog.yaml" in ran.stderr
    assert "Traceback" not in ran.stderr
