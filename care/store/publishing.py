"""Publishing as a plan: what changes, who waits where it changes, and what becomes of each of them."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlalchemy import Connection

from care.domain.conditions import Value
from care.domain.enrolment import Enrolment
from care.domain.errors import CareError
from care.domain.happenings import EXITED, MOVED
from care.domain.journey import Plan
from care.domain.moving import WAITING
from care.rulebook.changes import Change, changes
from care.rulebook.versions import behaviour
from care.store import batches, plans
from care.store.batches import Batch
from care.store.plans import Draft, Publication
from care.store.ways import Ways
from care.store.whereabouts import Whereabouts, whereabouts

Choice = Literal["pin", "migrate", "leave"]
CHOICES: tuple[Choice, ...] = ("pin", "migrate", "leave")
Fate = Literal["stays", "moves", "moves later", "cannot move", "leaves"]


class DraftMovedError(CareError):
    """The rules, or what is published, are not what was confirmed."""


class NoCounterpartError(CareError):
    """Customers stand at steps that the new plan does not have."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the author wants for customers who are inside already.

    Attributes:
        running: For every journey that no word of its own is said about.
        journeys: By journey.
        steps: By journey, old step id to new step id.
    """

    running: Choice = "pin"
    journeys: Mapping[str, Choice] = field(default_factory=dict)
    steps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, journey: str) -> Choice:
        """The choice for a journey."""
        return self.journeys.get(journey, self.running)


@dataclass(frozen=True, slots=True)
class Affected:
    """One customer inside a journey that is published anew.

    Attributes:
        revision: Of the plan they walk now.
        lands: The step of the new plan they would stand at, or empty.
        trouble: Why they cannot move.
    """

    customer: str
    shop_id: str
    name: str
    step: str
    revision: int
    fate: Fate
    lands: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class JourneyPlan:
    """What publishing does to one journey.

    Attributes:
        kind: ``new``, ``changed``, ``unchanged``, or ``gone``: nobody enters it any more.
        revision: The published revision that customers enter now; 0 for a new journey.
        inside: Everybody who walks, or is on the way to, another plan than the one to publish, by the shop's id.
    """

    journey: str
    kind: Literal["new", "changed", "unchanged", "gone"]
    revision: int
    choice: Choice
    changes: tuple[Change, ...] = ()
    inside: tuple[Affected, ...] = ()

    @property
    def stuck(self) -> tuple[Affected, ...]:
        """Those who are to move and cannot."""
        return tuple(each for each in self.inside if each.fate == "cannot move")

    def at_step(self, step: str) -> tuple[Affected, ...]:
        """Those who stand at a step now."""
        return tuple(each for each in self.inside if each.step == step)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Rules that may be published, and everything that would follow.

    Attributes:
        catalogue: Whether the catalogue or the customer types changed.
        token: Names exactly this proposal: these rules over that publication with these choices.
    """

    draft: Draft
    wishes: Wishes
    published: Publication | None
    journeys: tuple[JourneyPlan, ...]
    catalogue: bool
    token: str

    @property
    def changes_nothing(self) -> bool:
        """Whether the published rules are these already and nobody is to go anywhere."""
        idle = all(plan.kind == "unchanged" and not _goes(plan) for plan in self.journeys)
        return self.published is not None and not self.catalogue and idle


@dataclass(frozen=True, slots=True)
class Done:
    """A publication with the batches that carry customers where its author wants them."""

    publication: Publication
    batches: tuple[Batch, ...]


def propose(conn: Connection, draft: Draft, wishes: Wishes) -> Proposal:
    """Compare a draft with what is published, and look up who is inside."""
    published = plans.latest(conn)
    entered = published.journeys if published is not None else {}
    new = {plan.journey: plan for plan in draft.plans}
    names = sorted({*entered, *new})
    _refuse_strangers(wishes, names)
    inside = whereabouts(conn, names)
    hashes = {each.enrolment.plan for each in inside}.union(kept for kept, _ in entered.values())
    known = {each.hash: each for each in plans.kept(conn, hashes)}
    found = []
    for name in names:
        here = [each for each in inside if each.enrolment.journey == name]
        before = known.get(entered[name][0]) if name in entered else None
        people = tuple(_affected(here, known, new.get(name), wishes))
        found.append(_journey(name, before, new.get(name), people, wishes.of(name)))
    same = published is not None and (published.catalogue, published.types) == (draft.catalogue, draft.types)
    return Proposal(draft, wishes, published, tuple(found), not same, _token(draft, wishes, published))


def confirm(proposal: Proposal, token: str) -> None:
    """Let a proposal pass that its author saw.

    Raises:
        DraftMovedError: The token belongs to another one.
    """
    if token != proposal.token:
        raise DraftMovedError(
            f"what you confirmed ({token}) is not what would be published now ({proposal.token}): the rules, the "
            "choices or the published revision changed meanwhile; look at the plan again"
        )


def apply(conn: Connection, proposal: Proposal, *, strays: bool = False) -> Done:
    """Publish, and store the batches that move customers or let them leave: all of it or nothing.

    Args:
        strays: Publish although some cannot move; they stay where they are.

    Raises:
        NoCounterpartError: J060: somebody cannot move, and ``strays`` does not allow it.
        RefusedPublication: Customers on their way still need what the new catalogue lacks.
    """
    stuck = [(plan, each) for plan in proposal.journeys for each in plan.stuck]
    if stuck and not strays:
        raise NoCounterpartError(_no_counterpart(stuck))
    choices = {plan.journey: plan.choice for plan in proposal.journeys if plan.kind != "new" or plan.inside}
    publication = plans.publish(conn, replace(proposal.draft, choices=choices))
    made = [_batch(conn, publication, plan, proposal.wishes) for plan in proposal.journeys if _goes(plan)]
    return Done(publication, tuple(made))


