"""Conditions: Kleene's logic, and explanations that agree with the verdict."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.domain.conditions import Clause, Condition, FieldTest, Group, Named, Value, explain, join, said, verdict
from tests.builders import field

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


class Known:
    """A sight over a plain mapping."""

    now = NOW
    zone = ZoneInfo("Asia/Ho_Chi_Minh")

    def __init__(self, **values: Value) -> None:
        self._values = {name.replace("__", "."): value for name, value in values.items()}

    def value(self, field: str) -> Value | None:
        return self._values.get(field)


@pytest.mark.parametrize(
    ("how", "verdicts", "expected"),
    [
        ("all", [True, None], None),
        ("all", [False, None], False),
        ("all", [True, True], True),
        ("any", [True, None], True),
        ("any", [False, None], None),
        ("any", [False, False], False),
        ("none", [False, False], True),
        ("none", [False, None], None),
        ("none", [True, None], False),
    ],
)
def test_groups_follow_kleene(how: str, verdicts: list[bool | None], expected: bool | None) -> None:
    assert join(how, verdicts) is expected


def test_a_test_on_a_missing_value_is_not_known_and_stays_so_when_negated() -> None:
    nobody = Known()
    assert verdict(field("customer.type", "is", "vip"), nobody) is None
    assert verdict(field("customer.type", "is", "vip", negated=True), nobody) is None
    assert verdict(field("customer.type", "missing"), nobody) is True
    assert verdict(field("customer.type", "known"), nobody) is False


@pytest.mark.parametrize(
    ("test", "value", "expected"),
    [
        (field("f", "is", "vip"), "vip", True),
        (field("f", "one of", "new", "vip"), "regular", False),
        (field("f", "at least", 4), 4, True),
        (field("f", "at most", 2), 3, False),
        (field("f", "more than", 4), 4, False),
        (field("f", "less than", 5), 4, True),
        (field("f", "between", 7, 8), 8, True),
        (field("f", "includes", "gift", "vip"), ("vip",), True),
        (field("f", "includes", "gift"), ("vip",), False),
        (field("f", "in the last", 30 * 86400), NOW - timedelta(days=30), True),
        (field("f", "in the last", 30 * 86400), NOW + timedelta(days=1), False),
        (field("f", "more ago", 30 * 86400), NOW - timedelta(days=31), True),
        (field("f", "in the next", 7 * 86400), NOW + timedelta(days=7), True),
        (field("f", "before", "2026-03-02"), datetime(2026, 3, 1, 16, 59, tzinfo=UTC), True),
        (field("f", "before", "2026-03-02"), datetime(2026, 3, 1, 17, 0, tzinfo=UTC), False),
        (field("f", "after", "2026-03-01"), datetime(2026, 3, 1, 17, 0, tzinfo=UTC), True),
    ],
)
def test_every_test_has_its_meaning(test: FieldTest, value: Value, expected: bool) -> None:
    assert verdict(test, Known(f=value)) is expected


def test_the_explanation_reads_as_a_support_lead_expects() -> None:
    condition = Group(
        "all",
        (Named("satisfied", field("csat.score", "at least", 4)), field("customer.type", "is", "at_risk", negated=True)),
    )
    clause = explain(condition, Known(customer__type="regular"))
    assert clause.verdict is None
    assert clause.parts[0] == Clause("satisfied", None, "", (Clause("csat.score is at least 4", None, "not known"),))
    assert clause.parts[1] == Clause("customer.type is not at_risk", True, "regular")


def test_values_are_said_as_people_say_them() -> None:
    assert said(12_000_000) == "12,000,000"
    assert said(True) == "yes"
    assert said(("a", "b")) == "a, b"
    assert said(NOW, Known()) == "2026-03-02 10:00"


FIELDS = st.sampled_from(["a", "b", "c"])
LEAVES = st.builds(
    lambda name, op, number, negated: field(name, op, number, negated=negated),
    FIELDS,
    st.sampled_from(["at least", "at most", "is"]),
    st.integers(0, 5),
    st.booleans(),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Group, st.sampled_from(["all", "any", "none"]), st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Named, st.just("named"), inner, st.booleans()),
    ),
    max_leaves=8,
)


@given(CONDITIONS, st.dictionaries(FIELDS, st.integers(0, 5)))
def test_the_explanation_always_agrees_with_the_verdict(condition: Condition, values: dict[str, int]) -> None:
    sight = Known(**values)
    assert explain(condition, sight).verdict is verdict(condition, sight)
