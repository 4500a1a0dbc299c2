"""Happenings: anything the planner hears."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field as Discriminated

from care.domain.conditions import Fact, Value

Outcome = Literal["sent", "skipped", "deferred", "failed", "retry", "unknown", "done"]

# Operators' commands travel as events of these types, so that they are stored, ordered and explained like any other.
PAUSED = "operator.paused"
RESUMED = "operator.resumed"
MOVED = "operator.moved"
EXITED = "operator.exited"
WOKEN = "operator.woken"
OPERATOR_EVENTS = (PAUSED, RESUMED, MOVED, EXITED, WOKEN)


@dataclass(frozen=True, slots=True)
class Event:
    """What the outside posted, as the planner sees it.

    Attributes:
        id: The inbox row's id (opaque).
        type: Name from the catalogue, for example ``order.delivered``.
        order_id: The shop's order id, if the event is about an order.
        data: The payload by bare name (``score``, ``category``), typed by the catalogue.
        about: What it answers: the step key of a survey or the id of a ticket; empty when it says none.
        operator: The named person behind an operator's command.
    """

    id: str
    type: str
    order_id: str | None = None
    data: Mapping[str, Value] = field(default_factory=dict)
    about: str = ""
    operator: str = ""


@dataclass(slots=True)
class Heard:
    """An event in the inbox, by id only: its payload is read from the store when it is decided."""

    id: str
    kind: Literal["heard"] = "heard"


@dataclass(slots=True)
class Settled:
    """The outcome of an order.

    Attributes:
        id: The order's key.
        outcome: ``sent`` and ``done`` worked; ``skipped`` and ``deferred`` were refused by a guard-rail; ``failed``
            will never work; ``retry`` failed for now; ``unknown`` may or may not have reached the customer.
        reason: Why, in words a support lead reads.
        code: The reason as a short word that can be counted, for example ``no_consent``.
        until: When to try again (UTC), for ``deferred``.
        values: Journey values that a webhook's answer gave, by field; typed by the catalogue, dates as ISO 8601.
    """

    id: str
    outcome: Outcome
    reason: str = ""
    code: str = ""
    until: datetime | None = None
    values: Mapping[str, Fact] = field(default_factory=dict)
    kind: Literal["settled"] = "settled"


Happening = Annotated[Heard | Settled, Discriminated(discriminator="kind")]
