"""Enrolments: which journeys a customer is in, was in, and how each ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from care.domain.decisions import Entered, Left, Moved
from care.store import schema

_enrolments = schema.enrolments
_ENTER = insert(_enrolments)
_LEAVE = (
    update(_enrolments)
    .where(_enrolments.c.id == bindparam("enrolment"))
    .values(ended_at=bindparam("at"), reason=bindparam("because"), converted=bindparam("won"))
)
_MOVE = (
    update(_enrolments)
    .where(_enrolments.c.id == bindparam("enrolment"))
    .values(plan=bindparam("to_plan"), revision=bindparam("to_revision"))
)


@dataclass(frozen=True, slots=True)
class EnrolmentView:
    """One enrolment; ``ended_at`` is ``None`` while it runs."""

    id: str
    customer: str
    journey: str
    plan: str
    revision: int
    order_id: str | None
    event: str
    entered_at: datetime
    ended_at: datetime | None
    reason: str
    converted: bool


def listing(conn: Connection, customer: str, *, active: bool | None = None) -> list[EnrolmentView]:
    """A customer's enrolments, oldest first; ``active`` keeps the running or the ended ones only."""
    query = select(_enrolments).where(_enrolments.c.customer == customer)
    if active is not None:
        running = _enrolments.c.ended_at.is_(None)
        query = query.where(running if active else ~running)
    found = conn.execute(query.order_by(_enrolments.c.entered_at, _enrolments.c.id))
    return [EnrolmentView(**{name: getattr(row, name) for name in EnrolmentView.__dataclass_fields__}) for row in found]


def running(conn: Connection) -> dict[str, int]:
    """How many customers are on their way, by journey."""
    journey = _enrolments.c.journey
    counted = select(journey, func.count()).where(_enrolments.c.ended_at.is_(None)).group_by(journey)
    return {row[0]: row[1] for row in conn.execute(counted)}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many ever entered a journey, are on their way, and reached its goal."""

    entered: int
    inside: int
    converted: int


def tally(conn: Connection, journey: str) -> Tally:
    """Count a journey's enrolments."""
    ended, won = _enrolments.c.ended_at, _enrolments.c.converted
    counted = select(func.count(), func.count() - func.count(ended), func.count().filter(won)).where(
        _enrolments.c.journey == journey
    )
    row = conn.execute(counted).one()
    return Tally(int(row[0]), int(row[1]), int(row[2]))


def order_of(conn: Connection, enrolment: str) -> str | None:
    """The shop's order an enrolment belongs to, if any."""
    return conn.execute(select(_enrolments.c.order_id).where(_enrolments.c.id == enrolment)).scalar()


def enter(conn: Connection, customer: str, entered: Iterable[Entered]) -> None:
    """Record new enrolments with the order's fields as they were at entry."""
    rows = [
        {
            "id": each.enrolment,
            "customer": customer,
            "journey": each.journey,
            "plan": each.plan,
            "revision": each.revision,
            "order_id": each.order_id,
            "event": each.event_id,
            "entered_at": each.at,
            "frozen": each.frozen,
        }
        for each in entered
    ]
    if rows:
        conn.execute(_ENTER, rows)


def move(conn: Connection, moved: Iterable[Moved]) -> None:
    """Record that enrolments go on by another plan."""
    rows = [{"enrolment": each.enrolment, "to_plan": each.plan, "to_revision": each.revision} for each in moved]
    if rows:
        conn.execute(_MOVE, rows)


def leave(conn: Connection, left: Iterable[Left]) -> None:
    """Record how enrolments ended."""
    rows = [
        {"enrolment": each.enrolment, "at": each.at, "because": each.reason, "won": each.converted} for each in left
    ]
    if rows:
        conn.execute(_LEAVE, rows)
