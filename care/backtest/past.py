"""The past of one customer: what was told of them, before any rulebook looks at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from care.domain.conditions import Value

Given = Mapping[str, Value | None]


@dataclass(frozen=True, slots=True)
class Told:
    """One event of the past.

    Attributes:
        id: The inbox row's id, as the real engine would call it.
        customer: What it tells of the customer, by bare name; ``None`` clears a field in ``customer.updated``.
        order_id: The shop's order it is about, if any.
        order: What it tells of that order, by bare name.
        data: Its payload, by bare name.
        about: What it answers: the id of a survey or of a ticket, or empty.
    """

    id: str
    type: str
    at: datetime
    customer: Given = field(default_factory=dict)
    order_id: str | None = None
    order: Given = field(default_factory=dict)
    data: Mapping[str, Value] = field(default_factory=dict)
    about: str = ""
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """One customer's past.

    Attributes:
        customer: The opaque key.
        name: The shop's own id, for people.
        told: Oldest first.
        done: Ids of the surveys that were really asked and of the tickets that were really opened; ``None`` where
            nobody kept that.
        refused: Lines of a file that tell no event, each with its number and what is wrong.
    """

    customer: str
    name: str
    told: Sequence[Told]
    done: frozenset[str] | None = None
    refused: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """The days that are compared: from ``since`` on and before ``until`` (UTC)."""

    since: datetime
    until: datetime

    def __contains__(self, at: datetime) -> bool:
        """Whether an instant lies in it."""
        return self.since <= at < self.until
