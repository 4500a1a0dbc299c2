"""What publishing a journey's draft would do to the customers who are inside."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from care.store.plans import Draft
from care.store.publishing import Affected, JourneyPlan, Wishes, propose
from care.web.context import WebContext
from care.web.journey_dossier import JourneyDossier

_NAMED = 8


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, by key and by what people call them."""

    customer: str
    called: str


@dataclass(frozen=True, slots=True)
class People:
    """Some customers: how many, and the first of them by name."""

    count: int
    named: Sequence[Person]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that publishing touches while customers stand at it.

    Attributes:
        lands: Where they would stand in the new plan, or empty.
        trouble: Why they cannot move.
    """

    step: str
    changes: Sequence[str]
    people: People
    lands: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Effects:
    """What publishing would do.

    Attributes:
        inside: Customers who walk another plan than the draft.
        moves: How many would move at once if their author wants them to; ``later`` at their next wait.
        stuck: How many cannot move.
        waiting: The steps that change, or that cannot be left, with those who stand there.
        others: Other journeys that the same publication would change.
        catalogue: Whether the catalogue or the customer types change, which hold for everybody at once.
        broken: Whether nothing can be published yet, because a rule file has an error.
    """

    inside: int = 0
    moves: int = 0
    later: int = 0
    stuck: int = 0
    waiting: Sequence[Waiting] = ()
    others: Sequence[str] = ()
    catalogue: bool = False
    broken: bool = False


def effects(conn: Connection, here: WebContext, of: JourneyDossier) -> Effects:
    """What would follow; nothing is published, and nobody is moved."""
    workspace = here.drafts.current()
    if workspace is None or workspace.rulebook is None:
        return Effects(broken=True)
    rulebook = workspace.rulebook
    plans = tuple(walked.plan for walked in rulebook.entering.values())
    draft = Draft(here.now(), "", "", rulebook.catalogue, rulebook.types, plans, workspace.sources)
    proposal = propose(conn, draft, Wishes("migrate"))
    mine = next(plan for plan in proposal.journeys if plan.journey == of.journey)
    fates = [each.fate for each in mine.inside]
    return Effects(
        inside=len(mine.inside),
        moves=fates.count("moves"),
        later=fates.count("moves later"),
        stuck=fates.count("cannot move"),
        waiting=list(_waiting(mine)),
        others=[plan.journey for plan in proposal.journeys if plan.kind != "unchanged" and plan is not mine],
        catalogue=proposal.catalogue,
    )


def _waiting(plan: JourneyPlan) -> Iterator[Waiting]:
    changed = (change.step for change in plan.changes if change.step)
    for step in dict.fromkeys((*changed, *(each.step for each in plan.stuck))):
        told = [change.text for change in plan.changes if change.step == step]
        groups: dict[tuple[str, str], list[Affected]] = {}
        for each in plan.at_step(step):
            groups.setdefault((each.lands, each.trouble), []).append(each)
        for (lands, trouble), people in groups.items():
            yield Waiting(step, told, _people(people), lands, trouble)


def _people(found: Sequence[Affected]) -> People:
    return People(len(found), list(_named(found[:_NAMED])))


def _named(found: Iterable[Affected]) -> Iterator[Person]:
    for each in found:
        yield Person(each.customer, f"{each.name} ({each.shop_id})" if each.name else each.shop_id)
