"""One SQLite file of things a peer keeps: a row is on the disk when ``write`` returns, and any process may read."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

# Seconds to wait for another process.
_PATIENCE = 15.0


class Kept:
    """One connection to the file, shared by the threads of a process.

    Args:
        path: The file; it is made when it is missing.
        schema: SQL that makes the tables if they are missing.
    """

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._database = sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False, isolation_level=None)
        _into_wal(self._database)
        self._database.execute("pragma synchronous=full")
        self._database.executescript(schema)

    def write(self, sql: str, rows: Sequence[Sequence[object]]) -> int:
        """Insert every row or none, and return the number of the last."""
        with self._lock:
            self._database.execute("begin immediate")
            try:
                number = 0
                for row in rows:
                    number = self._database.execute(sql, row).lastrowid or 0
                self._database.execute("commit")
            except BaseException:
                # A full disk may show at the commit only, or have ended the transaction by itself.
                if self._database.in_transaction:
                    self._database.execute("rollback")
                raise
            return number

    def read(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """The rows of a query."""
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()


def _into_wal(database: sqlite3.Connection) -> None:
    """Have readers and the writer side by side; SQLite does not wait here while another process does the same."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            database.execute("pragma journal_mode=wal")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
        time.sleep(0.01)
