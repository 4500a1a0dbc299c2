"""Controls of whole journeys: who paused or closed them, when, why, and what holds now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import Connection, func, insert, select, update

from care.domain.controls import Clock, Controls, JourneyPause
from care.domain.errors import CareError
from care.store import schema
from care.store.engine import serialise

Kind = Literal["pause", "entry"]

_controls = schema.controls
VERSION = select(func.count() + func.count(_controls.c.until))
"""A number that changes whenever a control begins or ends."""


class ControlError(CareError):
    """The journey is in that state already, or is not."""


@dataclass(frozen=True, slots=True)
class Control:
    """One thing an operator decided for a journey; ``until`` is ``None`` while it holds.

    Attributes:
        kind: ``pause``, or ``entry`` when nobody enters.
        clock: For a pause: whether waits stand still (``freeze``) or ``run`` on.
    """

    number: int
    journey: str
    kind: Kind
    clock: str
    since: datetime
    by: str
    note: str
    until: datetime | None
    ended_by: str


def begin(conn: Connection, control: Control) -> None:
    """Pause a journey or close its entry (``number``, ``until`` and ``ended_by`` are not read).

    Raises:
        ControlError: It is paused, or closed, already.
    """
    serialise(conn, "controls")
    standing = in_force(conn, control.journey, control.kind)
    if standing is not None:
        word = "paused" if control.kind == "pause" else "closed for entry"
        raise ControlError(f"journey {control.journey!r} is {word} already, by {standing.by}")
    names = ("journey", "kind", "clock", "since", "by", "note")
    conn.execute(insert(_controls), {name: getattr(control, name) for name in names})


def end(conn: Connection, journey: str, kind: Kind, by: str, at: datetime) -> Control:
    """Let a journey go on, or open its entry again; answers with what is over now.

    Raises:
        ControlError: It is not paused, or not closed.
    """
    serialise(conn, "controls")
    standing = in_force(conn, journey, kind)
    if standing is None:
        raise ControlError(f"journey {journey!r} is not {'paused' if kind == 'pause' else 'closed for entry'}")
    # The clocks of two machines differ: a pause that ended before it began would take time from everybody.
    over = {"until": max(at, standing.since), "ended_by": by}
    conn.execute(update(_controls).where(_controls.c.number == standing.number).values(over))
    return standing


def in_force(conn: Connection, journey: str, kind: Kind) -> Control | None:
    """What holds for a journey now."""
    return next((each for each in listing(conn, journey) if each.kind == kind and each.until is None), None)


def listing(conn: Connection, journey: str = "") -> list[Control]:
    """Everything that was decided, newest first; of one journey when it is named."""
    query = select(_controls).order_by(_controls.c.number.desc())
    if journey:
        query = query.where(_controls.c.journey == journey)
    return [Control(**row._mapping) for row in conn.execute(query)]


def current(conn: Connection) -> Controls:
    """What the planner needs of it."""
    pauses: dict[str, tuple[JourneyPause, ...]] = {}
    closed: dict[str, str] = {}
    for each in reversed(listing(conn)):
        if each.kind == "pause":
            pause = JourneyPause(each.since, cast(Clock, each.clock), each.until)
            pauses[each.journey] = (*pauses.get(each.journey, ()), pause)
        elif each.until is None:
            closed[each.journey] = f"entry was stopped by {each.by}" + (f": {each.note}" if each.note else "")
    return Controls(pauses, closed)
