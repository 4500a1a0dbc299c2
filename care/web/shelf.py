"""The journeys at a glance: what customers enter, how many are inside, and how the drafts differ."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from care.domain.journey import Plan
from care.drawing.wording import said
from care.rulebook.workspace import JOURNEYS, Workspace
from care.store import plans
from care.store.overview import JourneyOverview, overview
from care.store.plans import Publication
from care.web.context import WebContext
from care.web.excerpts import Excerpt, excerpts

TEST_FILE = ".test.yaml"
DraftState = Literal["", "same", "differs", "broken", "new", "gone"]


@dataclass(frozen=True, slots=True)
class Shelved:
    """One journey.

    Attributes:
        revision: Of the plan customers enter now; 0 when nobody does.
        entry: What lets customers in, in words; empty when it cannot be told.
        draft: How its file in the rules folder stands to what is published: ``same``, ``differs``, ``broken``, ``new``
            (never published) or ``gone`` (published, and the file is not there); empty when there is no such folder.
    """

    journey: str
    title: str
    revision: int
    inside: int
    state: str
    entry: str
    draft: DraftState


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every journey, and what is wrong in the rules folder.

    Attributes:
        folder: Empty when there is none on this machine.
        publication: Number of the newest one; 0 before the first.
        catalogue_differs: Whether the catalogue or the customer types are not what is published.
    """

    journeys: Sequence[Shelved]
    problems: Sequence[Excerpt]
    folder: str
    publication: int
    catalogue_differs: bool


def shelf(conn: Connection, here: WebContext) -> Shelf:
    """Every journey that is published, drafted, or that customers are still in; by name."""
    workspace = here.drafts.current()
    published = plans.latest(conn)
    known = {each.journey: each for each in overview(conn)}
    entered = published.journeys if published is not None else {}
    walked = {plan.journey: plan for plan in plans.kept(conn, [plan_hash for plan_hash, _ in entered.values()])}
    if workspace is not None and workspace.rulebook is not None:
        walked = {name: each.plan for name, each in workspace.rulebook.entering.items()} | walked
    states = dict(draft_states(workspace, published)) if workspace is not None else {}
    found = [_shelved(name, known.get(name), walked.get(name), states.get(name, "")) for name in {*known, *states}]
    return Shelf(
        journeys=sorted(found, key=lambda each: each.journey),
        problems=excerpts(workspace.problems, workspace.sources, here.drafts.rules_dir) if workspace else (),
        folder=str(here.drafts.rules_dir) if workspace is not None else "",
        publication=published.revision if published is not None else 0,
        catalogue_differs=_catalogue_differs(workspace, published),
    )


def draft_states(workspace: Workspace, published: Publication | None) -> Iterator[tuple[str, DraftState]]:
    """How the file of each journey stands to what is published."""
    entered = published.journeys if published is not None else {}
    broken = {problem.file for problem in workspace.problems if problem.severity == "error"}
    files = drafted({*workspace.sources, *broken})
    for name in {*files, *entered}:
        if name not in files:
            yield name, "gone"
        elif _file(name) in broken:
            yield name, "broken"
        elif name not in entered or published is None:
            yield name, "new"
        else:
            yield name, "same" if _is_same(name, workspace, published) else "differs"


def drafted(files: Iterable[str]) -> set[str]:
    """The journeys among the files of a rules folder."""
    folder, ending = f"{JOURNEYS}/", ".yaml"
    mine = (file for file in files if file.startswith(folder) and file.endswith(ending))
    return {file.removeprefix(folder).removesuffix(ending) for file in mine if not file.endswith(TEST_FILE)}


def _file(name: str) -> str:
    return f"{JOURNEYS}/{name}.yaml"


def _is_same(name: str, workspace: Workspace, published: Publication) -> bool:
    """Whether customers would feel no difference; while another file is broken, whether the words are the same."""
    if workspace.rulebook is not None:
        return workspace.rulebook.entering[name].plan.hash == published.journeys[name][0]
    return workspace.sources.get(_file(name)) == published.sources.get(_file(name))


def _catalogue_differs(workspace: Workspace | None, published: Publication | None) -> bool:
    if workspace is None or workspace.rulebook is None or published is None:
        return False
    drafted = workspace.rulebook
    return (drafted.catalogue, drafted.types) != (published.catalogue, published.types)


def _shelved(name: str, known: JourneyOverview | None, plan: Plan | None, draft: DraftState) -> Shelved:
    return Shelved(
        journey=name,
        title=(plan.title if plan is not None else "") or name,
        revision=known.revision if known is not None else 0,
        inside=known.inside if known is not None else 0,
        state=known.state if known is not None else "not published yet",
        entry=entry_words(plan) if plan is not None else "",
        draft=draft,
    )


def entry_words(plan: Plan) -> str:
    """What lets customers into a journey."""
    trigger = plan.trigger
    return trigger.event + (f" when {said(trigger.when)}" if trigger.when is not None else "")
