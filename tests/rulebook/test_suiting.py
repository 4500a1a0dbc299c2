"""Facts are found for whoever is asked for, wherever there are any."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from care.domain.catalogue import Field
from care.domain.conditions import Condition, FieldTest, Group, Named, Value, verdict
from care.domain.customers import Facts
from care.domain.rulebook import CustomerType, Rulebook, TypeRule
from care.domain.sight import FactSight
from care.rulebook.phrases import read_test
from care.trying.suiting import Goal, Suiting, TypeGoal
from care.trying.usual import Usual
from tests.builders import CATALOGUE

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
FIELDS = {
    field.name: field
    for field in (
        Field("customer.kind", "choice", choices=("new", "regular", "vip", "at_risk"), always=True),
        Field("customer.spent", "number", low=0, high=10**10, always=True),
        Field("customer.orders", "number", low=0, high=10_000, whole=True, always=True),
        Field("customer.last_order_at", "date"),
        Field("customer.share", "percent"),
        Field("customer.tags", "list"),
        Field("csat.last", "number", low=1, high=5, whole=True),
        Field("order.category", "choice", choices=("tv", "fridge", "accessory"), always=True),
        Field("event.category", "choice", choices=("tv", "fridge", "accessory"), same_as="order.category"),
        Field("csat.score", "number", low=1, high=5, whole=True, set_by="survey csat"),
    )
}


def asks(field: str, words: str) -> FieldTest:
    return FieldTest(field, read_test(words, FIELDS[field]))


def every(*parts: Condition) -> Group:
    return Group("all", parts)


KIND = CustomerType(
    "customer.kind",
    (
        TypeRule(asks("csat.last", "at most 2"), "at_risk", 1),
        TypeRule(asks("customer.spent", "at least 50 million"), "vip", 2),
        TypeRule(
            every(asks("customer.orders", "at least 2"), asks("customer.last_order_at", "in the last 180 days")),
            "regular",
            3,
        ),
        TypeRule(None, "new", 4),
    ),
)
RULEBOOK = Rulebook(replace(CATALOGUE, fields=FIELDS), (KIND,), {}, {})


def sight(facts: dict[str, Value]) -> FactSight:
    return FactSight(Facts("c_1", facts, ZONE.key), RULEBOOK, NOON, ZONE, order=facts)


def chosen(*goals: Goal | TypeGoal, given_: dict[str, Value | None] | None = None) -> dict[str, Value | None] | None:
    known = given_ or {}
    facts = Suiting(RULEBOOK, known, Usual(FIELDS, known, NOON), sight({})).facts(goals)
    return None if facts is None else {**{name: fact.value for name, fact in facts.items()}, **known}


def found(*goals: Goal | TypeGoal, given_: dict[str, Value | None] | None = None) -> dict[str, Value] | None:
    facts = chosen(*goals, given_=given_)
    return None if facts is None else {name: value for name, value in facts.items() if value is not None}


@pytest.mark.parametrize("kind", ["new", "regular", "vip", "at_risk"])
def test_facts_are_found_for_every_customer_type(kind: str) -> None:
    facts = found(TypeGoal("customer.kind", kind))
    assert facts is not None
    assert sight(facts).value("customer.kind") == kind


def test_a_type_is_reached_beside_what_is_given() -> None:
    facts = found(TypeGoal("customer.kind", "vip"), given_={"csat.last": 3, "customer.orders": 7})
    assert facts is not None
    assert sight(facts).value("customer.kind") == "vip"
    assert (facts["csat.last"], facts["customer.orders"]) == (3, 7)


def test_a_type_that_what_is_given_rules_out_is_not_found() -> None:
    assert found(TypeGoal("customer.kind", "vip"), given_={"csat.last": 1}) is None
    assert found(TypeGoal("customer.kind", "at_risk"), given_={"csat.last": None}) is None


def test_a_condition_on_a_type_is_reached_through_its_rules() -> None:
    facts = found(Goal(asks("customer.kind", "not one of new, vip"), "the audience"))
    assert facts is not None
    assert sight(facts).value("customer.kind") in ("regular", "at_risk")


def test_a_field_of_the_event_is_reached_through_the_one_it_mirrors() -> None:
    assert found(Goal(asks("event.category", "not tv"), "the trigger")) == {"order.category": "fridge"}


def test_an_answer_that_no_survey_asked_for_is_never_made_up() -> None:
    assert found(Goal(asks("csat.score", "at least 4"), "the audience")) is None
    assert found(Goal(asks("csat.score", "missing"), "the audience")) == {}


def test_each_fact_says_for_whose_sake_it_was_chosen() -> None:
    goals = (TypeGoal("customer.kind", "vip"), Goal(asks("order.category", "fridge"), "the trigger asks for it"))
    facts = Suiting(RULEBOOK, {}, Usual(FIELDS, {}, NOON), sight({})).facts(goals)
    assert facts is not None
    assert facts["customer.spent"].why == "so that customer.kind is vip"
    assert facts["order.category"].why == "the trigger asks for it"


WORDS = {
    "customer.spent": ("at least 5 million", "less than 100", "between 7 and 8", "not 0"),
    "customer.orders": ("3", "more than 2", "not at most 5", "one of 1, 4"),
    "customer.last_order_at": ("in the last 30 days", "more than 90 days ago", "missing", "before 2026-01-01", "known"),
    "customer.share": ("at least 20%", "less than 1%", "known"),
    "customer.tags": ("includes a", "not includes b", "includes any of a, c", "missing"),
    "csat.last": ("at most 2", "missing", "not 3", "between 4 and 5"),
    "order.category": ("tv", "not accessory", "one of tv, fridge"),
    "customer.kind": ("vip", "not one of new, regular", "at_risk"),
}
TESTS = [asks(field, words) for field, offered in WORDS.items() for words in offered]
CONDITIONS = st.recursive(
    st.sampled_from(TESTS),
    lambda inner: st.one_of(
        st.builds(
            Group,
            st.sampled_from(["all", "any", "none"]),
            st.lists(inner, min_size=1, max_size=3).map(tuple),
        ),
        st.builds(Named, st.just("named"), inner, st.booleans()),
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(CONDITIONS)
def test_whatever_is_found_holds_whatever_else_is_usual(condition: Condition) -> None:
    facts = chosen(Goal(condition, "the audience"))
    if facts is not None:
        whole = {**dict(_usual()), **facts}
        known = {name: value for name, value in whole.items() if value is not None}
        assert verdict(condition, sight(known)) is True


@settings(max_examples=200, deadline=None)
@given(CONDITIONS, st.data())
def test_what_some_customer_fulfils_is_found(condition: Condition, data: st.DataObject) -> None:
    some: dict[str, Value] = {
        "customer.spent": data.draw(st.sampled_from([0, 7, 99, 5_000_000, 60_000_000])),
        "customer.orders": data.draw(st.sampled_from([0, 1, 3, 4, 9])),
        "order.category": data.draw(st.sampled_from(["tv", "fridge", "accessory"])),
    }
    if data.draw(st.booleans()):
        some["csat.last"] = data.draw(st.sampled_from([1, 2, 3, 4]))
    if data.draw(st.booleans()):
        some["customer.tags"] = data.draw(st.sampled_from([("a",), ("b",), ("a", "c")]))
    if verdict(condition, sight(some)) is True:
        assert found(Goal(condition, "the audience")) is not None


def _usual() -> Iterator[tuple[str, Value]]:
    usual = Usual(FIELDS, {}, NOON)
    for field in FIELDS.values():
        value = usual.value(field) if not field.same_as and field.name != "customer.kind" else None
        if value is not None:
            yield field.name, value
