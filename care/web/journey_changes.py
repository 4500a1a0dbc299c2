"""Two versions of a journey beside each other: what changed in words, line by line, and in the picture."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from care.domain.journey import Plan
from care.drawing.picture import chart
from care.rulebook.changes import Change
from care.rulebook.comparing import Difference, Side, Touch, difference, touched
from care.rulebook.workspace import CATALOG, JOURNEYS, TYPES
from care.store.revisions import sources
from care.web.context import WebContext
from care.web.journey_dossier import DRAFT, JourneyDossier
from care.web.journey_drawings import Picture
from care.web.journey_effects import Effects, effects
from care.web.problems import RefusalError

_SPAN = re.compile(r"([1-9]\d{0,5}|draft)\.\.([1-9]\d{0,5}|draft)")
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a comparison; ``old`` and ``new`` are its numbers in the two files, 0 where it is not there."""

    kind: Literal["same", "added", "removed", "gap"]
    old: int
    new: int
    text: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """A rule file that differs; ``own`` when it is the journey's, not shared with others."""

    name: str
    own: bool
    lines: Sequence[DiffLine]


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """What changed from one version of a journey to another.

    Attributes:
        old: A revision, or ``draft``.
        changes: What a customer could feel; each with what became of its step, or nothing.
        effects: What publishing would do; only from what is published now to the draft.
    """

    journey: str
    title: str
    old: str
    new: str
    changes: Sequence[tuple[str, Touch | Literal[""]]]
    files: Sequence[FileChange]
    effects: Effects | None


@dataclass(frozen=True, slots=True)
class Pictures:
    """Both versions with what became of each step marked; ``old`` when something was removed from it."""

    old: Picture | None
    new: Picture


def changes_page(conn: Connection, here: WebContext, of: JourneyDossier, span: str) -> tuple[ChangesPage, Pictures]:
    """Compare two versions of a journey.

    Args:
        span: Which ones: ``1..2``, ``2..draft``.

    Raises:
        RefusalError: There are no such versions, or the draft has errors.
    """
    found = _SPAN.fullmatch(span)
    if found is None:
        raise RefusalError("not-found", "two revisions are compared as 1..2, a revision with the draft as 2..draft")
    (old, before), (new, after) = (_version(conn, here, of, key) for key in found.groups())
    was, now = touched(before, after)
    compared = difference(old, new)
    page = ChangesPage(
        journey=of.journey,
        title=after.title or of.journey,
        old=found[1],
        new=found[2],
        changes=[(change.text, _touch(change, was, now)) for change in compared.changes],
        files=[_file(compared, name, of.journey) for name in compared.files],
        effects=effects(conn, here, of) if _is_next(of, found[1], found[2]) else None,
    )
    shown = Pictures(Picture(chart(before, of.catalogue(found[1])), marks=was), _after(of, after, found[2], now))
    return page, shown if "removed" in was.values() else Pictures(None, shown.new)


def _after(of: JourneyDossier, plan: Plan, key: str, marks: Mapping[str, Touch]) -> Picture:
    return Picture(chart(plan, of.catalogue(key)), marks=marks)


def _is_next(of: JourneyDossier, old: str, new: str) -> bool:
    return new == DRAFT and old == str(of.revision) and of.draft == "differs"


def _version(conn: Connection, here: WebContext, of: JourneyDossier, key: str) -> tuple[Side, Plan]:
    plan = of.plan(key)
    if plan is None:
        raise RefusalError("not-found", f"the draft of {of.journey} cannot be read; its page tells what is wrong")
    if key == DRAFT:
        workspace = here.drafts.current()
        text: Mapping[str, str] = workspace.sources if workspace is not None else {}
    else:
        text = sources(conn, next(each.last for each in of.revisions if str(each.revision) == key))
    files = {CATALOG, TYPES, *_own(plan)}
    kept = {name: text[name] for name in files if name in text}
    return Side("the draft" if key == DRAFT else f"v{key}", {of.journey: plan}, kept), plan


def _own(plan: Plan) -> set[str]:
    names = {f"{plan.journey}.yaml", *(table.file for table in plan.tables.values() if table.file)}
    return {f"{JOURNEYS}/{name}" for name in names}


def _touch(change: Change, was: Mapping[str, Touch], now: Mapping[str, Touch]) -> Touch | Literal[""]:
    return now.get(change.step) or was.get(change.step) or ""


def _file(compared: Difference, name: str, journey: str) -> FileChange:
    own = name not in (CATALOG, TYPES)
    return FileChange(name, own, list(diff_lines(compared.lines(name))))


def diff_lines(unified: Iterable[str]) -> Iterator[DiffLine]:
    """The lines of a unified diff with their numbers; a ``gap`` stands between two places."""
    old = new = 0
    for number, line in enumerate(unified):
        hunk = _HUNK.fullmatch(line)
        if hunk is not None:
            old, new = int(hunk[1]), int(hunk[2])
            if number > 2:
                yield DiffLine("gap", 0, 0, "")
        elif number < 2:  # The two names.
            continue
        elif line.startswith("+"):
            yield DiffLine("added", 0, new, line[1:])
            new += 1
        elif line.startswith("-"):
            yield DiffLine("removed", old, 0, line[1:])
            old += 1
        else:
            yield DiffLine("same", old, new, line[1:])
            old, new = old + 1, new + 1
