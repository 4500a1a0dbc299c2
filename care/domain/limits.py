"""Limits: when a message may leave by hours and caps: the company's, those of its journey, and those of the law."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from care.domain.catalogue import Cap, Company, Week, Window
from care.domain.journey import Sending
from care.domain.law import NO_DEMANDS, Demands
from care.domain.timing import closed_until, quiet_until, zone_of

QUIET, CAPPED, NO_WINDOW = "quiet_hours", "capped", "no_window"
POLICY_WINDOW, POLICY_CAP = "policy_window", "policy_cap"
# Why a message is held that leaves when a window opens.
WINDOWS = (QUIET, POLICY_WINDOW)

# Quiet hours come round every day and a law's hours every week: what leaves no gap for so long, clock changes and all,
# leaves none.
_NEVER = timedelta(days=9)


class Delay(NamedTuple):
    """How long a message has to wait.

    Attributes:
        until: When it may leave (UTC); ``None`` when the limits never let it.
        code: ``quiet_hours``, ``capped``, ``policy_window`` or ``policy_cap``, whichever came first; ``no_window``
            when there is no end.
        reason: Every rule that held it, in order, in words.
    """

    until: datetime | None
    code: str
    reason: str


class _Quiet(NamedTuple):
    window: Window
    zone: ZoneInfo
    words: str
    code: str = QUIET

    def ends(self, at: datetime) -> datetime | None:
        """When the quiet hours that hold at an instant are over; ``None`` when none do."""
        return quiet_until(at, self.window, self.zone)


class _Hours(NamedTuple):
    week: Week
    zone: ZoneInfo
    words: str
    code: str = POLICY_WINDOW

    def ends(self, at: datetime) -> datetime | None:
        """When the law's next hours begin; ``None`` within them."""
        return closed_until(at, self.week, self.zone)


class _Capped(NamedTuple):
    cap: Cap
    words: str
    code: str = CAPPED


@dataclass(frozen=True, slots=True)
class Limits:
    """The quiet hours, the law's hours and the caps that hold for one message."""

    quiets: tuple[_Quiet | _Hours, ...]
    caps: tuple[_Capped, ...]

    def delay(
        self, now: datetime, expires_at: datetime, ledger: Sequence[datetime], alike: Sequence[datetime] = ()
    ) -> Delay | None:
        """How long to wait until none of them holds any more; ``None`` when none holds now.

        Args:
            expires_at: Nobody needs to know of limits that end after this (UTC).
            ledger: Messages that count against caps (UTC), oldest first.
            alike: Those that count against the law's caps: of the same purpose over the same channel.
        """
        at, code, reasons = now, "", dict[str, None]()
        while at < expires_at:
            loud, quiet = self._loud(at, reasons)
            if loud is None:
                return Delay(None, NO_WINDOW, " and ".join(reasons) + " leave no time of day to send it")
            code = code or quiet
            free = [(_free(each, alike if each.code == POLICY_CAP else ledger, loud), each) for each in self.caps]
            at, cap = max(free, key=_later) if free else (loud, None)
            if cap is None or at == loud:
                break
            code, reasons[cap.words] = code or cap.code, None
        return Delay(at, code, ", then ".join(reasons)) if at > now else None

    def closed(self, at: datetime) -> bool:
        """Whether it is quiet on some clock, or outside the law's hours."""
        return any(quiet.ends(at) is not None for quiet in self.quiets)

    def _loud(self, at: datetime, reasons: dict[str, None]) -> tuple[datetime | None, str]:
        """The first instant from ``at`` on at which it is quiet on no clock, with what held first."""
        last, code = at + _NEVER, ""
        while at <= last:
            asked = [(quiet.ends(at), quiet) for quiet in self.quiets]
            ends = [(end, quiet) for end, quiet in asked if end is not None]
            if not ends:
                return at, code
            at, quiet = max(ends, key=_later)
            code, reasons[quiet.words] = code or quiet.code, None
        return None, code


def limits_of(
    company: Company,
    sending: Sending | None,
    zone: ZoneInfo,
    *,
    capped: bool,
    law: Demands = NO_DEMANDS,
    others: Sequence[ZoneInfo] = (),
) -> Limits:
    """The limits on one message.

    Args:
        sending: The journey's own, which hold besides the company's.
        zone: The customer's.
        capped: Whether frequency caps hold for it.
        law: What the law asks of it.
        others: Further zones the customer may live in: hours are kept on their clocks too.
    """
    quiets, caps = [], []
    if company.quiet_hours is not None:
        quiets.append(_Quiet(company.quiet_hours, zone, "quiet hours in the customer's time"))
    if company.frequency_cap is not None and capped:
        caps.append(_Capped(company.frequency_cap, "the frequency cap is reached"))
    if sending is not None and sending.quiet_hours is not None:
        quiets.append(_Quiet(sending.quiet_hours, zone, "quiet hours of this journey in the customer's time"))
    if sending is not None and sending.frequency_cap is not None and capped:
        caps.append(_Capped(sending.frequency_cap, "the frequency cap of this journey is reached"))
    if sending is not None and sending.timezone:
        there = zone_of(sending.timezone, str(zone))
        quiets += [
            _Quiet(quiet.window, there, quiet.words.replace("the customer's time", f"the time of {sending.timezone}"))
            for quiet in quiets
        ]
    hours = [_Hours(each.week, zone, each.words) for each in law.hours]
    caps += [_Capped(each.cap, each.words, POLICY_CAP) for each in law.quotas]
    every: list[_Quiet | _Hours] = [*quiets, *hours]
    every += [each._replace(zone=other) for other in others for each in every if each.zone is zone]
    return Limits(tuple(every), tuple(caps))


def _later(held: tuple[datetime, _Quiet | _Hours | _Capped]) -> tuple[datetime, str]:
    """By its end, and of two that end together by their words, so that the same one is named every time."""
    return held[0], held[1].words


def _free(capped: _Capped, ledger: Sequence[datetime], at: datetime) -> datetime:
    """When a sliding window that is asked at ``at`` has room: then, or later."""
    cap = capped.cap
    if len(ledger) < cap.count:
        return at
    span = timedelta(0, cap.seconds)
    counted = [claimed for claimed in ledger if claimed > at - span]
    return counted[-cap.count] + span if len(counted) >= cap.count else at
