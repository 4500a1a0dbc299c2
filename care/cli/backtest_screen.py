"""What a back-test shows: sentences, tables, and files with lists and pictures."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.text import Text

from care.backtest.wording import sentence
from care.cli.backtest_run import Ready, Report
from care.cli.rule_files import count_text
from care.cli.screen import json_text, print_table, screen
from care.cli.sparks import spark, squeezed
from care.domain.audit import code_words
from care.drawing.plots import Panel, Plot, plotted
from care.drawing.png import as_png

Row = Mapping[str, Any]

_MOST_KINDS, _MOST_PEOPLE, _MOST_DAYS = 25, 15, 90
_NAMES = {"template": "by template", "type": "by customer type", "purpose": "by purpose", "journey": "by journey"}

_HOLDS = {
    "quiet_hours": "quiet hours",
    "capped": "the frequency cap",
    "policy_window": "the hours of the law",
    "policy_cap": "the cap of the law",
    "ticket_open": "an open ticket",
    "paused": "a pause of the customer",
}


def show(plain: Mapping[str, Any]) -> None:
    """Print a report."""
    out = screen()
    against = plain["against"]
    versus = f"{plain['draft']} against {against}" if against else plain["draft"]
    out.print(Text(f"Back-test of {versus}, on {plain['source']}", style="bold"), soft_wrap=True)
    days = f"{plain['first_day']} to {plain['last_day']}"
    bought, people = count_text(plain["orders"], "purchase"), count_text(plain["customers"], "customer")
    out.print(f"{days}: {bought}; {people}, {count_text(plain['events'], 'event')} replayed")
    if against:
        out.print(Text(headline(plain), style="bold"), soft_wrap=True)
    out.print()
    for title, names, rows in _tables(plain):
        if rows:
            print_table(title, (*names, "draft", *((against, "difference") if against else ())), _lines(rows, names))
    _show_days(plain)
    if against:
        _show_differences(plain)
    _show_assumptions(plain)


def headline(plain: Mapping[str, Any]) -> str:
    """The difference in one sentence."""
    parts = []
    for row in plain["totals"]:
        change = row["draft"] - row["against"]
        what = row["what"]
        if what.startswith("messages by ") and change:
            parts.append(f"{abs(change):,} {'more' if change > 0 else 'fewer'} by {what.removeprefix('messages by ')}")
        elif what.startswith("cost in ") and change:
            parts.append(f"{abs(change):,} {what.removeprefix('cost in ')} {'more' if change > 0 else 'less'}")
    changed = plain["differences"]["customers"]
    people = f"{changed:,} of {count_text(plain['customers'], 'customer')} would be treated differently"
    return "; ".join([*(parts or ["As many messages as before"]), people]) + "."


def _tables(plain: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...], Sequence[Row]]]:
    yield "All together", ("what",), plain["totals"]
    for name, words in _NAMES.items():
        rows = plain["messages"][name]
        if len(rows) > 1 or name == "template":
            yield f"Messages {words}", (name,), rows
    yield "Had to wait", ("name", "because of"), plain["held"]
    yield "Passed over", ("name", "why"), plain["skipped"]
    yield "Journeys entered", ("journey",), plain["entered"]
    yield "Journeys ended", ("journey", "reason"), plain["ended"]
    yield "Tickets", ("queue",), plain["tickets"]
    yield "Answers", ("survey", "score"), plain["answers"]


def _lines(rows: Sequence[Row], names: Sequence[str]) -> Iterator[tuple[str | Text, ...]]:
    for row in rows:
        cells: list[str | Text] = [_cell(name, row) for name in names]
        cells.append(_count(row["draft"]))
        if "against" in row:
            cells += [_count(row["against"]), _change(row["draft"] - row["against"])]
        yield tuple(cells)


def _cell(name: str, row: Row) -> str:
    if name == "because of":
        return _HOLDS.get(row["code"], code_words(row["code"]))
    if name == "why":
        return code_words(row["code"])
    value = row[name]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _count(count: float) -> Text:
    return Text(f"{count:,}", justify="right")


def _change(change: float) -> Text:
    if not change:
        return Text("")
    return Text(f"{change:+,}".replace("-", "−"), style="yellow", justify="right")


def _show_days(plain: Mapping[str, Any]) -> None:
    out = screen()
    days = days_of(plain)
    sides = ["draft", "against"] if plain["against"] else ["draft"]
    for channel, counts in by_channel(plain, days).items():
        squashed = {side: squeezed(counts[side], _MOST_DAYS) for side in sides}
        most = max(max(each) for each in squashed.values())
        each = -(-len(days) // _MOST_DAYS)
        out.print(Text(f"{channel}, {'a day' if each == 1 else f'{each} days'} each, at most {most:,}", style="bold"))
        for side in sides:
            name = plain["against"] if side == "against" else side
            out.print(f"  {name:<14} {spark(squashed[side], most)}", soft_wrap=True)
    out.print()


def days_of(plain: Mapping[str, Any]) -> list[date]:
    """Every day of the period."""
    first, last = date.fromisoformat(plain["first_day"]), date.fromisoformat(plain["last_day"])
    return [first + timedelta(number) for number in range((last - first).days + 1)]


def by_channel(plain: Mapping[str, Any], days: Sequence[date]) -> dict[str, dict[str, list[float]]]:
    """Messages of each day by channel and side."""
    places = {str(day): place for place, day in enumerate(days)}
    found: dict[str, dict[str, list[float]]] = {}
    for row in plain["days"]:
        sides = found.setdefault(row["channel"], {"draft": [0.0] * len(days), "against": [0.0] * len(days)})
        for side, counts in sides.items():
            counts[places[row["day"]]] = row.get(side, 0)
    return dict(sorted(found.items()))


def _show_differences(plain: Mapping[str, Any]) -> None:
    told = plain["differences"]
    kinds = told["kinds"]
    rows = [
        (kind["says"], f"{kind['customers']:,}", f"{kind['times']:,}", ", ".join(kind["examples"][:3]))
        for kind in kinds[:_MOST_KINDS]
    ]
    print_table("What would be different by the draft", ("", "customers", "times", "for example"), rows)
    out = screen()
    if len(kinds) > _MOST_KINDS:
        out.print(f"and {len(kinds) - _MOST_KINDS:,} more kinds of difference; --json or --out shows all\n")
    people = [
        (person["customer"], f"{person['changes']:,}", person["first"]) for person in told["people"][:_MOST_PEOPLE]
    ]
    if people:
        print_table("Customers with the most differences", ("customer", "differences", "the first"), people)
        out.print(f"See one of them whole: --why {people[0][0]}\n", soft_wrap=True)


def _show_assumptions(plain: Mapping[str, Any]) -> None:
    out = screen()
    out.print(Text("What this rests on", style="bold"))
    for words in plain["assumptions"]:
        out.print(f"  · {words}", soft_wrap=True)
    refused = plain["refused"]
    if refused["lines"]:
        out.print(Text(f"{refused['lines']:,} lines of the file tell no event and were left out:", style="yellow"))
        for words in refused["first"]:
            out.print(f"  {words}", soft_wrap=True)
    for file in plain["files"]:
        out.print(f"written: {file}", soft_wrap=True)


def write(report: Report, ready: Ready, folder: Path) -> list[Path]:
    """Write the report, everybody who would be treated differently, and the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "backtest.json"]
    files[0].write_text(json_text(report.plain), encoding="utf-8")
    if report.found.was is not None:
        files.append(folder / "customers.csv")
        with files[-1].open("w", encoding="utf-8", newline="") as opened:
            table = csv.writer(opened)
            table.writerow(("customer", "differences", "first", "at"))
            for person in report.found.differences.people:
                at = person.at.astimezone(ready.zone).isoformat()
                table.writerow((person.name, person.changes, sentence(person.first), at))
    drawn = plotted(picture(report.plain))
    files += [folder / "messages-per-day.svg", folder / "messages-per-day.png"]
    files[-2].write_text(drawn.text, encoding="utf-8")
    files[-1].write_bytes(as_png(drawn))
    return files


def picture(plain: Mapping[str, Any]) -> Plot:
    """Messages per day, a panel for each channel."""
    days = days_of(plain)
    panels = [
        Panel(channel, sides["draft"], sides["against"] if plain["against"] else ())
        for channel, sides in by_channel(plain, days).items()
    ]
    about = f"Messages per day from {days[0]} to {days[-1]}: bars for the draft"
    about += f", a line for {plain['against']}" if plain["against"] else ""
    labels = [f"{day:%d.%m.}" for day in days]
    return Plot("Messages per day", about, labels, labels, panels, "the draft", plain["against"] or "")
