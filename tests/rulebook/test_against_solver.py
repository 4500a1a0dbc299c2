"""The boxes and z3 say the same of random rule sets; ``make bench`` asks of all 1,000."""

import pytest

from tests.bench.rules import boxes_say
from tests.rulebook.rule_sets import FIELDS, a_large_rule_set, a_rule_set
from tests.rulebook.solver import verdicts

SETS = 200


@pytest.mark.parametrize("first", range(0, SETS, 50))
def test_gaps_overlaps_and_what_is_never_chosen_are_those_of_the_solver(first: int) -> None:
    for seed in range(first, first + 50):
        conditions = a_rule_set(seed).conditions
        assert boxes_say(conditions) == verdicts(FIELDS, conditions), seed


@pytest.mark.parametrize("seed", range(3))
def test_of_thirty_rules_over_six_fields_they_say_the_same(seed: int) -> None:
    conditions = a_large_rule_set(seed).conditions
    assert boxes_say(conditions) == verdicts(FIELDS, conditions)


def test_the_random_rule_sets_are_of_every_kind() -> None:
    seen = [boxes_say(a_rule_set(seed).conditions) for seed in range(SETS)]
    for interesting in (
        [each.gap for each in seen],
        [bool(each.never) for each in seen],
        [bool(each.overlaps) for each in seen],
    ):
        assert SETS // 5 < sum(interesting) < SETS - SETS // 10
