"""The words of a witness: as a marketer would write the test that is lacking."""

from collections.abc import Sequence

import pytest

from care.domain.catalogue import Field
from care.domain.conditions import FieldTest, Group
from care.rulebook.checks.matching import Matching
from care.rulebook.checks.witness import gaps, words
from care.rulebook.phrases import read_test
from tests.rulebook.rule_sets import FIELDS, a_rule_set


def left_out(field: Field, phrases: Sequence[str]) -> str:
    """What some tests of one field leave out, apart from that it may be missing."""
    asked = [FieldTest(field.name, read_test(phrase, field)) for phrase in phrases]
    match = Matching({field.name: field}, asked)
    [case, *_] = [words(match.space, box) for box in gaps(match.space, match.left, match.taken, 1)]
    return case.removeprefix(f"{field.name} ")


@pytest.mark.parametrize(
    ("name", "phrases", "expected"),
    [
        ("csat.score", "at most 3", "4 or 5"),
        ("csat.score", "at least 2", "1"),
        ("csat.score", "4", "not 4"),
        ("csat.score", "3 / 5", "1, 2 or 4"),
        ("csat.score", "known", "missing"),
        ("csat.score", "missing", "known"),
        ("nps.score", "between 3 and 6", "not between 3 and 6"),
        ("nps.score", "at most 2 / at least 9", "between 3 and 8"),
        ("nps.score", "at least 5", "at most 4"),
        ("nps.score", "more than 0", "0"),
        ("order.total", "less than 10 million", "at least 10,000,000"),
        ("order.total", "at most 10 million", "more than 10,000,000"),
        ("order.total", "at least 10 million", "less than 10,000,000"),
        ("order.total", "at most 5 million / at least 8 million", "more than 5,000,000 and less than 8,000,000"),
        ("order.total", "one of 1, 3 / at least 6", "0, 2, 4 or 5"),
        ("customer.spent", "more than 0.5", "at most 0.5"),
        ("customer.spent", "at most 0.5", "more than 0.5"),
        ("customer.spent", "less than 1 / more than 2", "between 1 and 2"),
        ("customer.spent", "less than 1 / at least 2", "at least 1 and less than 2"),
        ("customer.spent", "less than 2 / more than 2", "2"),
        ("customer.share", "at least 70%", "less than 70%"),
        ("customer.share", "between 20% and 40%", "not between 20% and 40%"),
        ("customer.type", "vip", "not vip"),
        ("customer.type", "vip / new", "regular or at_risk"),
        ("customer.type", "[new, regular, vip]", "at_risk"),
        ("order.category", "tv", "washing_machine or dryer"),
        ("ticket.open", "yes", "no"),
        ("customer.city", "Huế", "not Huế"),
        ("customer.city", "not one of Huế, Hà Nội", "Huế or Hà Nội"),
        ("customer.city", "Huế / Hà Nội", "not one of Huế, Hà Nội"),
        ("customer.tags", "includes reviewer", "not includes reviewer"),
        ("customer.tags", "includes any of reviewer, referrer", "not includes reviewer and not includes referrer"),
        ("customer.tags", "missing", "known"),
        ("order.placed_at", "in the last 30 days", "not in the last 30 days"),
        ("order.placed_at", "more than 30 days ago", "not more than 30 days ago"),
        ("order.placed_at", "not in the next 3 days", "in the next 3 days"),
        (
            "order.placed_at",
            "in the last 7 days / in the next 3 days",
            "more than 7 days ago or more than 3 days ahead",
        ),
        ("order.placed_at", "not in the last 30 days / in the last 1 week", "between 7 and 30 days ago"),
        ("order.placed_at", "not in the last 30 days / in the last 2 hours", "between 2 hours and 30 days ago"),
        ("order.placed_at", "not in the last 7 days / not in the next 7 days", "exactly now"),
        (
            "order.placed_at",
            "more than 1 day ago / in the next 90 minutes",
            "in the last 1 day or more than 90 minutes ahead",
        ),
        ("order.placed_at", "in the last 1 day / more than 1 day ago", "after now"),
        ("order.placed_at", "not more than 1 day ago / more than 3 days ago", "between 1 and 3 days ago"),
        ("order.placed_at", "before 2026-02-01", "after 2026-01-31"),
        ("order.placed_at", "before 2026-02-01 / after 2026-02-01", "on 2026-02-01"),
        ("order.placed_at", "before 2026-02-01 / after 2026-02-08", "between 2026-02-01 and 2026-02-08"),
        ("order.placed_at", "after 2026-02-08", "before 2026-02-09"),
        ("order.placed_at", "before 0001-01-01", "after 0001-01-01"),
        ("order.placed_at", "after 9999-12-31", "before 9999-12-31"),
    ],
)
def test_one_field_is_said_in_the_words_of_its_tests(name: str, phrases: str, expected: str) -> None:
    assert left_out(FIELDS[name], phrases.split(" / ")) == expected


def test_the_simplest_case_is_told_first() -> None:
    def asked(**tests: str) -> Group:
        names = {name: name.replace("_", ".", 1) for name in tests}
        return Group("all", tuple(FieldTest(names[n], read_test(text, FIELDS[names[n]])) for n, text in tests.items()))

    match = Matching(
        FIELDS,
        [
            asked(csat_score="known", customer_type="[new, regular]", ticket_open="yes"),
            asked(csat_score="known", customer_type="[new, vip]", ticket_open="no"),
        ],
    )
    assert [words(match.space, box) for box in gaps(match.space, match.left, match.taken, 9)] == [
        "customer.type at_risk",
        "customer.type vip, ticket.open yes",
        "customer.type regular, ticket.open no",
        "csat.score missing, customer.type new",
        "csat.score missing, customer.type vip, ticket.open no",
        "csat.score missing, customer.type regular, ticket.open yes",
    ]


@pytest.mark.parametrize("seed", range(100))
def test_what_is_told_is_left_out_indeed_and_nothing_else_is(seed: int) -> None:
    match = Matching(FIELDS, a_rule_set(seed).conditions)
    grid = match.space.grid
    found = gaps(match.space, match.left, match.taken, 1_000) if match.left else []
    assert grid.remaining(match.left, found) == []
    assert grid.both(found, match.taken) == []
    assert not any(grid.is_empty(box) for box in found)
