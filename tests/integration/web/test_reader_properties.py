"""Whatever is posted, reading it ends in an event or in faults that point into the body, and never in an error."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from care.web.bodies import read_json
from care.web.event_reading import EventReader, Parcel
from care.web.problems import Fault, RefusalError
from tests.builders import a_rulebook
from tests.integration.web.shop import CATALOGUE, EVENTS, a_delivery

READER = EventReader(a_rulebook(catalogue=CATALOGUE))
scalars = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=20)
names = some.sampled_from(["id", "email", "phone", "timezone", "total", "category", "at", "score", "channel", "~/"])
values = some.recursive(
    scalars,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(names | some.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
CHANGED = (
    *("id", "time", "type", "data", "order", "customer", "customer.email", "customer.phone", "customer.timezone"),
    *("customer.tags", "order.total", "order.placed_at", "order.gift"),
)
paths = some.sampled_from([tuple(path.split(".")) for path in CHANGED])


def resolves(body: Any, fault: Fault) -> bool:
    """Whether the pointer leads to something in the body, or to something missing in what is there."""
    for part in fault.pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(body, dict) and name in body:
            body = body[name]
        elif isinstance(body, list) and name.isdigit() and int(name) < len(body):
            body = body[int(name)]
        else:
            return isinstance(body, dict | list)
    return True


def check(body: Any) -> None:
    event, faults = READER.read(Parcel(body))
    assert (event is None) == bool(faults)
    assert all(resolves(body, fault) and fault.detail for fault in faults)
    if event is not None:
        assert len(event.body_hash()) == 64


@given(values)
def test_anything_at_all(body: Any) -> None:
    check(body)


@given(paths, values)
def test_a_good_event_with_one_value_changed(path: tuple[str, ...], value: Any) -> None:
    body = deepcopy(a_delivery())
    place = body
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    check(body)


@given(some.sampled_from(EVENTS), some.dictionaries(names, values, max_size=4))
def test_any_payload_of_any_event(kind: str, data: dict[str, Any]) -> None:
    check(a_delivery(type=kind, data=data))


@given(some.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes(raw: bytes) -> None:
    try:
        value = read_json(raw)
    except RefusalError as refusal:
        status = refusal.status
    else:
        status = 200
        assert value == json.loads(raw)
    assert status in (200, 400)
