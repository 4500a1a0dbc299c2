"""Importing a file of events: batch by batch, with every problem at its line."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from care.cli.event_files import Row, read_events
from care.cli.posting import EventApi, Posted
from care.domain.catalogue import Field

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong with the event on one line; ``pointer`` leads into the event."""

    line: int
    event: str
    pointer: str
    detail: str
    hint: str = ""


@dataclass(slots=True)
class Imported:
    """What became of a file.

    Attributes:
        new: Events the server had not heard before.
        known: Events it had: sending them again changed nothing.
    """

    new: int = 0
    known: int = 0
    problems: list[LineProblem] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many lines were not taken."""
        return len({problem.line for problem in self.problems})

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        problems = [asdict(problem) for problem in self.problems]
        return {"new": self.new, "known": self.known, "refused": self.refused, "problems": problems}


def import_file(
    path: Path, fields: Mapping[str, Field], api: EventApi, done: Callable[[int], None], *, batch: int = BATCH
) -> Imported:
    """Send every event of a file; doing it again is harmless, because an event id counts once.

    Args:
        path: A ``.jsonl`` or ``.csv`` file.
        fields: The catalogue's fields, for the types of CSV cells.
        api: The server.
        done: Told how many more lines of events are dealt with.
        batch: How many events travel together.

    Raises:
        EventFileError: The file cannot be read.
        UnreachableError: The server is away; what was sent so far counts.
        RefusedError: The server takes nothing from us.
    """
    imported = Imported()
    rows = read_events(path, fields)
    while part := list(islice(rows, batch)):
        _send(part, api, imported)
        done(len(part))
    imported.problems.sort(key=lambda problem: problem.line)
    return imported


def count_events(path: Path, fields: Mapping[str, Field]) -> int:
    """How many lines of a file hold events; a file that cannot be read to its end fails here, before any is sent.

    Raises:
        EventFileError: The file cannot be read.
    """
    return sum(1 for _ in read_events(path, fields))


def _send(rows: Iterable[Row], api: EventApi, imported: Imported) -> None:
    sendable: list[tuple[Row, dict[str, Any]]] = []
    for row in rows:
        if row.event is None:
            imported.problems.append(LineProblem(row.line, "", "", row.problem))
        else:
            sendable.append((row, row.event))
    if sendable:
        _count(sendable, api.post([event for _, event in sendable]), imported)


def _count(sent: list[tuple[Row, dict[str, Any]]], posted: Posted, imported: Imported) -> None:
    known = sum(1 for receipt in posted.receipts.values() if receipt["duplicate"])
    imported.known += known
    imported.new += len(posted.receipts) - known
    for index, problems in posted.problems.items():
        row, event = sent[index]
        name = str(event.get("id", ""))
        imported.problems.extend(
            [LineProblem(row.line, name, fault.pointer, fault.detail, fault.hint) for fault in problems]
        )
