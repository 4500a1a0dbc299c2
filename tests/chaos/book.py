"""What the shop knows for certain: what it posted, what was acknowledged and when. Kept outside of the installation."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Posted:
    """One event of the shop's systems.

    Attributes:
        event: As it was posted.
        asked: When it was posted first.
        acknowledged: When it was answered with 202 first; none when it never was.
        tries: How often it was posted.
    """

    event: Mapping[str, Any]
    asked: datetime
    acknowledged: datetime | None = None
    tries: int = 0

    @property
    def order(self) -> str:
        """The order it is about, or empty."""
        return str((self.event.get("order") or {}).get("id", ""))

    @property
    def customer(self) -> str:
        """The shop's id of the customer."""
        return str(self.event["customer"]["id"])


@dataclass(frozen=True, slots=True)
class Left:
    """A customer's wish to hear no more on a channel, that was acknowledged.

    Attributes:
        asked: When the wish was first told.
        acknowledged: When it was answered with success: from then on nothing may leave.
    """

    customer: str
    channel: str
    how: str
    asked: datetime
    acknowledged: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """A score that was acknowledged."""

    customer: str
    order: str
    score: int
    how: str
    asked: datetime
    acknowledged: datetime


@dataclass(slots=True)
class Book:
    """All of it.

    Attributes:
        events: By event id.
        began_leaving: Since when each (customer, channel) may have been heard to leave, acknowledged or not.
        statuses: How often the API answered what; 0 is no answer.
        conflicts: Events whose id was used again with another body, and what was answered.
        oddities: What ought not to be answered.
    """

    events: dict[str, Posted] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    began_leaving: dict[tuple[str, str], datetime] = field(default_factory=dict)
    answers: list[Answered] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    duplicates: int = 0
    conflicts: list[tuple[str, int]] = field(default_factory=list)
    reordered: int = 0
    oddities: list[str] = field(default_factory=list)

    def acknowledged(self, kind: str = "") -> list[Posted]:
        """The acknowledged events, of one type or of all."""
        return [
            each for each in self.events.values() if each.acknowledged is not None and kind in ("", each.event["type"])
        ]
