"""The report of a forecast as plain values: what the command prints, and what programs read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from care.backtest.habits import TICKET
from care.forecast.forecasting import Outlook
from care.forecast.limits import Breach, Limit, breaches, pile_ups
from care.forecast.sends import MINUTE, Sends

HOUR = 60


@dataclass(frozen=True, slots=True)
class Age:
    """How old what the forecast begins with is.

    Attributes:
        decided_at: The last instant anything was decided for (UTC), or ``None``.
        pending: Events that were accepted and are not decided yet.
    """

    decided_at: datetime | None
    pending: int


def report_of(sends: Sends, outlook: Outlook, limits: Sequence[Limit], zone: tzinfo, age: Age) -> dict[str, Any]:
    """Everything that came of a forecast, as JSON can hold it; hours and days are the company's."""
    minutes = -(-(outlook.until - outlook.first_minute) // MINUTE)
    hours = list(_hours(sends, outlook, zone))
    return {
        "from": outlook.now.astimezone(zone).isoformat(),
        "until": outlook.until.astimezone(zone).isoformat(),
        "decided_at": age.decided_at.astimezone(zone).isoformat() if age.decided_at is not None else None,
        "seconds_since_then": (outlook.now - age.decided_at).total_seconds() if age.decided_at is not None else None,
        "events_not_decided_yet": age.pending,
        "customers": sends.customers,
        "enrolments": dict(sorted(sends.enrolments.items())),
        "ended_by_then": sends.done,
        "channels": sorted({leaving.channel for leaving in sends.sent}),
        "messages": sum(sends.sent.values()),
        "templates": dict(sends.templates.most_common()),
        "hours": hours,
        "days": _days(hours),
        "pile_ups": [
            {"at": _local(each.minute, outlook, zone), **each._asdict()} for each in pile_ups(sends) if each.messages
        ],
        "limits": [limit.words + f" by {limit.channel}" for limit in limits],
        "breaches": [_breach(each, outlook, zone) for each in breaches(sends, limits, minutes)],
        "assumptions": list(_assumptions(sends, outlook)),
    }


def _local(minute: int, outlook: Outlook, zone: tzinfo) -> str:
    return (outlook.first_minute + minute * MINUTE).astimezone(zone).isoformat(timespec="minutes")


def _hours(sends: Sends, outlook: Outlook, zone: tzinfo) -> Iterator[dict[str, Any]]:
    """Every hour on the clock, the first and the last perhaps cut off."""
    channels = sorted({leaving.channel for leaving in sends.sent})
    begin = outlook.first_minute.replace(minute=0)
    counts: dict[datetime, dict[str, int]] = {}
    for leaving, count in sends.sent.items():
        at = (outlook.first_minute + leaving.minute * MINUTE).replace(minute=0)
        of_hour = counts.setdefault(at, {})
        of_hour[leaving.channel] = of_hour.get(leaving.channel, 0) + count
    while begin < outlook.until:
        of_hour = counts.get(begin, {})
        local = begin.astimezone(zone).isoformat(timespec="minutes")
        yield {"at": local, **{channel: of_hour.get(channel, 0) for channel in channels}, "all": sum(of_hour.values())}
        begin += timedelta(hours=1)


def _days(hours: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The hours summed up by local day, with the counts of its hours from midnight on."""
    days: dict[str, dict[str, Any]] = {}
    for hour in hours:
        day = days.setdefault(hour["at"][:10], {"day": hour["at"][:10], "all": 0, "by_hour": [0] * 24})
        for name, count in hour.items():
            if name != "at":
                day[name] = day.get(name, 0) + count
        day["by_hour"][int(hour["at"][11:13])] += hour["all"]
    return list(days.values())


def _breach(breach: Breach, outlook: Outlook, zone: tzinfo) -> dict[str, Any]:
    return {
        "channel": breach.limit.channel,
        "limit": breach.limit.words,
        "from": _local(breach.first, outlook, zone),
        "until": _local(breach.last + 1, outlook, zone),
        "most": breach.most,
        "minutes_late": breach.late,
    }


def _assumptions(sends: Sends, outlook: Outlook) -> Iterator[str]:
    yield "Nobody buys anything new, and nothing else happens from outside."
    habits = outlook.habits
    for topic in sorted(sends.asked):
        yield (
            f"{sends.asked[topic]:,} {topic} surveys will be asked; assumed that {habits.rate_of(topic):.0%} are "
            f"answered, {_origin(outlook, topic)}, drawn with seed {habits.seed}."
        )
    yield f"{habits.rate_of(TICKET):.0%} of the tickets are assumed to be closed, {_origin(outlook, TICKET)}."
    yield "Webhooks are taken to answer nothing, and every message to be delivered at once."


def _origin(outlook: Outlook, topic: str) -> str:
    habits = outlook.habits
    if topic != TICKET and habits.rate is not None:
        return "as asked for"
    habit = habits.kinds.get(topic)
    return f"as of {habit.asked:,} so far" if habit is not None and habit.asked else "as none is known so far"
