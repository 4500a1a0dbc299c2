"""Reads the company's holidays: dates and ranges, each with a name if people like."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from care.rulebook.clocktimes import calendar_day
from care.rulebook.findings import Findings, PhraseError, quoted
from care.rulebook.forms import Entries, line_of
from care.rulebook.reader import Listing, Node, Section

_RANGE = re.compile(r"(\S+)\s+to\s+(\S+)")
_LONGEST = 60


def read_holidays(entries: Entries, findings: Findings) -> tuple[date, ...]:
    """Every holiday of the company, in order."""
    node = entries.node("holidays")
    if node is None:
        return ()
    days: set[date] = set()
    for item in _items(node):
        text = line_of(item, "holidays", findings)
        days.update((findings.take(text, days_of, text.value) if text is not None else None) or ())
    return tuple(sorted(days))


def days_of(text: str) -> tuple[date, ...]:
    """The days of a date or a range: ``2027-02-05 to 2027-02-11``.

    Raises:
        PhraseError: J012 when it is neither, runs backwards or takes months.
    """
    match = _RANGE.fullmatch(text)
    first = calendar_day(match[1] if match is not None else text)
    last = calendar_day(match[2]) if match is not None else first
    if last < first:
        raise PhraseError("J012", f"{quoted(text)} ends before it begins", f"write {last} to {first}")
    if (last - first).days >= _LONGEST:
        raise PhraseError("J012", f"{quoted(text)} is longer than {_LONGEST} days", "is the year right?")
    return tuple(first + timedelta(days=count) for count in range((last - first).days + 1))


def _items(node: Node) -> Iterator[Node]:
    """Dates wherever they stand: alone, in a list, or behind a name."""
    if isinstance(node, Listing):
        yield from node.items
    elif isinstance(node, Section):
        for pair in node.pairs:
            yield from pair.value.items if isinstance(pair.value, Listing) else (pair.value,)
    else:
        yield node
