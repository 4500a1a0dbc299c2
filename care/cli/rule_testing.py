"""Playing the marketers' rule tests, and showing what came of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.progress import Progress
from rich.text import Text

from care.cli.rule_files import checked, count_text
from care.cli.screen import screen
from care.domain.audit import place
from care.domain.errors import CareError
from care.domain.rulebook import Rulebook
from care.rulebook.testing import TestResult, run_tests
from care.rulebook.workspace import JOURNEYS, Workspace
from care.settings import Settings
from care.trying.coverage import Coverage, coverage_of
from care.trying.exploring import Exploration, explore

_ENDING = ".test.yaml"
_SHOWN = 3


class NoRuleTestError(CareError):
    """There is no such rule test."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """What came of playing rule tests.

    Attributes:
        seconds: How long each test took, in the order of ``results``.
        coverage: What the tests reached of each journey they are for; only where it was asked for.
        exploration: What came of made-up customers; only where they were asked for.
    """

    results: tuple[TestResult, ...]
    seconds: tuple[float, ...]
    coverage: tuple[Coverage, ...] | None = None
    exploration: Exploration | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return all(result.passed for result in self.results) and not (self.exploration and self.exploration.breaches)


def run(settings: Settings, files: Sequence[Path], *, coverage: bool, customers: int, seed: int) -> TestRun:
    """Play the tests of these files or journeys; of all, when none is named.

    Args:
        customers: How many made-up customers to let walk each journey besides.

    Raises:
        BrokenRulesError: Something is wrong in the rule files or in the tests.
        NoRuleTestError: A file or journey has no tests.
    """
    rulebook, workspace = checked(settings)
    wanted = {path.name.removesuffix(_ENDING).removesuffix(".yaml") for path in files}
    if not customers:
        _refuse_unknown(wanted, workspace)
    results, seconds = _played(workspace, frozenset(wanted))
    plans = [walked.plan for name, walked in rulebook.entering.items() if not wanted or name in wanted]
    covered = tuple(coverage_of(plans, (result.entries for result in results))) if coverage else None
    explored = _explored(rulebook, sorted(wanted), customers, seed) if customers else None
    return TestRun(tuple(results), tuple(seconds), covered, explored)


def _played(workspace: Workspace, wanted: frozenset[str]) -> tuple[list[TestResult], list[float]]:
    results, seconds = [], []
    began = perf_counter()
    for result in run_tests(workspace, wanted):
        results.append(result)
        seconds.append(perf_counter() - began)
        began = perf_counter()
    return results, seconds


def _explored(rulebook: Rulebook, journeys: Sequence[str], customers: int, seed: int) -> Exploration:
    total = customers * (len(journeys) or len(rulebook.entering))
    out = screen(stderr=True)
    if not out.is_terminal:
        return explore(rulebook, journeys, customers=customers, seed=seed)
    with Progress(console=out, transient=True) as progress:
        bar = progress.add_task("made-up customers", total=total)
        return explore(
            rulebook, journeys, customers=customers, seed=seed, told=lambda done: progress.update(bar, completed=done)
        )


def _refuse_unknown(wanted: set[str], workspace: Workspace) -> None:
    known = {file.journey for file in workspace.tests}
    for name in sorted(wanted - known):
        there = ", ".join(sorted(known)) or "none"
        raise NoRuleTestError(
            f"there is no test of {name!r}; write {JOURNEYS}/{name}{_ENDING} (tests there are: {there})"
        )


def as_plain(done: TestRun) -> dict[str, Any]:
    """The run as plain values."""
    tests = [
        {
            "journey": result.journey,
            "name": result.name,
            "line": result.line,
            "passed": result.passed,
            "failures": [asdict(failure) for failure in result.failures],
            "timeline": result.timeline,
            "seconds": took,
        }
        for result, took in zip(done.results, done.seconds, strict=True)
    ]
    explored = done.exploration
    return {
        "passed": done.passed,
        "tests": tests,
        "coverage": _coverage_as_plain(done.coverage) if done.coverage is not None else None,
        "exploration": None
        if explored is None
        else {
            "customers": explored.customers,
            "entered": explored.entered,
            "messages": explored.messages,
            "most_messages_within_the_cap": explored.most,
            "breaches": [
                {"journey": each.journey, "number": each.number, "rule": each.rule, "message": each.message}
                for each in explored.breaches
            ],
            "coverage": _coverage_as_plain(explored.coverage),
        },
    }


def _coverage_as_plain(coverage: Sequence[Coverage]) -> list[dict[str, Any]]:
    return [{**asdict(each), "total": each.total, "share": each.share} for each in coverage]


def show(done: TestRun, rules_dir: Path, *, timeline: bool) -> None:
    """Print the tests, what they reached, and what came of the made-up customers, as far as there is any."""
    show_results(done.results, rules_dir, timeline=timeline)
    if done.coverage is not None:
        show_coverage(done.coverage, "no test reached", f"{rules_dir}/{JOURNEYS}")
    if done.exploration is not None:
        _show_exploration(done.exploration, f"{rules_dir}/{JOURNEYS}")


def show_coverage(coverage: Sequence[Coverage], words: str, folder: str) -> None:
    """Print what was reached, and every place that was not."""
    out = screen()
    for each in coverage:
        mark = "✓" if not each.unreached else "·"
        out.print(f"{mark} {each.journey}: {each.reached} of {each.total} steps, rules and rows ({each.share:.0%})")
        for missed in each.unreached:
            what = missed.name if f" {missed.kind} " in missed.name else f"{missed.kind} {missed.name}"
            text = f"    {folder}/{missed.file}:{missed.line}: {words} {what}"
            out.print(text, style="yellow", soft_wrap=True)


def _show_exploration(found: Exploration, folder: str) -> None:
    out = screen()
    out.print(
        f"{found.customers:,} made-up customers, {found.entered:,} let in, {found.messages:,} messages: "
        f"nobody got more than {found.most} within the cap's time"
        + ("" if found.breaches else ", none in quiet hours, every journey ended"),
        style="bold red" if found.breaches else "green",
        soft_wrap=True,
    )
    for breach in found.breaches[:_SHOWN]:
        out.print(f"✗ {breach.journey}, customer {breach.number}: {breach.rule}: {breach.message}", style="red")
        for entry in breach.timeline:
            out.print(f"    {entry.at:%Y-%m-%d %H:%M} UTC  {entry.what}  {place(entry)}", style="dim", soft_wrap=True)
    if len(found.breaches) > _SHOWN:
        out.print(f"and {len(found.breaches) - _SHOWN:,} more; --json lists them")
    show_coverage([each for each in found.coverage if each.unreached], "no made-up customer reached", folder)


def show_results(results: Sequence[TestResult], rules_dir: Path, *, timeline: bool) -> None:
    """Print each test with a mark; below a failed one, what was expected, the nearest step, and what happened."""
    out = screen()
    for result in results:
        file = f"{rules_dir}/{JOURNEYS}/{result.journey}{_ENDING}"
        mark = Text("✓ ", "green") if result.passed else Text("✗ ", "bold red")
        out.print(mark + Text(f"{result.journey}: {result.name}"), soft_wrap=True)
        for failure in result.failures:
            out.print(Text(f"    {file}:{failure.line}: {failure.message}", "red"), soft_wrap=True)
            out.print(Text("\n".join(f"        {line}" for line in failure.near)), soft_wrap=True)
        if timeline or not result.passed:
            out.print(Text("\n".join(f"    {line}" for line in result.timeline), "dim"), soft_wrap=True)
    failed = sum(not result.passed for result in results)
    text = f"{count_text(len(results), 'rule test')}, {failed or 'none'} failed"
    out.print(text, style="bold red" if failed else "green")
