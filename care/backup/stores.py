"""Copying a store out while it is in use, and what a backup says of it."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, MetaData, func, inspect, make_url, select, text

from care.backup.manifest import BackupError, Counts
from care.store import customers, schema
from care.store.engine import StoreUnavailable, reading, writing
from care.store.inbox import PENDING
from care.store.shape import revision_of

Pages = Callable[[int, int], None]

_PAGES = 2_000
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def copy_sqlite(database: Path, target: Path, told: Pages) -> None:
    """Copy a SQLite store as it is at this instant, while others read and write it.

    Args:
        told: Called with how many pages are left, and how many there are.
    """
    with closing(_sqlite(database)) as source, closing(sqlite3.connect(target)) as copy:
        # One read transaction holds the instant; without it every write of somebody else starts the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(copy, pages=_PAGES, progress=lambda _, left, total: told(left, total), sleep=0)
        copy.execute("PRAGMA journal_mode=DELETE")
        faults = copy.execute("PRAGMA quick_check").fetchall()
    if faults != [("ok",)]:
        raise BackupError(f"the store {str(database)!r} is damaged: SQLite says {faults[0][0]!r}; restore a backup")


def _sqlite(database: Path) -> sqlite3.Connection:
    if not database.is_file():
        raise BackupError(
            f"there is no store at {str(database)!r}; set CARE_DATA_DIR or CARE_DATABASE_URL to where it is"
        )
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=15, isolation_level=None)


def sqlite_file(url: str) -> Path:
    """The file of a SQLite store."""
    return Path(make_url(url).database or "")


def is_sqlite(url: str) -> bool:
    """Whether the store is a SQLite file."""
    return make_url(url).get_backend_name() == "sqlite"


def dump_postgres(url: str, target: Path) -> None:
    """Dump a PostgreSQL store as it is at one instant.

    Raises:
        BackupError: There is no ``pg_dump``, or it failed.
    """
    _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])


def load_postgres(url: str, dump: Path) -> None:
    """Bring a dump into an empty database, whole or not at all.

    Raises:
        BackupError: There is no ``pg_restore``, or it failed.
    """
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(dump)]
    _run("pg_restore", url, options)


def _run(program: str, url: str, options: Sequence[str]) -> None:
    parsed = make_url(url)
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program!r} is not installed; install PostgreSQL's client programs of the server's version")
    environment = {**os.environ, "PGPASSWORD": parsed.password} if parsed.password else dict(os.environ)
    place = _without_password(parsed)
    done = subprocess.run([found, f"--dbname={place}", *options], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit status {done.returncode}"]
        raise BackupError(f"{program} failed: {lines[0].removeprefix(f'{program}: ')}")


def _without_password(url: URL) -> str:
    """The database as PostgreSQL's programs are told of it; others may read a command line."""
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def is_used(engine: Engine) -> bool:
    """Whether somebody else is connected to this PostgreSQL database."""
    with reading(engine) as conn:
        return bool(conn.execute(_OTHERS).scalar())


def is_empty(engine: Engine) -> bool:
    """Whether a database has no table."""
    try:
        with reading(engine) as conn:
            return not inspect(conn).get_table_names()
    except StoreUnavailable as problem:
        raise BackupError(f"{problem}; the database must be there, and may be empty") from None


def drop_tables(engine: Engine) -> None:
    """Drop every table of a database."""
    found = MetaData()
    with writing(engine) as conn:
        found.reflect(conn)
        found.drop_all(conn)


def told_of(engine: Engine) -> tuple[str, Counts]:
    """The schema's revision, and what people recognise a store by."""
    with reading(engine) as conn:
        pending = schema.inbox.c.status == PENDING
        counts = Counts(
            customers=_count(conn, select(func.count()).select_from(schema.customers)),
            on_the_way=customers.count_under_way(conn),
            undecided=_count(conn, select(func.count()).select_from(schema.inbox).where(pending)),
            messages=_count(conn, select(func.count()).select_from(schema.claims)),
        )
        return revision_of(conn) or "", counts


def _count(conn: Connection, query: object) -> int:
    return int(conn.execute(query).scalar_one())  # type: ignore[call-overload]
