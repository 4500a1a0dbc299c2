"""Published rules: immutable plans by hash, and the publications that say which of them customers enter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, bindparam, func, insert, select

from care.domain.catalogue import Catalogue
from care.domain.errors import CareError
from care.domain.journey import Plan
from care.domain.references import missing_names
from care.domain.rulebook import CustomerType, Rulebook, WalkedPlan
from care.rulebook.policies import published
from care.store import controls, schema
from care.store.engine import reading, serialise

_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
_CATALOGUE: TypeAdapter[Catalogue] = TypeAdapter(Catalogue)
_TYPES: TypeAdapter[tuple[CustomerType, ...]] = TypeAdapter(tuple[CustomerType, ...])

_plans = schema.plans
_publications = schema.publications
_enrolments = schema.enrolments
_NEWEST = select(func.max(_publications.c.revision))
_STANDS = select(_NEWEST.scalar_subquery(), controls.VERSION.scalar_subquery())
_THESE = select(_plans).where(_plans.c.hash.in_(bindparam("hashes", expanding=True)))
_RUNNING = select(_enrolments.c.plan).where(_enrolments.c.ended_at.is_(None)).distinct()


class RefusedPublication(CareError):
    """The new rules would take away what customers on their way still need."""


class NothingPublished(CareError):
    """No rules were published yet."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Rules to publish: everything the checker let through.

    Attributes:
        plans: One per journey, with its hash; revisions are given by ``publish``.
        sources: Text of every rule file by name, as shown to people later.
        choices: What becomes of customers already inside, by journey: ``pin``, ``migrate`` or ``leave``.
    """

    at: datetime
    by: str
    note: str
    catalogue: Catalogue
    types: tuple[CustomerType, ...]
    plans: tuple[Plan, ...]
    sources: Mapping[str, str]
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Publication:
    """Rules as they were published.

    Attributes:
        revision: Number of this publication, from 1.
        journeys: Journey name to (hash, revision) of the plan new customers enter.
    """

    revision: int
    at: datetime
    by: str
    note: str
    catalogue: Catalogue
    types: tuple[CustomerType, ...]
    journeys: Mapping[str, tuple[str, int]]
    sources: Mapping[str, str]
    choices: Mapping[str, str] = field(default_factory=dict)


def publish(conn: Connection, draft: Draft) -> Publication:
    """Publish rules: changed journeys get the next revision, unchanged ones keep theirs, absent ones stop entry.

    Raises:
        RefusedPublication: When customers still walk a plan that names what the new catalogue lacks.
    """
    lock(conn)
    _refuse_losses(conn, draft.catalogue)
    revision = (newest(conn) or 0) + 1
    publication = Publication(
        revision=revision,
        at=draft.at,
        by=draft.by,
        note=draft.note,
        catalogue=draft.catalogue,
        types=draft.types,
        journeys={plan.journey: (plan.hash, _keep(conn, plan)) for plan in draft.plans},
        sources=draft.sources,
        choices=draft.choices,
    )
    conn.execute(insert(_publications), _row(publication))
    return publication


def lock(conn: Connection) -> None:
    """Let nobody else publish until this transaction ends."""
    serialise(conn, "publications")


def _refuse_losses(conn: Connection, catalogue: Catalogue) -> None:
    lost = [
        f"{each.journey} (revision {each.revision}, {each.file}) names {name}"
        for each in kept(conn, conn.execute(_RUNNING).scalars())
        for name in missing_names(each, catalogue)
    ]
    if lost:
        raise RefusedPublication(
            "customers on their way still need what this catalogue no longer has: "
            + "; ".join(lost)
            + ". Put it back, and publish again; it can go when the last of them has left."
        )


def _keep(conn: Connection, plan: Plan) -> int:
    """The plan's revision: its old one when this hash was published before, else the journey's next."""
    known = conn.execute(select(_plans.c.revision).where(_plans.c.hash == plan.hash)).scalar()
    if known is not None:
        return int(known)
    latest_of = select(func.max(_plans.c.revision)).where(_plans.c.journey == plan.journey)
    revision = (conn.execute(latest_of).scalar() or 0) + 1
    row = {"hash": plan.hash, "journey": plan.journey, "revision": revision, "compiled": _PLAN.dump_json(plan).decode()}
    conn.execute(insert(_plans), row)
    return revision


def newest(conn: Connection) -> int | None:
    """Number of the latest publication, or ``None`` before the first."""
    return conn.execute(_NEWEST).scalar()


def latest(conn: Connection) -> Publication | None:
    """The rules new customers enter by, or ``None`` before the first publication."""
    query = select(_publications).order_by(_publications.c.revision.desc()).limit(1)
    row = conn.execute(query).first()
    return None if row is None else _publication(row)


def history(conn: Connection) -> list[Publication]:
    """Every publication, newest first."""
    rows = conn.execute(select(_publications).order_by(_publications.c.revision.desc()))
    return [_publication(row) for row in rows]


def plan(conn: Connection, plan_hash: str) -> Plan | None:
    """The plan with this hash, with its revision."""
    found = kept(conn, [plan_hash])
    return found[0] if found else None


def load_rulebook(conn: Connection) -> Rulebook:
    """The latest publication with every plan that a running enrolment still has.

    Raises:
        NothingPublished: When there is no publication.
    """
    publication = latest(conn)
    if publication is None:
        raise NothingPublished("no rules are published yet; write them in rules/ and run: care rules publish")
    entering = {each for each, _ in publication.journeys.values()}
    walked = {each.hash: WalkedPlan(each) for each in kept(conn, entering.union(conn.execute(_RUNNING).scalars()))}
    return Rulebook(
        catalogue=publication.catalogue,
        types=publication.types,
        entering={name: walked[each] for name, (each, _) in publication.journeys.items()},
        plans=walked,
        revision=publication.revision,
        controls=controls.current(conn),
        policies=published(publication.sources),
    )


class RulebookCache:
    """The rulebook, read again only when something was published, or a journey paused, closed or let go on."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._kept: tuple[tuple[int, int], Rulebook] | None = None

    def current(self, conn: Connection | None = None, *, needing: Iterable[str] = ()) -> Rulebook:
        """The rulebook of the latest publication.

        Args:
            conn: The transaction to read in; without one, a short one of its own.
            needing: Hashes of plans that must be in it: a customer may have entered by an older publication while
                this one was read.

        Raises:
            NothingPublished: When there is no publication.
        """
        if conn is None:
            with reading(self._engine) as own:
                return self.current(own, needing=needing)
        published, controlled = conn.execute(_STANDS).one()
        version, needed = (published or 0, controlled), tuple(needing)
        book = self._known(version, needed)
        if book is None:
            with self._lock:
                book = self._known(version, needed) or self._read(conn, version, needed)
        return book

    def _known(self, version: tuple[int, int], needed: tuple[str, ...]) -> Rulebook | None:
        if self._kept is None:
            return None
        known, book = self._kept
        return book if known == version and all(each in book.plans for each in needed) else None

    def _read(self, conn: Connection, version: tuple[int, int], needed: tuple[str, ...]) -> Rulebook:
        book = self._known(version, ()) or load_rulebook(conn)
        lacking = [each for each in needed if each not in book.plans]
        if lacking:
            more = {each.hash: WalkedPlan(each) for each in kept(conn, lacking)}
            book = replace(book, plans={**book.plans, **more})
        self._kept = (version, book)
        return book


def kept(conn: Connection, hashes: Iterable[str]) -> list[Plan]:
    """The plans with these hashes, with their revisions; unknown ones are left out."""
    rows = conn.execute(_THESE.order_by(_plans.c.journey, _plans.c.revision), {"hashes": list(hashes)})
    return [replace(_PLAN.validate_json(row.compiled), revision=row.revision) for row in rows]


def _row(publication: Publication) -> dict[str, Any]:
    return {
        "revision": publication.revision,
        "at": publication.at,
        "by": publication.by,
        "note": publication.note,
        "catalogue": _CATALOGUE.dump_json(publication.catalogue).decode(),
        "types": _TYPES.dump_json(publication.types).decode(),
        "journeys": publication.journeys,
        "sources": dict(publication.sources),
        "choices": dict(publication.choices),
    }


def _publication(row: Row[Any]) -> Publication:
    return Publication(
        revision=row.revision,
        at=row.at,
        by=row.by,
        note=row.note,
        catalogue=_CATALOGUE.validate_json(row.catalogue),
        types=_TYPES.validate_json(row.types),
        journeys={name: (plan_hash, number) for name, (plan_hash, number) in row.journeys.items()},
        sources=row.sources,
        choices=row.choices or {},
    )
