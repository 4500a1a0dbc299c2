"""The sample orders as the demo posts them: moved to today, and each event with the instant it arrives at."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from care.samples.make_orders import START

_DAY = timedelta(days=1)
_MOMENTS = (("time",), ("order", "placed_at"), ("data", "at"))


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event and when it arrives; ``at`` is ``None`` for what is there from the beginning."""

    customer: str
    at: datetime | None
    event: Mapping[str, Any]


def arrivals(start: datetime, purchases: int | None = None) -> list[Arrival]:
    """The sample's events, in the order they arrive.

    Args:
        start: Day 0; the sample's nine o'clock becomes the last one before it.
        purchases: Leave out the customers after those who made so many purchases.
    """
    lines = [
        json.loads(line) for line in files("care.samples").joinpath("orders.jsonl").read_text("utf-8").splitlines()
    ]
    days = (start - START) // _DAY
    chosen = _customers(lines, purchases)
    return [_arrival(line, days) for line in lines if line["event"]["customer"]["id"] in chosen]


def profiles(found: Sequence[Arrival]) -> dict[str, Mapping[str, Any]]:
    """Every customer's profile by the shop's id."""
    customers = (arrival.event["customer"] for arrival in found)
    return {customer["id"]: customer for customer in customers if "name" in customer}


def _customers(lines: Sequence[Mapping[str, Any]], purchases: int | None) -> set[str]:
    chosen: set[str] = set()
    placed: dict[str, set[str]] = {}
    for line in lines:
        if line["event"]["type"] == "order.placed":
            placed.setdefault(line["event"]["customer"]["id"], set()).add(line["event"]["order"]["id"])
    count = 0
    for customer in sorted(placed):
        if purchases is not None and count >= purchases:
            break
        chosen.add(customer)
        count += len(placed[customer])
    return chosen


def _arrival(line: Mapping[str, Any], days: int) -> Arrival:
    event = deepcopy(line["event"])
    for path in _MOMENTS:
        holder = event
        for name in path[:-1]:
            holder = holder.get(name, {})
        if path[-1] in holder:
            moved = datetime.fromisoformat(holder[path[-1]]) + days * _DAY
            holder[path[-1]] = moved.isoformat(timespec="minutes")
    after = int(line["after_days"])
    happened = datetime.fromisoformat(event["time"])
    arrives = max(happened, START + (days + after) * _DAY) if after else None
    return Arrival(event["customer"]["id"], arrives, event)
