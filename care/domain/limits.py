"""Limits: when a message may leave by quiet hours and frequency caps, the company's and those of its journey."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from care.domain.catalogue import Cap, Company, Window
from care.domain.journey import Sending
from care.domain.timing import quiet_until, zone_of

# Quiet hours come round every day: what leaves no gap for so long, clock changes and all, leaves none.
_NEVER = timedelta(days=3)


class Delay(NamedTuple):
    """How long a message has to wait.

    Attributes:
        until: When it may leave (UTC); ``None`` when the limits never let it.
        code: ``quiet_hours`` or ``capped``, whichever came first; ``no_window`` when there is no end.
        reason: Every rule that held it, in order, in words.
    """

    until: datetime | None
    code: str
    reason: str


class _Quiet(NamedTuple):
    window: Window
    zone: ZoneInfo
    words: str


class _Capped(NamedTuple):
    cap: Cap
    words: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The quiet hours and the caps that hold for one message."""

    quiets: tuple[_Quiet, ...]
    caps: tuple[_Capped, ...]

    def delay(self, now: datetime, expires_at: datetime, ledger: Sequence[datetime]) -> Delay | None:
        """How long to wait until none of them holds any more; ``None`` when none holds now.

        Args:
            expires_at: Nobody needs to know of limits that end after this (UTC).
            ledger: Messages that count against caps (UTC), oldest first.
        """
        at, code, reasons = now, "", dict[str, None]()
        while at < expires_at:
            loud = self._loud(at, reasons)
            if loud is None:
                return Delay(None, "no_window", " and ".join(reasons) + " leave no time of day to send it")
            if loud > at:
                code = code or "quiet_hours"
            at, words = max((_free(each, ledger, loud) for each in self.caps), default=(loud, ""))
            if at == loud:
                break
            code, reasons[words] = code or "capped", None
        return Delay(at, code, ", then ".join(reasons)) if at > now else None

    def _loud(self, at: datetime, reasons: dict[str, None]) -> datetime | None:
        """The first instant from ``at`` on at which it is quiet on no clock; ``None`` when there is none."""
        last = at + _NEVER
        while at <= last:
            asked = [(quiet_until(at, quiet.window, quiet.zone), quiet.words) for quiet in self.quiets]
            ends = [(end, words) for end, words in asked if end is not None]
            if not ends:
                return at
            at, words = max(ends)
            reasons[words] = None
        return None


def limits_of(company: Company, sending: Sending | None, zone: ZoneInfo, *, capped: bool) -> Limits:
    """The limits on one message.

    Args:
        sending: The journey's own, which hold besides the company's.
        zone: The customer's.
        capped: Whether frequency caps hold for it.
    """
    quiets, caps = [], []
    if company.quiet_hours is not None:
        quiets.append(_Quiet(company.quiet_hours, zone, "quiet hours in the customer's time"))
    if company.frequency_cap is not None and capped:
        caps.append(_Capped(company.frequency_cap, "the frequency cap is reached"))
    if sending is None:
        return Limits(tuple(quiets), tuple(caps))
    if sending.quiet_hours is not None:
        quiets.append(_Quiet(sending.quiet_hours, zone, "quiet hours of this journey in the customer's time"))
    if sending.frequency_cap is not None and capped:
        caps.append(_Capped(sending.frequency_cap, "the frequency cap of this journey is reached"))
    if sending.timezone:
        there = zone_of(sending.timezone, str(zone))
        quiets += [
            _Quiet(quiet.window, there, quiet.words.replace("the customer's time", f"the time of {sending.timezone}"))
            for quiet in quiets
        ]
    return Limits(tuple(quiets), tuple(caps))


def _free(capped: _Capped, ledger: Sequence[datetime], at: datetime) -> tuple[datetime, str]:
    """When a sliding window that is asked at ``at`` has room: then, or later."""
    cap, words = capped
    if len(ledger) < cap.count:
        return at, words
    span = timedelta(0, cap.seconds)
    counted = [claimed for claimed in ledger if claimed > at - span]
    return (counted[-cap.count] + span if len(counted) >= cap.count else at), words
