"""Playing the marketers' rule tests, and showing what came of them."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.text import Text

from care.cli.rule_files import checked, count_text
from care.cli.screen import screen
from care.domain.errors import CareError
from care.rulebook.testing import TestResult, run_tests
from care.rulebook.workspace import JOURNEYS, Workspace
from care.settings import Settings

_ENDING = ".test.yaml"


class NoRuleTestError(CareError):
    """There is no such rule test."""


def results_of(settings: Settings, files: Sequence[Path]) -> list[TestResult]:
    """Play the tests of these files or journeys; of all, when none is named.

    Raises:
        BrokenRulesError: Something is wrong in the rule files or in the tests.
        NoRuleTestError: A file or journey has no tests.
    """
    _, workspace = checked(settings)
    wanted = {path.name.removesuffix(_ENDING).removesuffix(".yaml") for path in files}
    _refuse_unknown(wanted, workspace)
    return list(run_tests(workspace, frozenset(wanted)))


def _refuse_unknown(wanted: set[str], workspace: Workspace) -> None:
    known = {file.journey for file in workspace.tests}
    for name in sorted(wanted - known):
        there = ", ".join(sorted(known)) or "none"
        raise NoRuleTestError(
            f"there is no test of {name!r}; write {JOURNEYS}/{name}{_ENDING} (tests there are: {there})"
        )


def results_as_plain(results: Sequence[TestResult]) -> list[dict[str, Any]]:
    """The results as plain values."""
    return [asdict(result) | {"passed": result.passed} for result in results]


def show_results(results: Sequence[TestResult], rules_dir: Path, *, timeline: bool) -> None:
    """Print each test with a mark; below a failed one, what was expected, the nearest step, and what happened."""
    out = screen()
    for result in results:
        place = f"{rules_dir}/{JOURNEYS}/{result.journey}{_ENDING}"
        mark = Text("✓ ", "green") if result.passed else Text("✗ ", "bold red")
        out.print(mark + Text(f"{result.journey}: {result.name}"), soft_wrap=True)
        for failure in result.failures:
            out.print(Text(f"    {place}:{failure.line}: {failure.message}", "red"), soft_wrap=True)
            out.print(Text("\n".join(f"        {line}" for line in failure.near)), soft_wrap=True)
        if timeline or not result.passed:
            out.print(Text("\n".join(f"    {line}" for line in result.timeline), "dim"), soft_wrap=True)
    failed = sum(not result.passed for result in results)
    text = f"{count_text(len(results), 'rule test')}, {failed or 'none'} failed"
    out.print(text, style="bold red" if failed else "green")
