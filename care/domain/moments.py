"""Moments: how long something takes, and until when a wait lasts."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field as Discriminated


@dataclass(frozen=True, slots=True)
class Duration:
    """A fixed length in seconds; ``business`` counts only the company's business hours."""

    seconds: int
    business: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class For:
    """Wait an exact length: ``3 days`` is 72 hours."""

    duration: Duration
    kind: Literal["for"] = "for"


@dataclass(frozen=True, slots=True)
class UntilDay:
    """Wait until calendar day ``day`` after entry (entry day is 0); ``at`` in minutes, else the clock time of entry."""

    day: int
    at: int | None = None
    kind: Literal["day"] = "day"


@dataclass(frozen=True, slots=True)
class UntilWeekday:
    """Wait until the next such weekday (Monday is 0) at ``at`` minutes since midnight."""

    weekday: int
    at: int
    kind: Literal["weekday"] = "weekday"


@dataclass(frozen=True, slots=True)
class UntilBusiness:
    """Wait until the business is open."""

    kind: Literal["business"] = "business"


@dataclass(frozen=True, slots=True)
class UntilMoment:
    """Wait until ``offset`` seconds from a date field (negative is before), moved to ``at`` local minutes if given."""

    field: str
    offset: int
    at: int | None = None
    kind: Literal["moment"] = "moment"


Until = Annotated[For | UntilDay | UntilWeekday | UntilBusiness | UntilMoment, Discriminated(discriminator="kind")]
