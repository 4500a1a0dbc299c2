"""Comparing two revisions of the rules, or a revision with the rules folder: in words and line by line."""

from sqlalchemy import Connection

from care.cli.opening import existing_store
from care.cli.publishing import folder_draft, revision_of
from care.cli.screen import screen
from care.rulebook.comparing import Difference, Side, difference
from care.settings import Settings
from care.store import plans
from care.store.engine import reading
from care.store.plans import Publication


def compared(settings: Settings, old: int | None, new: int | None) -> Difference:
    """The difference between two revisions; the published one and the rules folder stand in for those not given.

    Raises:
        UnknownRevisionError: There is no such revision.
        BrokenRulesError: The rules folder is needed and has an error.
    """
    with reading(existing_store(settings)) as conn:
        newest = plans.latest(conn)
        before = _published(conn, revision_of(conn, old if old is not None else (newest.revision if newest else 0)))
        after = _published(conn, revision_of(conn, new)) if new is not None else _folder(settings)
    return difference(before, after)


def show_difference(found: Difference, *, text: bool) -> None:
    """Print a difference in words and, if wanted, line by line."""
    out = screen()
    out.print(f"From {found.old.name} to {found.new.name}:")
    journey = ""
    for change in found.changes:
        if change.journey != journey:
            journey = change.journey
            out.print(f"  {journey}")
        out.print(f"      {change.text}", soft_wrap=True)
    felt = {f"journeys/{change.journey}.yaml" for change in found.changes}
    silent = [name for name in found.files if name not in felt]
    if silent:
        out.print(f"  other files that differ: {', '.join(silent)}", soft_wrap=True)
    if not found.files:
        out.print("  nothing")
    if text:
        for name in found.files:
            out.print()
            for line in found.lines(name):
                style = "green" if line.startswith("+") else "red" if line.startswith("-") else None
                out.print(line, style=style, soft_wrap=True)


def _published(conn: Connection, publication: Publication) -> Side:
    walked = plans.kept(conn, [plan_hash for plan_hash, _ in publication.journeys.values()])
    name = f"revision {publication.revision}"
    return Side(name, {plan.journey: plan for plan in walked}, publication.sources)


def _folder(settings: Settings) -> Side:
    draft = folder_draft(settings, "", "")
    return Side("the rules folder", {plan.journey: plan for plan in draft.plans}, draft.sources)
