"""The rules folder as a whole."""

import shutil
import subprocess
import sys
from pathlib import Path

from care.rulebook.problems import render
from care.rulebook.workspace import load
from tests.rulebook.folders import EXAMPLES, a_folder, a_journey, told

SEND = a_journey("  - send: thank_you\n    by: email\n")


def the_examples(tmp_path: Path) -> Path:
    folder = a_folder(tmp_path)
    for file in (EXAMPLES / "journeys").iterdir():
        shutil.copy(file, folder / "journeys")
    return folder


def test_the_examples_are_a_rulebook_with_tests(tmp_path: Path) -> None:
    workspace = load(the_examples(tmp_path))
    assert workspace.problems == ()
    rulebook = workspace.rulebook
    assert rulebook is not None
    assert set(rulebook.entering) == {"after_service_visit", "washing_machine_care", "yearly_care"}
    assert {walked.plan.hash for walked in rulebook.entering.values()} == set(rulebook.plans)
    assert [kind.field for kind in rulebook.types] == ["customer.type", "customer.motive"]
    assert rulebook.revision == 0
    assert [(file.journey, len(file.tests)) for file in workspace.tests] == [
        ("washing_machine_care", 4),
        ("yearly_care", 5),
    ]
    assert set(workspace.sources) == {
        "catalog.yaml",
        "customer_types.yaml",
        "journeys/after_service_visit.yaml",
        "journeys/washing_machine_care.yaml",
        "journeys/washing_machine_care.test.yaml",
        "journeys/yearly_care.yaml",
        "journeys/yearly_care.test.yaml",
        "journeys/yearly_gifts.csv",
    }


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, one="a: >= 3", two=SEND.replace("example", "too"), customer_types="a: b")
    workspace = load(folder)
    assert {problem.file for problem in workspace.problems} == {
        "customer_types.yaml",
        "journeys/one.yaml",
        "journeys/two.yaml",
    }
    assert workspace.rulebook is None
    assert list(workspace.problems) == sorted(workspace.problems)


def test_a_file_that_would_silently_not_be_read_is_told(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, example=SEND)
    for name in ("journeys/other.yml", "stray.yaml", "customer_type.yaml"):
        (folder / name).write_text(SEND, encoding="utf-8")
    (folder / "journeys" / "nobody.test.yaml").write_text("journey: nobody\ntests: []\n", encoding="utf-8")
    messages = {problem.file: (problem.message, problem.hint) for problem in load(folder).problems if problem.line == 1}
    assert messages == {
        "journeys/other.yml": ("journeys/other.yml is not read: files end in .yaml", "rename it"),
        "stray.yaml": ("stray.yaml is not read here", "journeys and their tests belong in journeys/"),
        "customer_type.yaml": ("customer_type.yaml is not read here", "did you mean 'customer_types.yaml'?"),
        "journeys/nobody.test.yaml": ("there is no journey 'nobody' to test", "there are: example"),
    }


def test_a_folder_or_a_broken_link_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, example=SEND)
    (folder / "journeys" / "folder.yaml").mkdir()
    (folder / "journeys" / "link.yaml").symlink_to(folder / "nowhere")
    assert [problem.code for problem in load(folder).problems] == ["J001", "J001"]


def test_a_folder_that_is_not_there_has_no_catalogue(tmp_path: Path) -> None:
    assert told(load(tmp_path / "nowhere")) == ["J001:1:1"]


def test_a_broken_rule_test_leaves_the_rulebook_as_it_is(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, **{"example": SEND, "example.test": "journey: example\ntests: [{test: a}]\n"})
    workspace = load(folder)
    assert workspace.rulebook is not None
    assert workspace.tests == ()
    assert "journeys/example.test.yaml:2:9: J003 a test needs 'starts'" in render(workspace.problems, workspace.sources)


def test_checking_rules_loads_nothing_that_only_running_them_needs() -> None:
    heavy = ("jinja2", "sqlalchemy", "temporalio", "httpx", "fastapi")
    script = f"import sys, care.rulebook.workspace; print([name for name in {heavy!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
