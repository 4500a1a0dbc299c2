"""How the shop stands at this instant, in counts that an index answers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from care.store import holds, inbox, schema, tickets

_inbox, _claims, _tickets = schema.inbox, schema.claims, schema.tickets
_enrolments, _plans = schema.enrolments, schema.plans


@dataclass(frozen=True, slots=True)
class Gauges:
    """Counts of the store at one instant.

    Attributes:
        undecided: Events that were accepted and not decided yet.
        oldest_undecided: When the oldest of them arrived (UTC).
        parked: Events that wait for an order nobody has told of yet.
        held: Messages that wait for a window, a cap or an operator.
        leaving: Messages that are being handed to a provider, or whose sender died while it did.
        oldest_leaving: When the oldest of them was marked as leaving (UTC).
        unknown: Messages of which nobody knows whether they arrived.
        paused: Journeys that an operator has paused.
        revision: Number of the published rulebook; 0 before the first.
    """

    undecided: int
    oldest_undecided: datetime | None
    parked: int
    held: int
    leaving: int
    oldest_leaving: datetime | None
    unknown: int
    tickets_open: int
    tickets_overdue: int
    paused: int
    revision: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is on the way: customers in any journey, and running enrolments by journey."""

    customers: int
    running: Mapping[str, int]


def gauges(conn: Connection, now: datetime) -> Gauges:
    """Count what there is now; some milliseconds, however large the store is.

    Args:
        now: The instant overdue tickets are judged at (UTC).
    """
    undecided, oldest_undecided = _line(conn, _inbox.c.received_at, _inbox.c.status == inbox.PENDING)
    leaving, oldest_leaving = _line(conn, _claims.c.transmitting_at, _claims.c.phase == "transmitting")
    is_open = _tickets.c.status == tickets.OPEN
    controls, publications = schema.controls, schema.publications
    paused = select(func.count()).where(controls.c.kind == "pause", controls.c.until.is_(None))
    return Gauges(
        undecided=undecided,
        oldest_undecided=oldest_undecided,
        parked=_count(conn, _inbox.c.status == inbox.PARKED),
        held=holds.count(conn),
        leaving=leaving,
        oldest_leaving=oldest_leaving,
        unknown=_count(conn, _claims.c.phase == "unknown"),
        tickets_open=_count(conn, is_open),
        tickets_overdue=_count(conn, is_open, _tickets.c.due_at < now),
        paused=int(conn.execute(paused).scalar_one()),
        revision=int(conn.execute(select(func.coalesce(func.max(publications.c.revision), 0))).scalar_one()),
    )


def crowd(conn: Connection) -> Crowd:
    """Count who is on the way; it takes longer the more there are (0.2 s for 100,000), so ask once in a while."""
    is_running = _enrolments.c.ended_at.is_(None)
    customers = select(func.count(_enrolments.c.customer.distinct())).where(is_running)
    by_plan = select(_enrolments.c.plan, func.count()).where(is_running).group_by(_enrolments.c.plan)
    journeys = {row.hash: row.journey for row in conn.execute(select(_plans.c.hash, _plans.c.journey))}
    running: Counter[str] = Counter()
    for plan, number in conn.execute(by_plan):
        running[journeys.get(plan, "")] += number
    return Crowd(int(conn.execute(customers).scalar_one()), dict(running))


def _count(conn: Connection, *where: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count()).where(*where)).scalar_one())


def _line(conn: Connection, since: ColumnElement[datetime], which: ColumnElement[bool]) -> tuple[int, datetime | None]:
    number, oldest = conn.execute(select(func.count(), func.min(since)).where(which)).one()
    return int(number), oldest
