"""The report of a back-test as plain values: what the command prints, and what programs read."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from care.backtest.backtesting import Outcomes, Setting
from care.backtest.comparing import Group, Kind
from care.backtest.costs import MOST_WRITTEN, Written, cost_of
from care.backtest.habits import TICKET
from care.backtest.tally import Tally, by
from care.backtest.wording import sentence
from care.domain.timing import zone_of

SHOWN_PEOPLE = 50
MOMENT = timedelta(microseconds=1)
DIMENSIONS = ("template", "channel", "purpose", "journey", "type", "day")


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared, in words: the two sides' names, and where the past was read from."""

    draft: str
    against: str
    source: str


def report_of(found: Outcomes, setting: Setting, names: Compared, written: Written) -> dict[str, Any]:
    """Everything that came of a back-test, as JSON can hold it."""
    was, now = found.was, found.now
    period = setting.period
    zone = zone_of(setting.rules.draft.catalogue.company.timezone, "UTC")
    return {
        "draft": names.draft,
        "against": names.against or None,
        "source": names.source,
        "from": period.since.isoformat(),
        "until": period.until.isoformat(),
        "first_day": period.since.astimezone(zone).date().isoformat(),
        "last_day": (period.until - MOMENT).astimezone(zone).date().isoformat(),
        "orders": found.orders,
        "customers": now.customers,
        "events": found.events,
        "refused": {"lines": found.refused, "first": [f"line {line}: {text}" for line, text in found.problems]},
        "totals": _totals(was, now, setting, written),
        "messages": {name: _rows(found, partial(_sent_by, name), name) for name in DIMENSIONS},
        "days": _rows(found, lambda tally: by(tally.sent, "day", "channel"), "day", "channel"),
        "held": _rows(found, lambda tally: tally.held, "name", "code"),
        "skipped": _rows(found, lambda tally: tally.skipped, "name", "code"),
        "not_entered": _rows(found, lambda tally: tally.not_entered, "journey", "code"),
        "entered": _rows(found, lambda tally: tally.entered, "journey"),
        "ended": _rows(found, lambda tally: tally.ended, "journey", "reason"),
        "goals": _rows(found, lambda tally: tally.goals, "journey"),
        "tickets": _rows(found, lambda tally: tally.tickets, "queue"),
        "answers": _rows(found, lambda tally: tally.answered, "survey", "score"),
        "differences": _differences(found) if was is not None else None,
        "assumptions": _assumptions(found, setting, written),
    }


def _sent_by(name: str, tally: Tally) -> Mapping[Any, int]:
    return by(tally.sent, name)


def _rows(found: Outcomes, pick: Callable[[Tally], Mapping[Any, int]], *names: str) -> list[dict[str, Any]]:
    """One row for each key of either side, the most frequent first, days in order."""
    now = pick(found.now)
    was = pick(found.was) if found.was is not None else None
    rows = []
    for key in {key for side in (was or {}, now) for key, count in side.items() if count}:
        parts = key if isinstance(key, tuple) else (key,)
        row: dict[str, Any] = dict(zip(names, parts, strict=True))
        row["draft"] = now.get(key, 0)
        if was is not None:
            row["against"] = was.get(key, 0)
        rows.append(row)
    if names[0] in ("day", "survey"):
        return sorted(rows, key=lambda row: tuple(row[name] for name in names))
    return sorted(rows, key=lambda row: (-max(row["draft"], row.get("against", 0)), [str(row[n]) for n in names]))


def _totals(was: Tally | None, now: Tally, setting: Setting, written: Written) -> list[dict[str, Any]]:
    sides = [_total(now, setting, written)]
    if was is not None:
        sides.append(_total(was, setting, written))
    names = list(dict.fromkeys(name for side in sides for name in side))
    rows = []
    for name in names:
        row: dict[str, Any] = {"what": name, "draft": sides[0].get(name, 0)}
        if was is not None:
            row["against"] = sides[1].get(name, 0)
        rows.append(row)
    return rows


