"""What journeys keep of an endpoint's answer: typed by the catalogue, never coerced, and never told in words."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.domain.catalogue import Field
from care.domain.replies import Reply, UnreadableReply, read_reply
from tests.builders import CATALOGUE

FIELDS = (
    Field("journey.tier", "choice", choices=("gold", "silver")),
    Field("journey.visits", "number", low=0, high=100, whole=True),
    Field("journey.score", "number"),
    Field("journey.share", "percent"),
    Field("journey.is_member", "yes/no"),
    Field("journey.since", "date"),
    Field("journey.note", "text"),
    Field("customer.tier", "choice", choices=("gold",)),
)
TYPED = replace(CATALOGUE, fields={field.name: field for field in FIELDS})


def read(answer: Any, save: Mapping[str, str]) -> Reply:
    return read_reply(json.dumps(answer).encode(), save, TYPED)


def test_values_are_found_by_their_place_and_typed() -> None:
    answer = {
        "customer": {"tier": "gold", "visits": 12, "score": 1.5, "share": 0.25, "member": False},
        "history": [{"at": "2024-05-01T09:00:00+07:00"}],
    }
    save = {
        "journey.tier": "customer.tier",
        "journey.visits": "customer.visits",
        "journey.score": "customer.score",
        "journey.share": "customer.share",
        "journey.is_member": "customer.member",
        "journey.since": "history.0.at",
    }
    assert read(answer, save) == Reply(
        {
            "journey.tier": "gold",
            "journey.visits": 12,
            "journey.score": 1.5,
            "journey.share": 0.25,
            "journey.is_member": False,
            "journey.since": "2024-05-01T02:00:00+00:00",
        },
        (),
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("journey.tier", "platinum", "is not one of its choices"),
        ("journey.tier", 1, "is not one of its choices"),
        ("journey.visits", 101, "is not a number it may be"),
        ("journey.visits", 1.5, "is not a number it may be"),
        ("journey.visits", "12", "is not a number it may be"),
        ("journey.visits", True, "is not a number it may be"),
        ("journey.visits", 1e300, "is not a number it may be"),
        ("journey.score", [1], "is not a number it may be"),
        ("journey.share", 25, "is not a share from 0 to 1 it may be"),
        ("journey.is_member", "yes", "is neither true nor false"),
        ("journey.is_member", 1, "is neither true nor false"),
        ("journey.since", "2024-05-01", "is not a date and time with an offset"),
        ("journey.since", "2024-13-01T09:00:00Z", "is not a date and time with an offset"),
        ("journey.since", 1714528800, "is not a date and time with an offset"),
    ],
)
def test_what_does_not_fit_is_left_out_and_told_without_the_value(field: str, value: Any, words: str) -> None:
    reply = read({"x": {"y": value}}, {field: "x.y"})
    assert reply == Reply({}, (f"{field}: what the answer has at 'x.y' {words}",))


def test_an_unknown_value_stays_unknown_and_a_missing_place_is_told() -> None:
    assert read({"tier": None}, {"journey.tier": "tier"}) == Reply({}, ())
    assert read({"customer": None}, {"journey.tier": "customer.tier"}) == Reply({}, ())
    answers: list[Any] = [{}, [], "gold", {"customer": "gold"}, {"customer": [{"tier": "gold"}]}]
    for answer in answers:
        assert read(answer, {"journey.tier": "customer.tier"}).left_out == (
            "journey.tier: the answer has no 'customer.tier'",
        )


@pytest.mark.parametrize("place", ["history.1", "history.-1", "history.x", "history.²"])
def test_a_list_has_only_the_items_it_has(place: str) -> None:
    assert read({"history": ["gold"]}, {"journey.tier": place}).left_out == (
        f"journey.tier: the answer has no {place!r}",
    )


@pytest.mark.parametrize("field", ["journey.note", "customer.tier", "journey.unheard_of"])
def test_only_typed_journey_values_are_kept(field: str) -> None:
    assert read({"x": "gold"}, {field: "x"}) == Reply({}, (f"{field} cannot keep a value of an answer",))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Thank you!",
        b"<html>",
        b"{",
        b'{"x": NaN}',
        b'{"x": Infinity}',
        b"\xff\xfe\xfd",
        b"[" * 60_000,
        b'{"x": ' + b"9" * 60_000 + b"}",
    ],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableReply, match="the answer is not JSON"):
        read_reply(body, {"journey.score": "x"}, TYPED)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


@given(anything, st.lists(st.sampled_from(["a", "b", "0", "1"]), min_size=1, max_size=4).map(".".join))
def test_whatever_is_answered_what_is_kept_fits_its_field(answer: Any, place: str) -> None:
    save = {field.name: place for field in FIELDS}
    reply = read(answer, save)
    assert set(reply.values) <= {field.name for field in FIELDS[:6]}
    assert reply.values.get("journey.tier", "gold") in ("gold", "silver")
    assert 0 <= float(reply.values.get("journey.visits", 0)) <= 100
    assert 0 <= float(reply.values.get("journey.share", 0)) <= 1
