"""The store: whether it answers, its shape, what waits in it, and its clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from care import clock
from care.cli.doctor.findings import Area, Finding
from care.domain.errors import CareError
from care.settings import Settings
from care.store import shape
from care.store.engine import open_store, reading
from care.store.gauges import Gauges, gauges

_STORE, _WORK = Area("store"), Area("work")
_SLOW, _STUCK = timedelta(minutes=1), timedelta(minutes=15)
# The sweep settles a message whose sender died after 75 minutes.
_LEFT = timedelta(minutes=90)
_SKEW, _GREAT_SKEW = timedelta(seconds=2), timedelta(seconds=30)


def look(settings: Settings) -> Iterator[Finding]:
    """Open the store for reading only; a store that is not there is not made."""
    path = settings.database_url.removeprefix("sqlite:///")
    if path != settings.database_url and not _exists(path):
        yield _STORE.warning("database", f"{path!r} is not there", "it is made at the first 'care up' or 'care worker'")
        return
    try:
        engine = open_store(settings.database_url, durable=settings.durable)
        with reading(engine) as conn:
            yield from _all(conn)
        engine.dispose()
    except CareError as trouble:
        yield _STORE.broken("database", str(trouble), "start it, or mend CARE_DATABASE_URL")
    except SQLAlchemyError as trouble:
        words = "see that CARE_DATABASE_URL names our database and nothing else; else put a backup back"
        yield _STORE.broken("database", f"it cannot be read ({type(trouble).__name__})", words)


def _all(conn: Connection) -> Iterator[Finding]:
    found, wanted = shape.revision_of(conn), shape.revisions()[0]
    yield _STORE.ok("database", _kind(conn))
    if found != wanted:
        is_older = found is None or found in shape.revisions()
        words = "run 'care migrate'" if is_older else "install the version that migrated it; this one must not touch it"
        yield _STORE.broken("schema", f"it is at {found or 'nothing'}, this version knows {wanted}", words)
        return
    yield _STORE.ok("schema", f"at {found}, the newest")
    if conn.dialect.name == "postgresql":
        yield _clock(conn)
    now = clock.now()
    counted = gauges(conn, now)
    yield _published(counted)
    yield from _work(counted, now)


def _exists(path: str) -> bool:
    from pathlib import Path

    return Path(path).exists()


def _kind(conn: Connection) -> str:
    if conn.dialect.name == "sqlite":
        return f"SQLite {conn.execute(text('SELECT sqlite_version()')).scalar()}"
    return f"PostgreSQL {conn.execute(text('SHOW server_version')).scalar()}"


def _clock(conn: Connection) -> Finding:
    before = clock.now()
    theirs: datetime = conn.execute(text("SELECT clock_timestamp()")).scalar_one()
    ours = before + (clock.now() - before) / 2
    return skew(_STORE, "clock", theirs.astimezone(UTC) - ours)


def skew(area: Area, what: str, ahead: timedelta) -> Finding:
    """How far another clock is ahead of ours."""
    seconds = ahead.total_seconds()
    shown = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine"
    if abs(ahead) > _GREAT_SKEW:
        return area.broken(what, shown, "set both machines' clocks by NTP: waits and quiet hours go by them")
    if abs(ahead) > _SKEW:
        return area.warning(what, shown, "set both machines' clocks by NTP")
    return area.ok(what, shown)


def _published(counted: Gauges) -> Finding:
    if not counted.revision:
        return _WORK.broken("published rules", "none: events are refused", "care rules publish")
    return _WORK.ok("published rules", f"revision {counted.revision}")


def _work(counted: Gauges, now: datetime) -> Iterator[Finding]:
    yield _undecided(counted, now)
    if counted.parked:
        words = "see that the shop posts the purchase of an order before or after what follows it"
        yield _WORK.warning("parked events", f"{counted.parked:,} wait for an order nobody has told of", words)
    if counted.unknown:
        words = "care messages list --unknown, then care messages settle"
        yield _WORK.warning("unknown messages", f"nobody knows whether {counted.unknown:,} arrived", words)
    if counted.oldest_leaving is not None and now - counted.oldest_leaving > _LEFT:
        words = "see that a worker runs: its sweep asks the provider and settles them"
        yield _WORK.broken("messages on their way", f"one of {counted.leaving:,} for over 90 minutes", words)
    if counted.tickets_overdue:
        words = "care tickets --open shows them, the longest overdue first"
        yield _WORK.warning("tickets", f"{counted.tickets_overdue:,} of {counted.tickets_open:,} are overdue", words)
    else:
        yield _WORK.ok("tickets", f"{counted.tickets_open:,} open, none overdue")
    if counted.paused:
        yield _WORK.ok("paused journeys", f"{counted.paused:,}; care journeys list names them")
    yield _WORK.ok("held messages", f"{counted.held:,} wait for a window, a cap or an operator")


def _undecided(counted: Gauges, now: datetime) -> Finding:
    what, age = "undecided events", now - (counted.oldest_undecided or now)
    shown = f"{counted.undecided:,}" + (f", the oldest for {int(age.total_seconds()):,} s" if counted.undecided else "")
    words = "see that Temporal answers and that workers run (below), then read the workers' log"
    if age > _STUCK:
        return _WORK.broken(what, shown, words)
    return _WORK.warning(what, shown, words) if age > _SLOW else _WORK.ok(what, shown)