def _total(tally: Tally, setting: Setting, written: Written) -> dict[str, int | float]:
    channels: Counter[str] = Counter()
    purposes: Counter[str] = Counter()
    for message, count in tally.sent.items():
        channels[message.channel] += count
        purposes[message.purpose] += count
    codes: Counter[str] = Counter()
    for (_, code), count in tally.held.items():
        codes[code] += count
    capped = sum(count for (_, code), count in tally.skipped.items() if code == "capped")
    totals: dict[str, int | float] = {
        "messages": sum(channels.values()),
        **{f"messages by {channel}": count for channel, count in sorted(channels.items())},
        "marketing messages": purposes["marketing"],
        "customers reached": tally.reached,
        "held until quiet hours ended": codes["quiet_hours"],
        "held by the frequency cap": codes["capped"],
        "held by the law": codes["policy_window"] + codes["policy_cap"],
        "never sent because of the cap": capped,
        "journeys entered": sum(tally.entered.values()),
        "goals reached": sum(tally.goals.values()),
        "on their way at the end": sum(tally.going.values()),
        "surveys asked": sum(tally.asked.values()),
        "surveys answered": sum(tally.answered.values()),
        "tickets opened": sum(tally.tickets.values()),
    }
    costs = cost_of(tally.sent, setting.rules.draft.catalogue, written)
    sums: dict[str, Decimal] = {}
    for channel, amounts in costs.items():
        for currency, amount in amounts.items():
            totals[f"cost of {channel} in {currency}"] = _plain(amount)
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return totals | {f"cost in {currency}": _plain(amount) for currency, amount in sums.items()}


def _plain(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else round(float(amount), 2)


def _differences(found: Outcomes) -> dict[str, Any]:
    groups = sorted(found.differences.groups.items(), key=lambda item: (-item[1].customers, item[0]))
    people = found.differences.people
    return {
        "customers": len(people),
        "kinds": [_kind(kind, group) for kind, group in groups],
        "people": [
            {"customer": person.name, "changes": person.changes, "first": sentence(person.first), "at": person.at}
            for person in people[:SHOWN_PEOPLE]
        ],
    }


def _kind(kind: Kind, group: Group) -> dict[str, Any]:
    row: dict[str, Any] = {**kind._asdict(), "says": sentence(kind, group)}
    row |= {"customers": group.customers, "times": group.times, "examples": list(group.examples)}
    if kind.how == "gets at another time":
        row |= {"earliest_shift_seconds": group.low, "latest_shift_seconds": group.high}
    return row


def _assumptions(found: Outcomes, setting: Setting, written: Written) -> list[str]:
    now, habits = found.now, setting.habits
    said = ["Purchases, returns, bookings, bounces and opt-outs are taken as they were, whatever is sent."]
    if setting.rules.past is not None:
        said.append("Before the period everybody lives by the rules that are compared with.")
    said.append("An answer is given again when the same survey is asked; one that was never asked for is left out.")
    for topic in sorted(now.assumed | now.known):
        drawn, all_of = now.assumed[topic], now.assumed[topic] + now.known[topic]
        noun = "tickets" if topic == TICKET else f"{topic} surveys"
        end = "closed" if topic == TICKET else "answered"
        if drawn:
            share = f"{habits.rate_of(topic):.0%}"
            said.append(
                f"{drawn:,} of {all_of:,} {noun}: what became of them is unknown; assumed that {share} are {end}, "
                f"as {_origin(setting, topic)}, drawn with seed {habits.seed}."
            )
    if written.messages:
        said.append(f"SMS segments: the mean of up to {MOST_WRITTEN} messages of each template, written for customers.")
    said.append("Webhooks are taken to answer nothing.")
    return said


def _origin(setting: Setting, topic: str) -> str:
    habits = setting.habits
    if topic != TICKET and habits.rate is not None:
        return "asked for"
    habit = habits.kinds.get(topic)
    return f"of {habit.asked:,} in the past" if habit is not None and habit.asked else "none in the past is known"
