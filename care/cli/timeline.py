"""A customer's timeline as a support lead reads it: what happened, when on the customer's clock, and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, tzinfo
from typing import TYPE_CHECKING

from rich.text import Text

from care.domain.audit import Entry, place, why_lines

if TYPE_CHECKING:
    from care.store.audit import TimelineEntry

_STYLE: Mapping[str, str] = {
    "sent": "green",
    "failed": "red",
    "unknown": "red",
    "alert": "red",
    "data_quality": "yellow",
    "skipped": "yellow",
    "not_entered": "dim",
    "held": "dim",
    "deferred": "dim",
    "entered": "bold",
    "exited": "bold",
}
_ORDERED = ("sending", "asked", "reminded")
_PHRASE = 64


def timeline_lines(lines: "Sequence[TimelineEntry]", zone: tzinfo, *, why: bool) -> Iterator[Text]:
    """A stored timeline (see ``entry_blocks``), with the state of messages whose end was not told yet."""
    told = {line.entry.message for line in lines if line.entry.kind not in _ORDERED}
    for line, block in zip(lines, entry_blocks([line.entry for line in lines], zone, why=why), strict=True):
        yield from block
        if line.outcome is not None and line.entry.message not in told:
            yield Text(
                f"    this message is {line.outcome.outcome or line.outcome.phase} {line.outcome.reason}".rstrip()
            )


def entry_blocks(entries: Sequence[Entry], zone: tzinfo, *, why: bool) -> Iterator[list[Text]]:
    """The lines of each entry: ``day 14 09:00  branch → continue   file.yaml:47 @ v3`` and the reasons below it.

    Args:
        entries: Oldest first, from the customer's first on: they tell the day each journey began.
        zone: The customer's zone.
        why: Whether to show each rule and guard-rail with the values it saw.
    """
    began = _first_days(entries, zone)
    for entry in entries:
        block = [_headline(entry, began.get(entry.enrolment), zone)]
        if entry.reason and entry.reason not in entry.what:
            block.append(Text(f"    {entry.reason}", style="italic"))
        if why:
            block.extend(Text(f"    {reason}") for reason in why_lines(entry.why))
        yield block


def _headline(entry: Entry, start: date | None, zone: tzinfo) -> Text:
    local = entry.at.astimezone(zone)
    day = f"day {(local.date() - start).days:>2}" if start is not None else ""
    line = Text(f"{local:%Y-%m-%d}  {day:<6} {local:%H:%M}  ", style="dim")
    until = f" (until {entry.until.astimezone(zone):%Y-%m-%d %H:%M})" if entry.until is not None else ""
    line.append(f"{entry.what + until:<{_PHRASE}}", style=_STYLE.get(entry.kind, "default"))
    line.append(f"  {place(entry)}")
    line.rstrip()
    return line


def _first_days(entries: Iterable[Entry], zone: tzinfo) -> dict[str, date]:
    first: dict[str, date] = {}
    for entry in entries:
        if entry.enrolment:
            first.setdefault(entry.enrolment, entry.at.astimezone(zone).date())
    return first
