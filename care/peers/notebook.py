"""Every webhook the CRM took, kept in SQLite; any process may read while the CRM writes."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from care.peers.kept import Kept

NOTEBOOK_FILE = "hooks.sqlite"

_SCHEMA = """
create table if not exists hook (
  number integer primary key autoincrement,
  received_at text not null,
  endpoint text not null,
  key text not null,
  body blob not null
);
create index if not exists hook_by_key on hook (key, number);
"""
_INSERT = "insert into hook (received_at, endpoint, key, body) values (?, ?, ?, ?)"
_SELECT = "select number, received_at, endpoint, key, body from hook"


@dataclass(frozen=True, slots=True)
class Hook:
    """One post as it came over the wire, its signature found right.

    Attributes:
        number: 1 for the first ever received, then upwards.
        key: The id it came under; two posts under one key tell the same thing.
    """

    number: int
    received_at: datetime
    endpoint: str
    key: str
    body: bytes


class Notebook:
    """The posts in one file.

    Args:
        path: The SQLite file; it is made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._kept = Kept(path, _SCHEMA)

    def add(self, endpoint: str, key: str, body: bytes, received_at: datetime) -> None:
        """Keep one post; it is on the disk when this returns."""
        self._kept.write(_INSERT, [(received_at.isoformat(), endpoint, key, body)])

    def list(self, *, key: str = "", limit: int = 1_000) -> tuple[Hook, ...]:
        """The posts in the order they came; only those under one key when it is given."""
        where, values = ("where key = ? ", [key]) if key else ("", [])
        rows = self._kept.read(f"{_SELECT} {where}order by number limit ?", (*values, limit))
        return tuple(Hook(row[0], datetime.fromisoformat(row[1]), *row[2:]) for row in rows)

    def count_by_key(self) -> dict[str, int]:
        """How often each id was received: above one, it was posted again."""
        return dict(self._kept.read("select key, count(*) from hook group by key"))

    def close(self) -> None:
        """Close the file."""
        self._kept.close()
