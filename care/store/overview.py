"""The published journeys at a glance: revision, customers inside, what holds."""

from dataclasses import dataclass

from sqlalchemy import Connection

from care.store import controls, enrolments, plans


@dataclass(frozen=True, slots=True)
class JourneyOverview:
    """One journey.

    Attributes:
        revision: Of the plan customers enter now; 0 when nobody enters it any more.
        inside: Customers on the way, in any revision.
        state: ``open``, ``paused …``, ``entry stopped …`` or ``ended: finishing``, in words.
    """

    journey: str
    title: str
    revision: int
    inside: int
    state: str


def overview(conn: Connection) -> list[JourneyOverview]:
    """Every journey that customers enter or are still in, by name."""
    published = plans.latest(conn)
    entered = published.journeys if published is not None else {}
    titles = {plan.journey: plan.title for plan in plans.kept(conn, [plan_hash for plan_hash, _ in entered.values()])}
    inside = enrolments.running(conn)
    found = []
    for name in sorted({*entered, *inside}):
        revision = entered[name][1] if name in entered else 0
        found.append(
            JourneyOverview(name, titles.get(name, name), revision, inside.get(name, 0), _state(conn, name, revision))
        )
    return found


def _state(conn: Connection, journey: str, revision: int) -> str:
    if not revision:
        return "nobody enters any more; those inside finish"
    words = []
    for kind, word in (("pause", "paused"), ("entry", "entry stopped")):
        control = controls.in_force(conn, journey, "pause" if kind == "pause" else "entry")
        if control is not None:
            clock = f", waits {'stand still' if control.clock == 'freeze' else 'run on'}" if kind == "pause" else ""
            words.append(f"{word} by {control.by}{clock}" + (f": {control.note}" if control.note else ""))
    return "; ".join(words) or "open"
