"""Every broken file gets exactly the problems that its first line expects, and never a traceback."""

import shutil
from pathlib import Path

import pytest

from care.rulebook.problems import render
from care.rulebook.workspace import load
from tests.rulebook.folders import BROKEN, EXAMPLES, a_folder, told

# What else a problem of the catalogue or the types may stand beside: the first word of the file's name says what it is.
_PLACES = {
    "promises": "promises.yaml",
    "catalog": "catalog.yaml",
    "types": "customer_types.yaml",
    "test": "journeys/washing_machine_care.test.yaml",
}
FILES = sorted(BROKEN.glob("*.yaml"))


def broken_folder(file: Path, tmp_path: Path) -> Path:
    """A sound rules folder with one broken file in it."""
    folder = a_folder(tmp_path)
    kind = file.name.partition(".")[0]
    place = _PLACES.get(kind, f"journeys/{file.name}")
    if kind == "test":
        shutil.copy(EXAMPLES / "sound" / "washing_machine_care.yaml", folder / "journeys")
    if kind == "catalog":
        (folder / "customer_types.yaml").unlink()
    shutil.copy(file, folder / place)
    if (sheet := file.with_suffix(".csv")).exists():
        shutil.copy(sheet, folder / "journeys")
    return folder


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_broken_file_gets_exactly_the_problems_it_expects(file: Path, tmp_path: Path) -> None:
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    workspace = load(broken_folder(file, tmp_path))
    assert told(workspace) == first.removeprefix("# expect: ").split(), render(workspace.problems, workspace.sources)


def test_there_are_more_than_fifty_broken_files_and_every_code_occurs() -> None:
    expected = " ".join(file.read_text(encoding="utf-8").partition("\n")[0] for file in FILES)
    # J052 takes two journeys and J054 template files: see test_crossing.py and test_lawfulness.py.
    numbers = (1, 2, 3, *range(10, 15), *range(20, 25), *range(30, 35), 40, 41, 50, 51, 53, 55)
    codes = {f"J{number:03}" for number in numbers}
    assert len(FILES) >= 50
    assert {code for code in codes if f"{code}:" in expected} == codes
