"""How a publication's plan reads: what changes, who waits there, and what becomes of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from care.cli.screen import screen
from care.store.publishing import Affected, JourneyPlan, Proposal

_NAMED = 5
_FATES = {
    "stays": "stay{s} with revision {revision}",
    "moves": "move{s} now, to {lands}",
    "moves later": "move{s} at their next wait, from {step}",
    "cannot move": "cannot move and stay{s}: {trouble}",
    "leaves": "leave{s} the journey",
}


def show(proposal: Proposal) -> None:
    """Print the plan of a publication."""
    out = screen()
    before = proposal.published
    out.print(
        f"Against revision {before.revision}:" if before else "Nothing is published yet; this would be the first:"
    )
    if proposal.catalogue and proposal.published is not None:
        out.print("  catalogue or customer types changed (they hold for everybody at once)")
    for plan in proposal.journeys:
        for line in _journey_lines(plan):
            out.print(f"  {line}", soft_wrap=True)


def as_plain(proposal: Proposal) -> dict[str, Any]:
    """The plan as plain values, everybody by name."""
    return {
        "token": proposal.token,
        "against": proposal.published.revision if proposal.published else None,
        "catalogue_changed": proposal.catalogue,
        "changes_nothing": proposal.changes_nothing,
        "journeys": [
            asdict(plan) | {"changes": [change._asdict() for change in plan.changes]} for plan in proposal.journeys
        ],
    }


def _journey_lines(plan: JourneyPlan) -> Iterator[str]:
    if plan.kind == "unchanged" and (not plan.inside or plan.choice == "pin"):
        return
    text = f"{plan.journey}: {'nobody enters it any more' if plan.kind == 'gone' else plan.kind}"
    count = len(plan.inside)
    yield text + (f"; {count:,} on their way: {_choice_text(plan)}" if count else "")
    told: set[str] = set()
    for change in plan.changes:
        yield f"    {change.text}"
        here = plan.at_step(change.step) if change.step and change.step not in told else ()
        told.add(change.step)
        if here:
            stand = f"{len(here):,} {'stands' if len(here) == 1 else 'stand'}"
            yield f"        {stand} here and {_fates(here)}: {_names(here)}"
    elsewhere = [each for each in plan.inside if each.step not in told]
    if elsewhere and plan.choice != "pin":
        yield f"    {len(elsewhere):,} at other steps {_fates(elsewhere)}: {_names(elsewhere)}"


def _choice_text(plan: JourneyPlan) -> str:
    match plan.choice:
        case "pin":
            return "they keep what they entered with"
        case "migrate":
            return "they move at their next wait"
        case "leave":
            return "they leave the journey"


def _names(people: Sequence[Affected]) -> str:
    names = [f"{each.name} ({each.shop_id})" if each.name else each.shop_id for each in people[:_NAMED]]
    more = f" and {len(people) - _NAMED:,} more" if len(people) > _NAMED else ""
    return f"{', '.join(names)}{more}"


def _fates(people: Sequence[Affected]) -> str:
    counted = Counter((_FATES[each.fate].format(**asdict(each), s="s"), _fate_of_many(each)) for each in people)
    said = [(count, one if count == 1 else many) for (one, many), count in counted.items()]
    return "; ".join(words if len(said) == 1 else f"{count:,} {words}" for count, words in said)


def _fate_of_many(each: Affected) -> str:
    return _FATES[each.fate].format(**asdict(each), s="")
