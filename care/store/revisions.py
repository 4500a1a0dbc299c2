"""The revisions of one journey: when each was published, by whom and why, and what it changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from care.domain.journey import Plan
from care.rulebook.changes import Change, changes
from care.store import plans, schema

_publications = schema.publications
_WHEN = tuple(_publications.c[name] for name in ("revision", "at", "by", "note", "journeys", "choices"))


@dataclass(frozen=True, slots=True)
class Revision:
    """A publication that changed what a journey's new customers enter.

    Attributes:
        revision: Of the plan; 0 when nobody enters any more.
        plan: ``None`` when nobody enters any more.
        first: The publication that brought it.
        last: The newest publication that held it.
        choice: What became of customers who were inside: ``pin``, ``migrate`` or ``leave``.
        changes: Against the revision before; empty for the first one.
    """

    revision: int
    plan: Plan | None
    first: int
    last: int
    at: datetime
    by: str
    note: str
    choice: str
    changes: tuple[Change, ...] = ()


def revisions(conn: Connection, journey: str) -> list[Revision]:
    """What a journey's new customers entered by, newest first; a rollback brings an old revision once more."""
    found: list[tuple[str, Revision]] = []
    for row in conn.execute(select(*_WHEN).order_by(_publications.c.revision)):
        plan_hash, number = row.journeys.get(journey, ("", 0))
        if plan_hash == (found[-1][0] if found else ""):
            if found:
                found[-1] = (plan_hash, replace(found[-1][1], last=row.revision))
            continue
        choice = (row.choices or {}).get(journey, "pin")
        found.append((plan_hash, Revision(number, None, row.revision, row.revision, row.at, row.by, row.note, choice)))
    kept = {plan.hash: plan for plan in plans.kept(conn, {plan_hash for plan_hash, _ in found if plan_hash})}
    told = [replace(each, plan=kept.get(plan_hash)) for plan_hash, each in found]
    return list(_with_changes(journey, told))[::-1]


def sources(conn: Connection, publication: int) -> Mapping[str, str]:
    """The rule files of a publication, by name."""
    text = conn.execute(select(_publications.c.sources).where(_publications.c.revision == publication)).scalar()
    return text or {}


def _with_changes(journey: str, told: list[Revision]) -> Iterator[Revision]:
    before: Plan | None = None
    for each in told:
        old, new = ({journey: plan} if plan is not None else {} for plan in (before, each.plan))
        yield replace(each, changes=tuple(changes(old, new)) if each is not told[0] else ())
        before = each.plan
