"""What a forecast shows: a table of days with their hours, pile-ups and limits, and files with lists and pictures."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from care.backtest.wording import span
from care.cli.rule_files import count_text
from care.cli.screen import json_text, print_table, screen
from care.cli.sparks import spark
from care.drawing.plots import Panel, Plot, plotted
from care.drawing.png import as_png
from care.forecast.limits import Limit

_BUSIEST = 5
_HOURS = "0h    6h    12h   18h   "


def show(plain: Mapping[str, Any]) -> None:
    """Print a report."""
    out = screen()
    out.print(Text(f"Forecast from {_clock(plain['from'])} to {_clock(plain['until'])}", style="bold"))
    running = ", ".join(f"{count:,} in {journey}" for journey, count in plain["enrolments"].items())
    people = count_text(plain["customers"], "customer") + (" is" if plain["customers"] == 1 else " are")
    out.print(f"{people} on their way" + (f": {running}" if running else ""))
    out.print(_age(plain), soft_wrap=True)
    messages = plain["messages"]
    ended = plain["ended_by_then"]
    text = (
        f"{count_text(messages, 'message')} would leave; {count_text(ended, 'journey')} end{'s' * (ended == 1)} by then"
    )
    out.print(Text(text, style="bold"))
    out.print()
    if messages:
        channels = plain["channels"]
        most = max(max(day["by_hour"]) for day in plain["days"])
        print_table("Messages by day", ("day", *channels, "all", _HOURS), _day_rows(plain, most))
        out.print(f"A full block is {most:,} messages in an hour, in company time.\n")
        print_table("Busiest hours", ("hour", *channels, "all"), _busiest(plain))
        print_table("By template", ("template", "messages"), ((n, f"{c:,}") for n, c in plain["templates"].items()))
    _show_pile_ups(plain)
    _show_limits(plain)
    out.print(Text("What this rests on", style="bold"))
    for words in plain["assumptions"]:
        out.print(f"  · {words}", soft_wrap=True)
    for file in plain["files"]:
        out.print(f"written: {file}", soft_wrap=True)


def _age(plain: Mapping[str, Any]) -> str:
    if plain["decided_at"] is None:
        return "nothing was ever decided in this store"
    seconds = plain["seconds_since_then"]
    when = f"{span(seconds)} before that" if seconds >= 0 else f"{span(-seconds)} after that"
    pending = plain["events_not_decided_yet"]
    waiting = f"; {pending:,} events are not decided yet" if pending else ""
    return f"The store's last decision is of {_clock(plain['decided_at'])}, {when}{waiting}."


def _day_rows(plain: Mapping[str, Any], most: int) -> Iterator[Sequence[str]]:
    for day in plain["days"]:
        name = f"{datetime.fromisoformat(day['day']):%a %d.%m.}"
        counts = [f"{day[channel]:,}" for channel in plain["channels"]]
        yield name, *counts, f"{day['all']:,}", spark(day["by_hour"], most)


def _busiest(plain: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    hours = sorted(plain["hours"], key=lambda hour: (-hour["all"], hour["at"]))
    for hour in hours[:_BUSIEST]:
        if hour["all"]:
            yield _clock(hour["at"]), *[f"{hour[each]:,}" for each in plain["channels"]], f"{hour['all']:,}"


def _show_pile_ups(plain: Mapping[str, Any]) -> None:
    rows = [
        (_clock(each["at"]), f"{each['messages']:,}", f"{each['ten']:,}", f"{each['freed']:,}")
        for each in plain["pile_ups"]
    ]
    if rows:
        columns = ("minute", "in that minute", "in ten minutes", "waited for quiet hours to end")
        print_table("Pile-ups: as many in a minute as in an ordinary hour", columns, rows)


def _show_limits(plain: Mapping[str, Any]) -> None:
    if not plain["limits"]:
        return
    rows = [
        (
            each["channel"],
            each["limit"],
            f"{_clock(each['from'])} to {_clock(each['until'])}",
            f"{each['most']:,}",
            span(each["minutes_late"] * 60),
        )
        for each in plain["breaches"]
    ]
    columns = ("channel", "takes", "passed", "the most at once", "the last one is late by")
    print_table(f"Limits passed ({', '.join(plain['limits'])})", columns, rows)


def write(plain: Mapping[str, Any], limits: Sequence[Limit], folder: Path) -> list[Path]:
    """Write the report, the hours as a table, and the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("forecast.json", "hours.csv", "messages-per-hour.svg", "messages-per-hour.png")
    files = [folder / name for name in names]
    files[0].write_text(json_text(plain), encoding="utf-8")
    with files[1].open("w", encoding="utf-8", newline="") as opened:
        table = csv.writer(opened)
        table.writerow(("hour", *plain["channels"], "all"))
        table.writerows([list(hour.values()) for hour in plain["hours"]])
    drawn = plotted(picture(plain, limits))
    files[2].write_text(drawn.text, encoding="utf-8")
    files[3].write_bytes(as_png(drawn))
    return files


def picture(plain: Mapping[str, Any], limits: Sequence[Limit]) -> Plot:
    """Messages per hour, a panel for each channel, with the limit where there is one."""
    hours = plain["hours"]
    allowed = {limit.channel: limit.an_hour for limit in limits}
    panels = []
    for channel in plain["channels"]:
        counts = [hour[channel] for hour in hours]
        near = allowed.get(channel) if allowed.get(channel, 0) <= 3 * max(counts) else None
        panels.append(Panel(channel, counts, limit=near))
    times = [datetime.fromisoformat(hour["at"]) for hour in hours]
    labels = [f"{at:%a %d.%m. %H:%M}" for at in times]
    marks = ["" if at.hour else f"{at:%a %d.%m.}" for at in times]
    about = f"Messages per hour from {plain['from']} to {plain['until']}"
    shown = any(panel.limit is not None for panel in panels)
    limit = "the provider's limit" if shown else ""
    return Plot("Messages per hour", about, labels, marks, panels, "messages", limit=limit)


def _clock(at: str) -> str:
    return f"{datetime.fromisoformat(at):%a %Y-%m-%d %H:%M}"
