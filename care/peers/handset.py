"""Every SMS the gateway took, what customers wrote back and who told it to stop; in SQLite, open to any reader."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from care.peers.kept import Kept

HANDSET_FILE = "sms.sqlite"

_SCHEMA = """
create table if not exists sms (
  number integer primary key autoincrement,
  received_at text not null,
  sender text not null,
  recipient text not null,
  body text not null
);
create index if not exists sms_by_recipient on sms (recipient, number);
create table if not exists written (
  number integer primary key autoincrement,
  received_at text not null,
  sender text not null,
  recipient text not null,
  body text not null
);
create table if not exists stops (
  number integer primary key autoincrement,
  sender text not null,
  recipient text not null,
  stopped integer not null
);
create index if not exists stops_by_recipient on stops (recipient, sender, number);
"""
_INSERT = "insert into sms (received_at, sender, recipient, body) values (?, ?, ?, ?)"
_WRITE = "insert into written (received_at, sender, recipient, body) values (?, ?, ?, ?)"
_STOP = "insert into stops (sender, recipient, stopped) values (?, ?, ?)"
_STOPPED = "select stopped from stops where recipient = ? and sender = ? order by number desc limit 1"
_SID = re.compile(r"SM0{16}[0-7][0-9a-f]{15}")
# SIDs of what customers write, apart from those of messages.
_INCOMING = 0xF << 124
_SELECT = "select number, received_at, sender, recipient, body from sms"


@dataclass(frozen=True, slots=True)
class Sms:
    """One SMS as it was handed over.

    Attributes:
        number: 1 for the first ever received, then upwards; its SID is made from it.
    """

    number: int
    received_at: datetime
    sender: str
    recipient: str
    body: str

    @property
    def sid(self) -> str:
        """What the API calls it."""
        return f"SM{self.number:032x}"


class Handset:
    """The SMS in one file.

    Args:
        path: The SQLite file; it is made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._kept = Kept(path, _SCHEMA)

    def add(self, sender: str, recipient: str, body: str, received_at: datetime) -> Sms:
        """Keep one SMS; it is on the disk when this returns."""
        number = self._kept.write(_INSERT, [(received_at.isoformat(), sender, recipient, body)])
        return Sms(number, received_at, sender, recipient, body)

    def list(
        self,
        *,
        recipient: str = "",
        first_day: date | None = None,
        last_day: date | None = None,
        skip: int = 0,
        limit: int = 1_000,
    ) -> tuple[Sms, ...]:
        """The SMS, the newest first as the API lists them.

        Args:
            recipient: Only to this number; empty for all.
            first_day: Only received on this day (UTC) or later.
            last_day: Only received on this day (UTC) or earlier.
        """
        clauses, values = ["1"], []
        for clause, value in (
            ("recipient = ?", recipient),
            ("substr(received_at, 1, 10) >= ?", first_day and first_day.isoformat()),
            ("substr(received_at, 1, 10) <= ?", last_day and last_day.isoformat()),
        ):
            if value:
                clauses.append(clause)
                values.append(value)
        return self._messages(f"{' and '.join(clauses)} order by number desc limit ? offset ?", [*values, limit, skip])

    def get(self, sid: str) -> Sms | None:
        """One SMS by its SID."""
        found = self._messages("number = ?", (int(sid[2:], 16),)) if _SID.fullmatch(sid) else ()
        return found[0] if found else None

    def write(self, sender: str, recipient: str, body: str, received_at: datetime) -> str:
        """Keep what a customer (``sender``) wrote to the shop's number; its SID."""
        number = self._kept.write(_WRITE, [(received_at.isoformat(), sender, recipient, body)])
        return f"SM{_INCOMING + number:032x}"

    def written(self) -> tuple[Sms, ...]:
        """What customers wrote, the oldest first."""
        rows = self._kept.read("select number, received_at, sender, recipient, body from written order by number")
        return tuple(Sms(row[0], datetime.fromisoformat(row[1]), *row[2:]) for row in rows)

    def stop(self, sender: str, recipient: str, *, stopped: bool) -> None:
        """Remember whether a customer (``recipient``) wants no more from this sender."""
        self._kept.write(_STOP, [(sender, recipient, int(stopped))])

    def is_stopped(self, sender: str, recipient: str) -> bool:
        """Whether the customer told this sender to stop."""
        found = self._kept.read(_STOPPED, (recipient, sender))
        return bool(found and found[0][0])

    def count(self) -> int:
        """How many SMS there are."""
        return int(self._kept.read("select count(*) from sms")[0][0])

    def close(self) -> None:
        """Close the file."""
        self._kept.close()

    def _messages(self, where: str, values: Sequence[object]) -> tuple[Sms, ...]:
        rows = self._kept.read(f"{_SELECT} where {where}", values)
        return tuple(Sms(row[0], datetime.fromisoformat(row[1]), *row[2:]) for row in rows)
