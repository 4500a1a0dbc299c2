"""Spans: how long a length of time can take at the most, and how long quiet hours hold a message up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from care.domain.catalogue import DAY, Calendar, Company, Window
from care.domain.journey import Sending
from care.domain.moments import Duration

WEEK = 7 * DAY
FOR_EVER = float("inf")

# Clocks are compared on one date, which clock changes do not come near.
_A_DAY = datetime(2026, 1, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Hush:
    """When messages are held up until a later time of day.

    Attributes:
        quiet: Stretches of the day without messages.
    """

    quiet: Sequence[Window] = ()

    def over(self, clock: float) -> float:
        """How long a message waits that is ready at this time of day."""
        if clock == FOR_EVER:
            return 0
        waits: float = 0
        for _ in range(len(self.quiet) + 1):
            minute = (clock + waits) % DAY / 60
            waits += max((_left(window, minute) for window in self.quiet), default=0)
        return waits

    @cached_property
    def longest(self) -> float:
        """How long a message waits at the most."""
        return max((self.over(window.start * 60) for window in self.quiet), default=0)


def _left(window: Window, minute: float) -> float:
    """Seconds until quiet hours are over, 0 outside them."""
    gone = (minute - window.start) % 1440
    lasts = (window.end - window.start) % 1440
    return (lasts - gone) * 60 if gone < lasts else 0


def hush_of(company: Company, sending: Sending | None) -> Hush:
    """When messages of a journey are held up, for a customer who lives in the company's own time zone."""
    windows = [company.quiet_hours, sending.quiet_hours if sending is not None else None]
    quiet = [window for window in windows if window is not None]
    if sending is not None and sending.timezone:
        apart = _minutes(company.timezone) - _minutes(sending.timezone)
        quiet += [Window((each.start + apart) % 1440, (each.end + apart) % 1440) for each in quiet]
    return Hush(tuple(quiet))


def _minutes(zone: str) -> int:
    """How far a zone's clocks are ahead of UTC."""
    ahead = ZoneInfo(zone).utcoffset(_A_DAY)
    return int(ahead.total_seconds() // 60) if ahead is not None else 0


def most_of(length: Duration, calendar: Calendar) -> float:
    """How many seconds a length can take; business time is counted through closed hours and holidays."""
    if not length.business or not any(calendar.week):
        return length.seconds
    open_a_week = sum(
        ((window.end - window.start) % 1440 or 1440) * 60 for window in calendar.week if window is not None
    )
    return (length.seconds // open_a_week + 1) * WEEK + len(calendar.holidays) * DAY


def closed_at_most(calendar: Calendar) -> float:
    """How long the business can be closed at a stretch."""
    return WEEK + len(calendar.holidays) * DAY if any(calendar.week) else 0
