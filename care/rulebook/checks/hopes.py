"""Hopes: journeys nobody can enter and goals nobody can reach."""

from collections.abc import Iterator

from care.domain.conditions import Condition, Group, Named
from care.domain.journey import EndRule, Plan
from care.rulebook.checks.boxes import UnprovableError
from care.rulebook.checks.places import Places
from care.rulebook.checks.space import Space
from care.rulebook.checks.telling import contradiction
from care.rulebook.conditions import fields_of
from care.rulebook.draft import Draft
from care.rulebook.findings import Placed

_FROZEN = "order."
_PLACED = "order.placed"


def check_hopes(plan: Plan, draft: Draft, places: Places) -> None:
    """Note J055 where trigger and audience exclude each other, and where the goal can never happen."""
    entry = [each for each in (plan.trigger.when, plan.audience) if each is not None]
    if len(entry) == 2:
        hint = "the audience must hold for the same customer as the trigger's 'when'"
        _check_together(entry, "nobody can enter", hint, places.top("audience"), draft)
    if plan.goal is None:
        return
    _check_goal(plan.goal, plan, draft, places)
    if plan.goal.when is not None and not draft.findings.broken:
        frozen = [part for each in (*entry, plan.goal.when) for part in _of_order(each)]
        hint = "order.* stays as it was when the customer entered; event.* is about the event at hand"
        _check_together(frozen, "the goal cannot happen", hint, places.top("goal", "when"), draft)


def _check_together(conditions: list[Condition], what: str, hint: str, at: Placed, draft: Draft) -> None:
    """Note conditions that each may hold, and never all of them."""
    both = Group("all", tuple(conditions))
    try:
        space = Space(draft.known.catalogue.fields, (both,))
        if conditions and not space.where(both):
            draft.findings.add("J055", at, f"{what}: {contradiction(space, both)[0]}", hint)
    except UnprovableError as error:
        draft.findings.add("J055", at, f"could not prove that somebody can get here: {error}", "", "warning")


def _of_order(condition: Condition) -> Iterator[Condition]:
    """The parts of a condition that must hold and only look at the order as it was at entry."""
    if isinstance(condition, Group) and condition.join == "all":
        for part in condition.parts:
            yield from _of_order(part)
    elif isinstance(condition, Named) and condition.wanted and isinstance(condition.condition, Group):
        yield from _of_order(condition.condition)
    elif all(name.startswith(_FROZEN) for name in fields_of(condition)):
        yield condition


def _check_goal(goal: EndRule, plan: Plan, draft: Draft, places: Places) -> None:
    """A goal whose event is over at entry, or ends the journey as an exit."""
    at = places.top("goal", "event")
    before = next((rule for rule in plan.exit_when if _takes(rule, goal)), None)
    if before is not None:
        message = f"the goal cannot happen: {goal.event} ends the journey as an exit first (line {before.line})"
        draft.findings.add("J055", at, message, "remove one of the two, or give the exit a 'when'")
    elif goal.of == "order" and _is_over(goal.event, plan.trigger.event):
        message = f"the goal cannot happen: {goal.event} of the same order is over when a customer enters"
        draft.findings.add("J055", at, message, "write 'of: customer' to count any other order of this customer")


def _is_over(event: str, trigger: str) -> bool:
    """Whether an event of an order has been when another one of it is heard."""
    return event in (trigger, _PLACED) and event.startswith(_FROZEN) and trigger.startswith(_FROZEN)


def _takes(rule: EndRule, goal: EndRule) -> bool:
    """Whether an exit ends the journey whenever the goal's event comes."""
    wider = rule.of == "customer" or goal.of == "order"
    return rule.event == goal.event and rule.when is None and rule.within is None and wider
