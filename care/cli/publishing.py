"""Publishing the rules folder: checked first, compared with what is published, and stored as a new revision."""

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from care import clock
from care.cli.rule_files import checked
from care.domain.errors import CareError
from care.settings import Settings
from care.store import plans, publishing
from care.store.engine import open_store, reading, writing
from care.store.plans import Draft, Publication
from care.store.publishing import CHOICES, Choice, Done, Proposal, Wishes
from care.store.shape import must_be_ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class PublishUsageError(CareError):
    """An option of publishing cannot be read."""


class UnknownRevisionError(CareError):
    """There is no publication of that number."""


@dataclass(frozen=True, slots=True)
class Published:
    """One publication in the list of all; ``journeys`` are their revisions by name."""

    revision: int
    at: datetime
    by: str
    note: str
    journeys: Mapping[str, int]
    choices: Mapping[str, str]


def folder_draft(settings: Settings, by: str, note: str) -> Draft:
    """The rules folder as a draft.

    Raises:
        BrokenRulesError: Something is wrong in the rule files.
    """
    rulebook, workspace = checked(settings)
    return Draft(
        at=clock.now(),
        by=by,
        note=note,
        catalogue=rulebook.catalogue,
        types=rulebook.types,
        plans=tuple(walked.plan for walked in rulebook.entering.values()),
        sources=workspace.sources,
    )


def revision_draft(conn: Connection, revision: int, by: str, note: str) -> Draft:
    """An earlier publication as a draft, to be published once more.

    Raises:
        UnknownRevisionError: There is no such publication.
    """
    old = revision_of(conn, revision)
    return Draft(
        at=clock.now(),
        by=by,
        note=note or f"back to revision {revision}",
        catalogue=old.catalogue,
        types=old.types,
        plans=tuple(plans.kept(conn, [plan_hash for plan_hash, _ in old.journeys.values()])),
        sources=old.sources,
    )


def revision_of(conn: Connection, revision: int) -> Publication:
    """A publication by its number.

    Raises:
        UnknownRevisionError: There is none.
    """
    found = {each.revision: each for each in plans.history(conn)}
    if not found:
        raise UnknownRevisionError("nothing is published yet; publish the rules folder with: care rules publish")
    if revision not in found:
        there = f"the newest is {max(found)}. 'care rules history' lists them"
        raise UnknownRevisionError(f"there is no revision {revision}; {there}")
    return found[revision]


def wishes_of(running: str, journeys: "Sequence[str]", steps: "Sequence[str]") -> Wishes:
    """What the author wants, from the words of the command line.

    Args:
        running: The choice for every journey.
        journeys: As ``JOURNEY=migrate``.
        steps: As ``JOURNEY:old_step=new_step``.

    Raises:
        PublishUsageError: A word cannot be read.
    """
    by_journey = {}
    for word in journeys:
        name, _, choice = word.partition("=")
        by_journey[name] = _choice(choice, word)
    by_step: dict[str, dict[str, str]] = {}
    for word in steps:
        name, _, pair = word.partition(":")
        old, _, new = pair.rpartition("=")
        if not (name and old and new):
            raise PublishUsageError(f"--map {word!r} cannot be read; write JOURNEY:old_step=new_step")
        by_step.setdefault(name, {})[old] = new
    return Wishes(_choice(running, running), by_journey, by_step)


def _choice(word: str, whole: str) -> Choice:
    if word not in CHOICES:
        raise PublishUsageError(f"{whole!r} cannot be read; customers inside can: {', '.join(CHOICES)}")
    return word


@contextmanager
def store(settings: Settings) -> "Iterator[Engine]":
    """The store, made if there is none."""
    engine = open_store(settings.database_url, durable=settings.durable)
    try:
        must_be_ready(engine, migrates=settings.migrate)
        yield engine
    finally:
        engine.dispose()


def propose(engine: Engine, draft: Draft, wishes: Wishes) -> Proposal:
    """Compare a draft with what is published."""
    with reading(engine) as conn:
        return publishing.propose(conn, draft, wishes)


def publish(engine: Engine, proposal: Proposal, token: str = "", *, strays: bool = False) -> Done:
    """Publish what was proposed, if that is still what was shown.

    Args:
        token: Of the proposal that was confirmed; empty confirms this one.
        strays: Let customers who cannot move stay where they are.

    Raises:
        DraftMovedError: Something else would be published than what was confirmed.
        NoCounterpartError: Somebody cannot move.
        RefusedPublication: Customers on their way still need what the new catalogue lacks.
    """
    with writing(engine) as conn:
        plans.lock(conn)
        fresh = publishing.propose(conn, proposal.draft, proposal.wishes)
        publishing.confirm(fresh, token or proposal.token)
        return publishing.apply(conn, fresh, strays=strays)


def publish_folder(settings: Settings, by: str, note: str) -> Publication:
    """Publish the rules folder without asking; when nothing changed, the newest publication stays.

    Raises:
        BrokenRulesError: Something is wrong in the rule files; nothing is published.
        RefusedPublication: Customers on their way still need what the new catalogue lacks.
    """
    draft = folder_draft(settings, by, note)
    with store(settings) as engine:
        proposal = propose(engine, draft, Wishes())
        if proposal.published is not None and proposal.changes_nothing:
            return proposal.published
        return publish(engine, proposal).publication


def history(conn: Connection) -> list[Published]:
    """Every publication, newest first."""
    return [
        Published(
            each.revision,
            each.at,
            each.by,
            each.note,
            {name: number for name, (_, number) in each.journeys.items()},
            each.choices,
        )
        for each in plans.history(conn)
    ]
