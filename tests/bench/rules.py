"""What the README claims about checking rules: that it is exact, and how fast it is."""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from care.domain.conditions import Condition
from care.rulebook.checks.matching import Matching
from care.rulebook.checks.telling import Option, Options, check_options
from care.rulebook.findings import Findings, Place
from tests.rulebook.rule_sets import FIELDS, a_large_rule_set, a_rule_set
from tests.rulebook.solver import Verdicts, verdicts

SETS = 1_000
RULES = 30
ROUNDS = 15


@dataclass(frozen=True)
class BoxFigures:
    """The box analysis beside z3.

    Attributes:
        agreed: Random rule sets of which both say the same, out of ``sets``.
        ours_ms: Milliseconds for all verdicts on ``rules`` rules over six fields; the median, as the others are.
        told_ms: The same with every problem told with its witness, of rule sets that are full of them.
    """

    sets: int
    agreed: int
    rules: int
    ours_ms: float
    z3_ms: float
    told_ms: float

    @property
    def ratio(self) -> float:
        """How many times faster the boxes are than z3."""
        return self.z3_ms / self.ours_ms


def boxes_say(conditions: Sequence[Condition]) -> Verdicts:
    """The verdicts of the boxes in the words of the oracle."""
    matching = Matching(FIELDS, conditions)
    return Verdicts(bool(matching.left), frozenset(matching.never), frozenset(matching.overlaps()))


def bench_boxes() -> BoxFigures:
    """Compare the verdicts on 1,000 random rule sets, and the time for 30 rules."""
    small = [a_rule_set(seed).conditions for seed in range(SETS)]
    agreed = sum(boxes_say(conditions) == verdicts(FIELDS, conditions) for conditions in small)
    large = [a_large_rule_set(seed, RULES).conditions for seed in range(ROUNDS)]
    return BoxFigures(
        SETS,
        agreed,
        RULES,
        _milliseconds(large, boxes_say),
        _milliseconds(large, lambda conditions: verdicts(FIELDS, conditions)),
        _milliseconds(large, _tell),
    )


def _milliseconds(sets: Sequence[Sequence[Condition]], work: Callable[[Sequence[Condition]], object]) -> float:
    spent = []
    for conditions in sets:
        started = time.process_time()
        work(conditions)
        spent.append((time.process_time() - started) * 1000)
    return statistics.median(spent)


def _tell(conditions: Sequence[Condition]) -> None:
    findings = Findings("table.yaml")
    rows = [Option(number, Place(number, 1), condition) for number, condition in enumerate(conditions, 1)]
    asked = Options("row", Place(1, 1), findings, rows, None, whole=True, remedy="add a row for it", unique=True)
    check_options(asked, FIELDS, findings)


if __name__ == "__main__":
    figures = bench_boxes()
    print(json.dumps({**asdict(figures), "ratio": figures.ratio}, indent=2))
