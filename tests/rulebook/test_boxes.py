"""Boxes: where conditions hold, against what conditions say of customers when a journey runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from care.domain.catalogue import DAY, Field
from care.domain.conditions import Condition, FieldTest, Group, Named, Value, verdict
from care.domain.conditions import Test as Asked
from care.rulebook.checks import boxes
from care.rulebook.checks.boxes import Box, Grid, UnprovableError
from care.rulebook.checks.matching import Matching
from care.rulebook.checks.space import Space
from care.rulebook.checks.space import tests_of as every_test_of
from care.rulebook.checks.witness import gaps, words
from care.rulebook.phrases import read_test
from tests.rulebook.rule_sets import FIELDS, Chance, a_large_rule_set, a_rule_set

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
_STEPS = (0.0, 0.25, -0.25, 1, -1)


def asked(name: str, words: str) -> FieldTest:
    return FieldTest(name, read_test(words, FIELDS[name]))


def matching(*conditions: Condition) -> Matching:
    return Matching(FIELDS, conditions)


@dataclass
class Facts:
    """What is known of one customer at one instant."""

    now: datetime
    facts: dict[str, Value | None]
    zone = UTC

    def value(self, field: str) -> Value | None:
        return self.facts.get(field)


def drawn(chance: Chance, conditions: Sequence[Condition]) -> Facts:
    """A customer at one of the places where verdicts change."""
    now = NEW_YEAR + timedelta(seconds=chance.one((0, DAY, -DAY, 31 * DAY, 1)))
    facts: dict[str, Value | None] = {}
    for test in every_test_of(conditions):
        field = FIELDS[test.field]
        if field.always or chance.below(4):
            facts.setdefault(field.name, _value(chance, field, test, now))
        else:
            facts.setdefault(field.name, None)
    return Facts(now, facts)


def _value(chance: Chance, field: Field, test: FieldTest, now: datetime) -> Value:
    match field.type:
        case "choice":
            return chance.one(field.choices)
        case "yes/no":
            return chance.one((True, False))
        case "text":
            return chance.one(("Vinh", *map(str, test.test.args)))
        case "list":
            return tuple(chance.some(("newsletter", "reviewer", "referrer", "other"), chance.below(4)))
        case "date":
            spans = (0, 1, 3 * DAY, 7 * DAY, 30 * DAY, 60 * DAY)
            return now + timedelta(seconds=chance.one(spans) * chance.one((1, -1)) + chance.one((0, 0, 1, -1)))
        case _:
            around = [float(value) for value in test.test.args if not isinstance(value, str)] or [field.low or 0]
            value = chance.one(around) + chance.one(_STEPS)
            inside = min(max(value, field.low or 0), float("inf") if field.high is None else field.high)
            return round(inside) if field.whole else inside


def place_of(space: Space, facts: Facts, conditions: Sequence[Condition]) -> list[Box]:
    """The cases that look like this customer to every test."""
    found = [space.grid.full]
    for test in every_test_of(conditions):
        held = verdict(test, facts)
        sides = [space.where(test), space.where(test, wanted=False)]
        if held is None:
            found = space.grid.remaining(found, [*sides[0], *sides[1]])
        else:
            found = space.grid.both(found, sides[not held])
    return found


@pytest.mark.parametrize("seed", range(150))
def test_boxes_say_what_the_engine_says_of_any_customer(seed: int) -> None:
    conditions = a_rule_set(seed).conditions
    match, chance = matching(*conditions), Chance(seed)
    grid, overlaps = match.space.grid, set(match.overlaps())
    for _ in range(20):
        facts = drawn(chance, conditions)
        place = place_of(match.space, facts, conditions)
        verdicts = [verdict(condition, facts) for condition in conditions]
        assert place
        for condition, held in zip(conditions, verdicts, strict=True):
            for wanted in (True, False):
                inside = match.space.where(condition, wanted)
                assert grid.remaining(place, inside) == ([] if held is wanted else place)
        chosen = [number for number, held in enumerate(verdicts) if held is True]
        assert bool(grid.both(match.left, place)) is not bool(chosen)
        assert chosen[:1] == [] or chosen[0] not in match.never
        assert {(early, late) for late in chosen for early in chosen if early < late} <= overlaps


def test_a_box_is_empty_when_one_of_its_axes_is() -> None:
    grid = Grid((3, 1, 8))
    assert not grid.is_empty(grid.full)
    assert [grid.is_empty(grid.full & ~axis) for axis in grid.axes] == [True, True, True]
    assert not grid.is_empty(1 | 1 << grid.starts[1] | 1 << grid.starts[2])
    assert Grid(()).full == 0
    assert not Grid(()).is_empty(0)


def test_what_is_left_of_a_box_does_not_overlap() -> None:
    grid = Grid((4, 4, 4))
    taken = 0b0011 << grid.starts[0] | 0b0110 << grid.starts[1] | 0b1111 << grid.starts[2]
    left = grid.without([grid.full], taken)
    assert [grid.both([one], [other]) for one in left for other in left if one is not other] == [[], []]
    assert grid.both(left, [taken]) == []
    assert grid.remaining([grid.full], [*left, taken]) == []


def test_boxes_that_differ_on_one_axis_become_one() -> None:
    any_score = Group("any", (asked("csat.score", "at most 2"), asked("csat.score", "at least 4")))
    space = Space(FIELDS, [any_score])
    assert len(space.where(any_score)) == 1


def left_out(*conditions: Condition) -> list[str]:
    """The cases that none of the conditions takes, in words."""
    match = matching(*conditions)
    found = gaps(match.space, match.left, match.taken, 9) if match.left else []
    return [words(match.space, box) for box in found]


def test_not_is_unknown_where_there_is_no_value() -> None:
    assert left_out(asked("csat.score", "at most 2"), asked("csat.score", "not at most 2")) == ["csat.score missing"]
    assert left_out(asked("ticket.open", "yes"), asked("ticket.open", "not yes")) == []


def test_missing_and_known_are_decided() -> None:
    assert left_out(asked("csat.score", "missing"), asked("csat.score", "not missing")) == []
    assert left_out(asked("order.total", "missing"), asked("order.total", "at most 5")) == ["order.total at least 6"]


def test_a_definition_that_is_not_wanted_leaves_out_what_is_not_known() -> None:
    happy = Group("all", (asked("csat.score", "at least 4"), asked("order.category", "tv")))
    assert left_out(Named("happy", happy), Named("happy", happy, wanted=False)) == [
        "csat.score missing, order.category tv",
        "csat.score 4 or 5, order.category missing",
        "csat.score missing, order.category missing",
    ]


def test_names_of_a_list_are_independent_and_need_a_list() -> None:
    tags = [asked("customer.tags", words) for words in ("includes any of reviewer, referrer", "not includes reviewer")]
    assert left_out(*tags) == ["customer.tags missing"]
    assert list(matching(*tags).overlaps()) == [(0, 1)]


def test_a_date_may_be_near_whatever_its_day_is() -> None:
    tests = [asked("order.placed_at", words) for words in ("before 2026-02-01", "in the last 7 days", "missing")]
    assert list(matching(*tests).overlaps()) == [(0, 1)]
    assert left_out(*tests) == ["order.placed_at not in the last 7 days and after 2026-01-31"]


def test_two_dates_that_say_what_day_it_is_are_not_decided() -> None:
    fields = {name: Field(name, "date") for name in ("a.at", "b.at")}
    tests = [
        FieldTest(name, read_test(words, fields[name]))
        for name in fields
        for words in ("in the last 7 days", "before 2026-02-01")
    ]
    with pytest.raises(UnprovableError, match="compared both with now and with days of the calendar"):
        Matching(fields, tests)


def test_a_choice_without_choices_and_a_range_upside_down_are_no_trouble() -> None:
    fields = {
        "a.kind": Field("a.kind", "choice", always=True),
        "a.size": Field("a.size", "number", low=9, high=1, always=True),
    }
    assert Matching(fields, [FieldTest("a.kind", read_test("known", fields["a.kind"]))]).never == [0]
    assert Matching(fields, [FieldTest("a.size", Asked("at least", (5,), "at least 5"))]).left


def test_too_many_cases_are_not_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "MOST", 50)
    with pytest.raises(UnprovableError, match="more than 50 cases"):
        matching(*a_large_rule_set(1).conditions)


def test_what_stands_behind_names_is_worked_out_once() -> None:
    condition: Condition = asked("csat.score", "at most 2")
    for number in range(60):
        condition = Group("any", (Named(f"d{number}", condition), Named(f"d{number}", condition, wanted=True)))
    assert left_out(condition) == ["csat.score 3, 4 or 5", "csat.score missing"]
