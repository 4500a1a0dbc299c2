"""Everything known of one journey, gathered for its pages."""

from sqlalchemy import Connection

from care.domain.catalogue import Catalogue
from care.domain.journey import Plan
from care.domain.rulebook import Rulebook
from care.rulebook.problems import Problem
from care.rulebook.workspace import CATALOG, JOURNEYS, TYPES, Workspace
from care.store import enrolments, plans
from care.store.overview import overview
from care.store.revisions import Revision, revisions
from care.store.whereabouts import Whereabouts, whereabouts
from care.web.context import WebContext
from care.web.excerpts import excerpts
from care.web.problems import RefusalError
from care.web.shelf import TEST_FILE, DraftState, draft_states

DRAFT = "draft"


class JourneyDossier:
    """Everything known of one journey, read at once.

    Raises:
        RefusalError: There is no such journey.
    """

    def __init__(self, conn: Connection, here: WebContext, journey: str) -> None:
        self.journey = journey
        self.revisions: list[Revision] = revisions(conn, journey)
        self.drafted: Rulebook | None = here.drafts.rulebook(journey)
        self.published = plans.latest(conn)
        self.people: list[Whereabouts] = whereabouts(conn, [journey])
        self.tally = enrolments.tally(conn, journey)
        workspace = here.drafts.current()
        states = dict(draft_states(workspace, self.published)) if workspace is not None else {}
        self.draft: DraftState = states.get(journey, "")
        if not self.revisions and self.draft in ("", "gone"):
            raise RefusalError("not-found", "there is no journey of this name; /journeys lists them")
        mine = _about(journey, workspace) if workspace is not None else []
        self.problems = excerpts(mine, workspace.sources if workspace is not None else {}, here.drafts.rules_dir)
        self.folder = str(here.drafts.rules_dir) if workspace is not None else ""
        known = {each.journey: each for each in overview(conn)}.get(journey)
        self.state = known.state if known is not None else "not published yet"
        self.revision = known.revision if known is not None else 0

    @property
    def newest(self) -> Plan | None:
        """The plan customers enter, or entered last."""
        return next((each.plan for each in self.revisions if each.plan is not None), None)

    @property
    def draft_plan(self) -> Plan | None:
        """The draft, as far as it can be read."""
        return self.drafted.entering[self.journey].plan if self.drafted is not None else None

    def plan(self, version: str) -> Plan | None:
        """The plan of a version; without one, what customers enter, else the draft.

        Raises:
            RefusalError: There is no such version.
        """
        if version == DRAFT or (not version and self.newest is None):
            return self.draft_plan
        if not version:
            return self.newest
        found = next((each.plan for each in self.revisions if str(each.revision) == version and each.plan), None)
        if found is None:
            raise RefusalError("not-found", f"this journey has no revision {version}")
        return found

    def catalogue(self, version: str) -> Catalogue | None:
        """The catalogue a version is read with."""
        if version == DRAFT or self.published is None:
            return self.drafted.catalogue if self.drafted is not None else None
        return self.published.catalogue

    def inside(self, plan: Plan) -> list[Whereabouts]:
        """Who walks a plan now."""
        return [each for each in self.people if each.enrolment.plan == plan.hash and each.enrolment.at]


def _about(journey: str, workspace: Workspace) -> list[Problem]:
    """What is wrong in a journey's files, and in what every journey rests on."""
    own = f"{JOURNEYS}/{journey}.yaml"
    files = {own, f"{JOURNEYS}/{journey}{TEST_FILE}", CATALOG, TYPES}
    text = workspace.sources.get(own, "")
    return [each for each in workspace.problems if each.file in files or _is_table(each.file, text)]


def _is_table(file: str, text: str) -> bool:
    """Whether a journey reads its rows from a file."""
    return file.endswith(".csv") and file.rpartition("/")[2] in text
