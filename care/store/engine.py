"""Opening the store, and the two ways to use it: writing and reading."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from care.domain.errors import CareError

BUSY_SECONDS = 15
_MODE = "care_mode"
# Seconds (the last in milliseconds) until a PostgreSQL that vanished without a word is noticed. By itself TCP waits a
# quarter of an hour, or two hours, and whoever asked waits with it. What the URL says of them wins.
_NOTICED = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_write_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
_WRITERS: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()


class StoreError(CareError):
    """The store cannot be opened as the settings say."""


class StoreUnavailable(CareError):
    """The database does not answer or stays locked; nothing was written, and trying again is safe."""


def open_store(url: str, *, durable: bool = True) -> Engine:
    """Open the store; its connections may be used from several threads.

    Args:
        url: ``sqlite:////path/to/file`` or ``postgresql://user:password@host/database``.
        durable: Whether every commit reaches the disk at once (SQLite only).

    Raises:
        StoreError: When the URL is neither.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError("the database URL cannot be read; write sqlite:///file or postgresql://host/name") from None
    match parsed.get_backend_name():
        case "sqlite":
            return _open_sqlite(parsed, durable)
        case "postgresql":
            return create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_size=10,
                max_overflow=30,
                pool_pre_ping=True,
                connect_args={name: value for name, value in _NOTICED.items() if name not in parsed.query},
                hide_parameters=True,
                json_serializer=_write_json,
            )
        case other:
            raise StoreError(f"{other!r} is not a database Aftercare knows; use sqlite:///file or postgresql://…")


def _open_sqlite(url: URL, durable: bool) -> Engine:
    if not url.database or url.database == ":memory:" or url.query.get("mode") == "memory":
        raise StoreError("a SQLite store needs a file, because its threads share it; write sqlite:///path/to/file")
    Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        pool_size=32,
        max_overflow=32,
        connect_args={"timeout": BUSY_SECONDS},
        hide_parameters=True,
        json_serializer=_write_json,
    )
    _WRITERS[engine] = Lock()
    event.listen(engine, "connect", partial(_set_pragmas, durable))
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(durable: bool, connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: ``_begin`` does, so that a writer locks at once.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "journal_mode=WAL",
        f"synchronous={'FULL' if durable else 'NORMAL'}",
        "secure_delete=ON",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get(_MODE, "plain")
    reads_only = mode == "reading"
    if connection.info.get("reads_only", False) != reads_only:
        connection.exec_driver_sql(f"PRAGMA query_only={int(reads_only)}")
        connection.info["reads_only"] = reads_only
    connection.exec_driver_sql("BEGIN IMMEDIATE" if mode == "writing" else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: committed at the end, rolled back when anything is raised.

    Raises:
        StoreUnavailable: When the database does not answer or stays locked.
    """
    queue = _WRITERS.get(engine)
    # Writers of one process queue here: SQLite's own waiting polls, and is unfair.
    if queue is not None and not queue.acquire(timeout=BUSY_SECONDS):
        raise StoreUnavailable(f"the store was busy for {BUSY_SECONDS} seconds; try again")
    try:
        with _reachable(), engine.connect().execution_options(**{_MODE: "writing"}) as conn, conn.begin():
            yield conn
    finally:
        if queue is not None:
            queue.release()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One read-only transaction.

    Raises:
        StoreUnavailable: When the database does not answer.
    """
    only = {_MODE: "reading"} if engine in _WRITERS else {"postgresql_readonly": True}
    with _reachable(), engine.connect().execution_options(**only) as conn:
        yield conn


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except NoFreeConnection as problem:
        raise StoreUnavailable("every connection to the store is in use; try again") from problem
    except (OperationalError, InterfaceError, ProgrammingError) as problem:
        if _lacks_tables(problem):
            raise StoreError(
                "the store has not the shape this version needs; start 'care up', which mends that"
            ) from problem
        if isinstance(problem, ProgrammingError):
            raise
        raise StoreUnavailable(f"the store does not answer ({_cause(problem)}); try again") from problem


def _lacks_tables(problem: DBAPIError) -> bool:
    undefined_table, undefined_column = "42P01", "42703"
    return getattr(problem.orig, "sqlstate", "") in (undefined_table, undefined_column) or str(problem.orig).startswith(
        ("no such table", "no such column")
    )


def _cause(problem: DBAPIError) -> str:
    lines = str(problem.orig).strip().splitlines()
    return lines[0] if lines else type(problem.orig).__name__


def migrate(engine: Engine) -> None:
    """Bring the database to the newest schema, creating it when it is empty.

    Raises:
        StoreError: When a newer version of Aftercare has been at it.
    """
    # Alembic takes 0.2 seconds to import; most commands never migrate.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "care.store:migrations")
    with writing(engine) as conn:
        serialise(conn, "migration")
        config.attributes["connection"] = conn
        try:
            command.upgrade(config, "head")
        except CommandError as problem:
            raise StoreError(
                f"the store cannot be brought up to date ({problem}); was it used by a newer version?"
            ) from None


def serialise(conn: Connection, *names: str) -> None:
    """Let only one transaction at a time past these names; on SQLite writers are alone anyway."""
    if conn.dialect.name == "postgresql":
        for name in sorted(names):
            conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
