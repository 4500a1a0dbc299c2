"""Publishing the rules folder: checked first, compared with what is published, and stored as a new revision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from care import clock
from care.cli.rule_files import checked
from care.domain.journey import Plan
from care.rulebook.changes import changes
from care.settings import Settings
from care.store import enrolments, plans
from care.store.engine import migrate, open_store, reading, writing
from care.store.plans import Draft, Publication


@dataclass(frozen=True, slots=True)
class JourneyChange:
    """What publishing does to one journey.

    Attributes:
        kind: ``new``, ``changed``, ``unchanged``, or ``gone``: nobody enters it any more.
        revision: The published revision that customers enter now; 0 for a new journey.
        inside: Customers on their way by journey; they keep the plan they entered with.
        details: What changed.
    """

    journey: str
    kind: str
    revision: int
    inside: int
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """One publication in the list of all; ``journeys`` are their revisions by name."""

    revision: int
    at: datetime
    by: str
    note: str
    journeys: Mapping[str, int]


@dataclass(frozen=True)
class Proposal:
    """A folder that may be published, and what that would change.

    Attributes:
        catalogue: Whether the catalogue or the customer types changed.
    """

    engine: Engine
    draft: Draft
    published: Publication | None
    journeys: tuple[JourneyChange, ...]
    catalogue: bool

    @property
    def changes_nothing(self) -> bool:
        """Whether the published rules are these already."""
        return not self.catalogue and all(change.kind == "unchanged" for change in self.journeys)


def propose(settings: Settings, by: str, note: str) -> Proposal:
    """Check the rules folder and compare it with what is published; the store is made if there is none.

    Raises:
        BrokenRulesError: Something is wrong in the rule files.
    """
    rulebook, workspace = checked(settings)
    draft = Draft(
        at=clock.now(),
        by=by,
        note=note,
        catalogue=rulebook.catalogue,
        types=rulebook.types,
        plans=tuple(walked.plan for walked in rulebook.entering.values()),
        sources=workspace.sources,
    )
    engine = open_store(settings.database_url, durable=settings.durable)
    migrate(engine)
    with reading(engine) as conn:
        published = plans.latest(conn)
        found = _changes(conn, published, draft)
    same = published is not None and (published.catalogue, published.types) == (draft.catalogue, draft.types)
    return Proposal(engine, draft, published, found, not same)


def publish(proposal: Proposal) -> Publication:
    """Publish what was proposed, as it was read then.

    Raises:
        RefusedPublication: Customers on their way still need what the new catalogue lacks.
    """
    with writing(proposal.engine) as conn:
        return plans.publish(conn, proposal.draft)


def publish_folder(settings: Settings, by: str, note: str) -> Publication:
    """Publish the rules folder without asking; when nothing changed, the newest publication stays.

    Raises:
        BrokenRulesError: Something is wrong in the rule files; nothing is published.
        RefusedPublication: Customers on their way still need what the new catalogue lacks.
    """
    proposal = propose(settings, by, note)
    try:
        if proposal.published is not None and proposal.changes_nothing:
            return proposal.published
        return publish(proposal)
    finally:
        proposal.engine.dispose()


def history(conn: Connection) -> list[Published]:
    """Every publication, newest first."""
    return [
        Published(each.revision, each.at, each.by, each.note, {name: v for name, (_, v) in each.journeys.items()})
        for each in plans.history(conn)
    ]


def _changes(conn: Connection, published: Publication | None, draft: Draft) -> tuple[JourneyChange, ...]:
    inside = enrolments.running(conn)
    entered = published.journeys if published is not None else {}
    found = [_change(conn, plan, entered, inside.get(plan.journey, 0)) for plan in draft.plans]
    drafted = {plan.journey for plan in draft.plans}
    gone = [
        JourneyChange(journey, "gone", revision, inside.get(journey, 0))
        for journey, (_, revision) in entered.items()
        if journey not in drafted
    ]
    return tuple(sorted([*found, *gone], key=lambda change: change.journey))


def _change(conn: Connection, plan: Plan, entered: Mapping[str, tuple[str, int]], inside: int) -> JourneyChange:
    if plan.journey not in entered:
        return JourneyChange(plan.journey, "new", 0, inside)
    known, revision = entered[plan.journey]
    if known == plan.hash:
        return JourneyChange(plan.journey, "unchanged", revision, inside)
    before = plans.plan(conn, known)
    details = changes({plan.journey: before}, {plan.journey: plan}) if before is not None else []
    return JourneyChange(plan.journey, "changed", revision, inside, tuple([detail.text for detail in details]))
