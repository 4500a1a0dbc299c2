"""Controls: what operators decided for a whole journey: paused, or nobody enters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

JOURNEY_PAUSED = "journey_paused"
Clock = Literal["freeze", "run"]


@dataclass(frozen=True, slots=True)
class JourneyPause:
    """One pause of a journey; ``until`` is ``None`` while it lasts.

    Attributes:
        clock: ``freeze`` gives every wait the time back that the pause took; ``run`` lets waits end meanwhile.
    """

    since: datetime
    clock: Clock
    until: datetime | None = None

    def took(self, began: datetime) -> timedelta:
        """How long something that began then stood still; nothing before the pause is over."""
        if self.clock != "freeze" or self.until is None:
            return timedelta(0)
        return max(self.until - max(self.since, began), timedelta(0))


@dataclass(frozen=True, slots=True)
class Controls:
    """What operators decided for whole journeys, by name.

    Attributes:
        pauses: Oldest first; those that are over are kept, so that every customer gets the time back.
        closed: Journeys nobody enters for now, with the reason people read.
    """

    pauses: Mapping[str, tuple[JourneyPause, ...]]
    closed: Mapping[str, str]

    def pause_of(self, journey: str) -> JourneyPause | None:
        """The pause a journey is in, if any."""
        last = self.pauses.get(journey, ())[-1:]
        return last[0] if last and last[0].until is None else None

    def is_frozen(self, journey: str) -> bool:
        """Whether the journey's waits stand still."""
        pause = self.pause_of(journey)
        return pause is not None and pause.clock == "freeze"


NO_CONTROLS = Controls({}, {})