def _goes(plan: JourneyPlan) -> bool:
    moves = plan.choice == "migrate" and plan.kind != "gone"
    return bool(plan.inside) and (moves or plan.choice == "leave")


def _refuse_strangers(wishes: Wishes, names: Iterable[str]) -> None:
    known = set(names)
    for name in {*wishes.journeys, *wishes.steps} - known:
        raise CareError(f"there is no journey {name!r}; there are: {', '.join(sorted(known)) or 'none'}")


def _journey(
    name: str, old: Plan | None, target: Plan | None, people: tuple[Affected, ...], choice: Choice
) -> JourneyPlan:
    if target is None:
        return JourneyPlan(name, "gone", old.revision if old else 0, choice, (), people)
    if old is None:
        return JourneyPlan(name, "new", 0, choice, (), people)
    if old.hash == target.hash:
        return JourneyPlan(name, "unchanged", old.revision, choice, (), people)
    found = tuple(changes({name: old}, {name: target}))
    return JourneyPlan(name, "changed", old.revision, choice, found, people)


def _affected(
    here: Sequence[Whereabouts], known: Mapping[str, Plan], target: Plan | None, wishes: Wishes
) -> Iterator[Affected]:
    """What becomes of everybody in a journey who is not, or does not stay, where publishing wants them."""
    goal, ways = "", None
    if target is not None and here:
        walked = (known[each] for each in {each.enrolment.plan: None for each in here})
        goal, ways = target.hash, Ways(target, walked, wishes.steps.get(target.journey, {}))
    for each in here:
        run = each.enrolment
        if _is_elsewhere(run, goal):
            there = Affected(each.customer, each.shop_id, each.name, run.step, known[run.plan].revision, "stays")
            yield there if run.plan == goal else _fated(there, run, wishes.of(run.journey), ways)


def _is_elsewhere(run: Enrolment, goal: str) -> bool:
    return run.plan != goal or (run.moving is not None and run.moving.plan != goal)


def _fated(there: Affected, run: Enrolment, choice: Choice, ways: Ways | None) -> Affected:
    if choice == "pin":
        return there
    if choice == "leave":
        return replace(there, fate="leaves")
    if ways is None:
        return replace(there, fate="cannot move", trouble="the journey is gone")
    found = ways.landing(run)
    if found.trouble:
        return replace(there, fate="cannot move", trouble=found.trouble)
    return replace(there, fate="moves" if run.doing in WAITING else "moves later", lands=found.at[-1])


def _batch(conn: Connection, publication: Publication, plan: JourneyPlan, wishes: Wishes) -> Batch:
    """Everybody who is inside now, looked up anew: nobody who came since the plan was shown is forgotten."""
    target, _ = publication.journeys.get(plan.journey, ("", 0))
    people = [each for each in whereabouts(conn, [plan.journey]) if _is_elsewhere(each.enrolment, target)]
    kind: batches.Kind = "move" if plan.choice == "migrate" else "leave"
    batch = Batch(
        id=batches.new_id(kind, plan.journey, publication.at),
        kind=kind,
        journey=plan.journey,
        plan=target,
        at=publication.at,
        by=publication.by,
        note=publication.note,
        revision=publication.revision,
        members=0,
    )
    # With the publication's number, commands that are heard out of order do no harm.
    data: dict[str, Value] = {"journey": plan.journey, "publication": publication.revision}
    if kind == "leave":
        data |= {"keeping": target, "note": f"left when revision {publication.revision} was published"}
        return batches.create(conn, batch, EXITED, data, people)
    data |= {"plan": target, **_ways(conn, target, people, wishes.steps.get(plan.journey, {})).told()}
    return batches.create(conn, batch, MOVED, data, people)


def _ways(conn: Connection, target: str, people: Iterable[Whereabouts], wanted: Mapping[str, str]) -> Ways:
    """From every plan somebody walks or, by an earlier publication, will walk by the time the command is heard."""
    runs = [each.enrolment for each in people]
    walked = {run.plan for run in runs}.union(run.moving.plan for run in runs if run.moving is not None)
    return Ways(plans.kept(conn, [target])[0], plans.kept(conn, walked), wanted)


def _no_counterpart(stuck: list[tuple[JourneyPlan, Affected]]) -> str:
    by_step: dict[tuple[str, str, str], int] = {}
    for plan, each in stuck:
        place = (plan.journey, each.step, each.trouble)
        by_step[place] = by_step.get(place, 0) + 1
    told = "; ".join(
        f"{count:,} {'customer stands' if count == 1 else 'customers stand'} at {step} of {journey}: {trouble}"
        for (journey, step, trouble), count in sorted(by_step.items())
    )
    return (
        f"J060 {told}. Say where they go with --map JOURNEY:{stuck[0][1].step}=NEW_STEP, "
        "or let them stay on their plan with --strays-stay"
    )


def _token(draft: Draft, wishes: Wishes, published: Publication | None) -> str:
    shown = [
        published.revision if published is not None else 0,
        sorted((plan.journey, plan.hash) for plan in draft.plans),
        behaviour(draft.catalogue),
        behaviour(draft.types),
        [
            wishes.running,
            sorted(wishes.journeys.items()),
            sorted((k, sorted(v.items())) for k, v in wishes.steps.items()),
        ],
    ]
    text = json.dumps(shown, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
