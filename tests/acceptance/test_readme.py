"""The README says what is true."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from care.cli.main import app
from care.settings import settings_table
from tests.acceptance.readme import README, with_settings

ROOT = README.parent
TEXT = README.read_text(encoding="utf-8")
PAGES = [
    "README.md",
    "deploy/README.md",
    *(f"docs/{name}.md" for name in ("backup", "operations", "privacy", "security", "sizing")),
]
CARE = Path(sys.executable).with_name("care")


def test_the_table_of_settings_is_the_codes() -> None:
    assert with_settings(TEXT) == TEXT, "run python -m tests.acceptance.readme"


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "rules/README.md", "templates/README.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert ((ROOT / page).parent / target).exists(), target


@pytest.mark.parametrize(("page", "least"), [("README.md", 8), ("docs/privacy.md", 2), ("docs/security.md", 60)])
def test_every_promise_names_a_test_that_exists(page: str, least: int) -> None:
    named = re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert len(named) >= least
    for test, file in named:
        assert f"def {test}(" in ((ROOT / page).parent / file).read_text(encoding="utf-8"), test


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_in_it_is_one(page: str) -> None:
    named = re.findall(r"\bCARE_[A-Z][A-Z0-9_]+", (ROOT / page).read_text(encoding="utf-8"))
    assert set(named) <= {name for name, _, _ in settings_table()}


def test_every_command_in_it_is_known() -> None:
    grouped = "|".join(group.name for group in app.registered_groups if group.name)
    told = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
    commands = set(re.findall(rf"(?:^    |`)care ((?:{grouped}) [\w-]+|\w+)", told, flags=re.MULTILINE))
    assert {"up", "demo", "worker", "api", "audit", "rules check", "events import", "backup", "restore"} <= commands
    for command in sorted(commands):
        done = subprocess.run([CARE, *command.split(), "--help"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE)
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [target for target in targets if f"make {target} " not in said] == []
