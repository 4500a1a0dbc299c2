"""Every message that the embedded eSMS, SpeedSMS, Vonage and Zalo took, in one SQLite file any process may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from care.peers.kept import Kept

EXCHANGE_FILE = "gateways.sqlite"

_SCHEMA = """
create table if not exists taken (
  number integer primary key autoincrement,
  received_at text not null,
  gateway text not null,
  sender text not null,
  recipient text not null,
  body text not null,
  reference text not null
);
create index if not exists taken_by_reference on taken (gateway, reference);
"""
_INSERT = "insert into taken (received_at, gateway, sender, recipient, body, reference) values (?, ?, ?, ?, ?, ?)"
_SELECT = "select number, received_at, gateway, sender, recipient, body, reference from taken"


@dataclass(frozen=True, slots=True)
class Taken:
    """One message as a gateway took it.

    Attributes:
        number: 1 for the first ever taken, then upwards; the gateway's own id is made from it.
        gateway: ``esms``, ``speedsms``, ``vonage`` or ``zalo``.
        recipient: In E.164.
        body: The text; of a Zalo message the template's id and its values.
        reference: What the sender calls it, or empty.
    """

    number: int
    received_at: datetime
    gateway: str
    sender: str
    recipient: str
    body: str
    reference: str


class Exchange:
    """The messages in one file.

    Args:
        path: The SQLite file; it is made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._kept = Kept(path, _SCHEMA)
        self._lock = Lock()

    def add(self, message: Taken) -> Taken:
        """Keep one message under the next number; it is on the disk when this returns."""
        row = (
            message.received_at.isoformat(),
            message.gateway,
            message.sender,
            message.recipient,
            message.body,
            message.reference,
        )
        return _numbered(message, self._kept.write(_INSERT, [row]))

    def add_once(self, message: Taken, within: timedelta) -> Taken | None:
        """Keep one message, unless one of the same reference was taken within a time; ``None`` when it was."""
        since = (message.received_at - within).isoformat()
        with self._lock:
            where = "gateway = ? and reference = ? and received_at > ?"
            if message.reference and self._find(where, (message.gateway, message.reference, since)):
                return None
            return self.add(message)

    def list(self, *, skip: int = 0, limit: int = 1_000) -> tuple[Taken, ...]:
        """The messages, the newest first."""
        return self._find("1 order by number desc limit ? offset ?", (limit, skip))

    def count(self) -> int:
        """How many messages there are."""
        return int(self._kept.read("select count(*) from taken")[0][0])

    def close(self) -> None:
        """Close the file."""
        self._kept.close()

    def _find(self, where: str, values: Sequence[object]) -> tuple[Taken, ...]:
        rows = self._kept.read(f"{_SELECT} where {where}", values)
        return tuple(Taken(row[0], datetime.fromisoformat(row[1]), *row[2:]) for row in rows)


def _numbered(message: Taken, number: int) -> Taken:
    return Taken(
        number,
        message.received_at,
        message.gateway,
        message.sender,
        message.recipient,
        message.body,
        message.reference,
    )
