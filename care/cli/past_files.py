"""The past as a file of events: kept by customer in a file of its own, so that it need not fit into memory."""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from care.backtest.histories import is_reply
from care.backtest.past import Past, Told
from care.backtest.sources import Stretch, Stretches
from care.cli.event_files import Row, read_events
from care.domain.errors import CareError
from care.domain.rulebook import Rulebook
from care.domain.values import MisfitError, moment
from care.store.inbox import inbox_id
from care.store.incoming import IncomingEvent, about
from care.web.event_reading import EventReader, Parcel

SHOWN = 10
_TELL = 1_000
_TABLE = "CREATE TABLE told (customer TEXT NOT NULL, line INTEGER NOT NULL, event TEXT NOT NULL)"
_INDEX = "CREATE INDEX by_customer ON told (customer, line)"


class NoEventsError(CareError):
    """The file holds no event that can be replayed."""


@dataclass(slots=True)
class Sorted:
    """What a file held.

    Attributes:
        problems: The first lines that hold no event, each with its number and what is wrong.
        refused: How many lines hold none.
        types: How many events of each type it holds.
        last: When the last of them happened (UTC).
    """

    events: int = 0
    refused: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)
    types: Counter[str] = field(default_factory=Counter)
    last: datetime | None = None

    def refuse(self, line: int, problem: str) -> None:
        """Note a line that holds no event."""
        self.refused += 1
        if len(self.problems) < SHOWN:
            self.problems.append((line, problem))

    def take(self, event: Mapping[str, Any]) -> None:
        """Count one event."""
        self.events += 1
        self.types[str(event.get("type", ""))] += 1
        with suppress(MisfitError):
            at = moment(event.get("time"))
            self.last = max(self.last or at, at)


def sort_file(path: Path, into: Path, rulebook: Rulebook, told: Callable[[int], None] | None = None) -> Sorted:
    """Put a file's events into a SQLite file, by customer.

    Args:
        path: A ``.jsonl`` or ``.csv`` file.
        into: The SQLite file to make.
        rulebook: Its catalogue types the events.
        told: Called with how many more lines are read.

    Raises:
        EventFileError: The file cannot be read.
        NoEventsError: It holds no event.
    """
    found = Sorted()
    with closing(sqlite3.connect(into)) as made:
        made.execute("PRAGMA synchronous=OFF")
        made.execute("PRAGMA journal_mode=OFF")
        made.execute(_TABLE)
        lines = read_events(path, rulebook.catalogue.fields)
        made.executemany("INSERT INTO told VALUES (?, ?, ?)", _rows(lines, found, told))
        made.execute(_INDEX)
        made.commit()
    if not found.events:
        first = "; line {}: {}".format(*found.problems[0]) if found.problems else ""
        raise NoEventsError(f"{str(path)!r} holds no event{first}")
    return found


def _rows(rows: Iterable[Row], found: Sorted, told: Callable[[int], None] | None) -> Iterator[tuple[str, int, str]]:
    for number, row in enumerate(rows, 1):
        if told is not None and number % _TELL == 0:
            told(_TELL)
        customer = row.event.get("customer") if row.event is not None else None
        name = customer.get("id") if isinstance(customer, dict) else None
        if row.event is None or not isinstance(name, str) or not name:
            found.refuse(row.line, row.problem or "it does not say which customer; write customer.id")
            continue
        found.take(row.event)
        yield name, row.line, json.dumps(row.event, ensure_ascii=False)


@dataclass
class FilePast:
    """The events of a sorted file.

    Attributes:
        path: The SQLite file that ``sort_file`` made.
        rulebook: Its catalogue types the events.
        types: The types of event it holds.
    """

    path: Path
    rulebook: Rulebook
    types: frozenset[str]
    _open: sqlite3.Connection | None = field(default=None, repr=False)
    _reader: EventReader | None = field(default=None, repr=False)

    @property
    def recorded(self) -> frozenset[str]:
        """Topics the file holds answers to: whoever gave none there was silent."""
        return frozenset(
            kind.removesuffix(".answered").removesuffix(".closed") for kind in self.types if is_reply(kind)
        )

    def stretches(self) -> Sequence[Stretch]:
        """Everybody in the file."""
        found = Stretches()
        with closing(sqlite3.connect(self.path)) as kept:
            for customer, events in kept.execute("SELECT customer, count(*) FROM told GROUP BY customer ORDER BY 1"):
                found.add(customer, events)
        return found.close()

    def open(self) -> None:
        """Open the sorted file."""
        self._open = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
        self._reader = EventReader(self.rulebook)

    def close(self) -> None:
        """Close the sorted file."""
        if self._open is not None:
            self._open.close()
        self._open = self._reader = None

    def read(self, stretch: Stretch) -> Iterator[Past]:
        """The pasts of a stretch."""
        assert self._open is not None
        query = "SELECT customer, line, event FROM told WHERE customer BETWEEN ? AND ? ORDER BY customer, line"
        for name, rows in groupby(self._open.execute(query, (stretch.first, stretch.last)), key=lambda row: row[0]):
            yield self._past(str(name), rows)

    def _past(self, name: str, rows: Iterable[tuple[str, int, str]]) -> Past:
        assert self._reader is not None
        told: dict[str, Told] = {}
        problems: list[tuple[int, str]] = []
        for _, line, text in rows:
            incoming, faults = self._reader.read(Parcel(json.loads(text)))
            if incoming is None:
                problems.append((line, "; ".join(fault.detail for fault in faults)))
                continue
            each = told_of(incoming)
            told.setdefault(each.id, each)
        key = "c_" + hashlib.sha256(name.encode()).hexdigest()[:20]
        return Past(key, name, sorted(told.values(), key=lambda each: each.at), refused=problems)


def told_of(event: IncomingEvent) -> Told:
    """An event as a back-test reads it."""
    data: dict[str, Any] = {name: value for name, value in event.data.items() if value is not None}
    return Told(
        id=inbox_id(event.source, event.id),
        type=event.type,
        at=event.time,
        customer=event.customer,
        order_id=event.order_id,
        order=event.order or {},
        data=data,
        about=about(data),
        operator=event.operator,
    )
