"""What the planner answers: the new state, orders for the world, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from care.domain.audit import Entry
from care.domain.conditions import Value
from care.domain.enrolment import CustomerState
from care.domain.orders import Order


@dataclass(slots=True)
class Entered:
    """A new enrolment for the store, with the order's fields frozen as they are now."""

    enrolment: str
    journey: str
    plan: str
    revision: int
    order_id: str | None
    event_id: str
    at: datetime
    frozen: Mapping[str, Value]


@dataclass(slots=True)
class Left:
    """An enrolment that ended, and why. ``converted`` when its goal was reached."""

    enrolment: str
    at: datetime
    reason: str
    converted: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """An enrolment that goes on by another plan."""

    enrolment: str
    plan: str
    revision: int


@dataclass(frozen=True, slots=True)
class Tagged:
    """A word for the store to add to one of the customer's lists, or to take out."""

    field: str
    how: Literal["add", "remove"]
    word: str


@dataclass(slots=True)
class Decision:
    """The answer of one ``plan`` call.

    Attributes:
        at: The instant that was decided for: never earlier than the customer's last one.
        consumed: Ids of the happenings that were heard.
        wake_at: When to decide again if nothing happens (UTC); ``None`` when only a happening can wake.
        seen: Every field value that was looked at, by name (the snapshot stored with the decision).
    """

    at: datetime
    state: CustomerState
    consumed: tuple[str, ...]
    orders: tuple[Order, ...]
    wake_at: datetime | None
    entries: tuple[Entry, ...] = ()
    entered: tuple[Entered, ...] = ()
    left: tuple[Left, ...] = ()
    tags: tuple[Tagged, ...] = ()
    moved: tuple[Moved, ...] = ()
    seen: Mapping[str, Value | None] = field(default_factory=dict)
