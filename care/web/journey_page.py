"""One journey as the console shows it: its picture, who stands where in it, its revisions and its draft."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from care.domain.journey import Plan
from care.domain.rulebook import WalkedPlan
from care.drawing.picture import chart
from care.drawing.shapes import Chart, boxes
from care.rulebook.changes import Change, changes
from care.rulebook.comparing import touched
from care.store.enrolments import Tally
from care.store.revisions import Revision
from care.store.whereabouts import Whereabouts
from care.web.excerpts import Excerpt
from care.web.journey_dossier import DRAFT, JourneyDossier
from care.web.journey_drawings import Picture
from care.web.shelf import DraftState
from care.web.standing import stand

SHOWN = 12
VERSION = r"^(draft|[1-9]\d{0,5})?$"
PLACES = "where"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the journey that can be looked at; ``key`` is its revision or ``draft``."""

    key: str
    inside: int


@dataclass(frozen=True, slots=True)
class Place:
    """A step somebody stands at, as the picture calls it, and how many do."""

    step: str
    words: str
    here: int


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who stands at the step that was asked for.

    Attributes:
        called: By name, else by the shop's id.
        now: What the journey is doing with them, in words.
        since: When they came there (UTC).
        until: When that ends by itself (UTC).
    """

    customer: str
    called: str
    shop_id: str
    order_id: str | None
    now: str
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Edition:
    """A revision in the list of all.

    Attributes:
        revision: 0 when nobody enters any more.
        before: The revision before it that can be compared with it, or 0.
        changes: What changed, in words.
    """

    revision: int
    before: int
    publication: int
    at: datetime
    by: str
    note: str
    choice: str
    changes: Sequence[str]


@dataclass(frozen=True, slots=True)
class JourneyPage:
    """One journey.

    Attributes:
        revision: Of the plan customers enter now; 0 when nobody does.
        version: Which version is shown: one that cannot be drawn when the draft has errors.
        versions: Those worth a look: what customers enter, what some still walk, and the draft.
        places: Where customers stand in the version shown, from its top to its end.
        step: The step whose people are listed, or empty.
        earlier: Number of the page of people before this one; ``later`` of the next; 0 for none.
        draft_changes: What the draft changes for customers, in words.
    """

    journey: str
    title: str
    owner: str
    revision: int
    state: str
    tally: Tally
    version: str
    versions: Sequence[Version]
    places: Sequence[Place]
    step: str
    people: Sequence[Resident]
    earlier: int
    later: int
    editions: Sequence[Edition]
    draft: DraftState
    draft_changes: Sequence[str]
    problems: Sequence[Excerpt]
    folder: str


class Looking(BaseModel):
    """What of a journey is looked at; whatever is empty is left to the page."""

    version: str = Field("", pattern=VERSION)
    step: str = Field("", max_length=200)
    page: int = Field(1, ge=1, le=100_000)


def journey_page(of: JourneyDossier, looking: Looking) -> tuple[JourneyPage, Picture | None]:
    """What the page of a journey shows, and its picture when there is a plan to draw.

    Raises:
        RefusalError: There is no such version.
    """
    plan = of.plan(looking.version)
    shown = looking.version or (str(plan.revision) if plan is not None and plan.revision else DRAFT)
    mine = of.inside(plan) if plan is not None and shown != DRAFT else []
    drawn = chart(plan, of.catalogue(shown)) if plan is not None else None
    places = list(_places(drawn, mine)) if drawn is not None else []
    here = [each for each in mine if each.enrolment.step == looking.step]
    first = (looking.page - 1) * SHOWN
    page = JourneyPage(
        journey=of.journey,
        title=_title(of, plan),
        owner=plan.owner if plan is not None else "",
        revision=of.revision,
        state=of.state,
        tally=of.tally,
        version=shown,
        versions=list(_versions(of, shown)),
        places=places,
        step=looking.step if here else "",
        people=[_resident(each, WalkedPlan(plan)) for each in here[first : first + SHOWN]] if plan is not None else (),
        earlier=looking.page - 1,
        later=looking.page + 1 if first + SHOWN < len(here) else 0,
        editions=list(_editions(of.revisions)),
        draft=of.draft,
        draft_changes=_draft_changes(of),
        problems=of.problems,
        folder=of.folder,
    )
    return page, _picture(of, drawn, places, shown) if drawn is not None else None


def _title(of: JourneyDossier, plan: Plan | None) -> str:
    known = plan or of.newest
    return (known.title if known is not None else "") or of.journey


def _places(drawn: Chart, people: list[Whereabouts]) -> Iterator[Place]:
    counted: dict[str, int] = {}
    for each in people:
        counted[each.enrolment.step] = counted.get(each.enrolment.step, 0) + 1
    for box in boxes(drawn):
        if box.step in counted:
            yield Place(box.step, f"{box.title[:1].upper()}{box.title[1:]}", counted.pop(box.step))
    yield from (Place(step, step, count) for step, count in counted.items())


def _resident(each: Whereabouts, walked: WalkedPlan) -> Resident:
    doing = stand(each.enrolment, walked)
    called = each.name or each.shop_id
    return Resident(each.customer, called, each.shop_id, doing.order_id, doing.now, each.enrolment.since, doing.until)


def _versions(of: JourneyDossier, shown: str) -> Iterator[Version]:
    newest = of.newest
    for plan in {each.revision: each.plan for each in of.revisions if each.plan is not None}.values():
        inside = len(of.inside(plan))
        if plan is newest or inside or str(plan.revision) == shown:
            yield Version(str(plan.revision), inside)
    if of.draft in ("differs", "new", "broken"):
        yield Version(DRAFT, 0)


def _editions(found: list[Revision]) -> Iterator[Edition]:
    for each, before in pairwise([*found, None]):
        if each is not None:
            yield Edition(
                revision=each.revision,
                before=before.revision if before is not None and each.revision else 0,
                publication=each.first,
                at=each.at,
                by=each.by,
                note=each.note,
                choice=each.choice,
                changes=_words(each.changes),
            )


def _words(found: Sequence[Change]) -> list[str]:
    return [change.text for change in found]


def _draft_changes(of: JourneyDossier) -> list[str]:
    old, new = of.newest, of.draft_plan
    if old is None or new is None or old.hash == new.hash:
        return []
    return _words(changes({of.journey: old}, {of.journey: new}))


def _picture(of: JourneyDossier, chart: Chart, places: Sequence[Place], shown: str) -> Picture:
    old, new = of.newest, of.draft_plan
    return Picture(
        chart=chart,
        counts={place.step: place.here for place in places},
        marks=touched(old, new)[1] if shown == DRAFT and old is not None and new is not None else {},
        links={place.step: f"?{urlencode({'version': shown, 'step': place.step})}" for place in places},
        below=PLACES,
    )
