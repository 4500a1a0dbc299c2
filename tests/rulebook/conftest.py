"""Fixtures of the rule language's tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from care.rulebook.findings import Findings
from care.rulebook.reader import Node, read
from care.rulebook.workspace import Workspace, load
from tests.rulebook.folders import a_folder, a_journey


@pytest.fixture
def example(tmp_path: Path) -> Callable[..., Workspace]:
    """Loads a rules folder with one journey called ``example``, made of steps and other settings."""

    def load_example(steps: str, top: str = "") -> Workspace:
        return load(a_folder(tmp_path, example=a_journey(steps, top)))

    return load_example


@pytest.fixture
def tree() -> Callable[[str], Node]:
    """Reads text that must be sound."""

    def read_sound(text: str) -> Node:
        findings = Findings("example.yaml")
        node = read(text, findings)
        assert not findings.problems
        assert node is not None
        return node

    return read_sound
