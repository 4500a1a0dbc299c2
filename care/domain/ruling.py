"""A ruling: what the law says of one message to one customer at one instant, and what the guard-rails would do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from care.domain.catalogue import Purpose, Template
from care.domain.customers import Facts
from care.domain.enrolment import Wish
from care.domain.guardrails import Guard, Verdict, guard_of
from care.domain.law import Demands, Quota
from care.domain.limits import limits_of
from care.domain.permission import Permit
from care.domain.places import Where
from care.domain.rulebook import Rulebook

_ANY = "any message"
_LATE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Used:
    """How much of a law's cap is taken: ``count`` messages in its sliding window so far."""

    quota: Quota
    count: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """Everything that is to be known before such a message leaves.

    Attributes:
        at: The instant asked about (UTC).
        zone: The customer's; ``others`` are further ones in which their phone number may ring.
        opens: When the law's hours next open (UTC); ``None`` while they are open.
        used: The law's caps.
        permit: Whether advertising is agreed to; ``None`` for other messages.
        verdict: What the guard-rails say now, everything taken together.
    """

    channel: str
    purpose: Purpose
    at: datetime
    zone: ZoneInfo
    others: tuple[ZoneInfo, ...]
    where: Where
    demands: Demands
    opens: datetime | None
    used: tuple[Used, ...]
    permit: Permit | None
    verdict: Verdict


def ruling_on(facts: Facts, rulebook: Rulebook, channel: str, purpose: Purpose, at: datetime) -> Ruling:
    """What holds of such a message now, whatever its template.

    Args:
        at: The instant (UTC).
    """
    catalogue = rulebook.catalogue
    any_message = {_ANY: Template(_ANY, (channel,), purpose)}
    guard = guard_of(facts, replace(rulebook, catalogue=replace(catalogue, templates=any_message)), at)
    demands = guard.law.demands(guard.where, channel, purpose)
    company = replace(catalogue.company, quiet_hours=None, frequency_cap=None)
    hours = limits_of(company, None, guard.zone, capped=False, law=Demands(hours=demands.hours), others=guard.others)
    closed = hours.delay(at, at + _LATE, ())
    return Ruling(
        channel=channel,
        purpose=purpose,
        at=at,
        zone=guard.zone,
        others=guard.others,
        where=guard.where,
        demands=demands,
        opens=closed.until if closed is not None else None,
        used=tuple(_used(guard, demands.quotas, channel, purpose)),
        permit=guard.permit(channel) if purpose == "marketing" else None,
        verdict=guard.judge(Wish(_ANY, (channel,), purpose, at, at + _LATE), None),
    )


def _used(guard: Guard, quotas: Sequence[Quota], channel: str, purpose: str) -> list[Used]:
    alike = [each.at for each in guard.ledger if (each.purpose, each.channel) == (purpose, channel)]
    since = [(quota, guard.now - timedelta(0, quota.cap.seconds)) for quota in quotas]
    return [Used(quota, sum(at > start for at in alike)) for quota, start in since]
