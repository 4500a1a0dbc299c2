"""The definitions a journey's conditions use."""

from collections.abc import Iterator

from care.domain.conditions import Condition, FieldTest, Named
from care.domain.journey import Plan
from care.domain.steps import Branch, Repeat, Step, WaitFor


def definitions(plan: Plan) -> dict[str, Condition]:
    """What each name stands for that a condition of the journey asks for, in the order they are first met."""
    found: dict[str, Condition] = {}
    for condition in _conditions(plan):
        _collect(condition, found)
    return found


def _collect(condition: Condition, found: dict[str, Condition]) -> None:
    if isinstance(condition, FieldTest):
        return
    if not isinstance(condition, Named):
        for part in condition.parts:
            _collect(part, found)
    elif condition.name not in found:
        found[condition.name] = condition.condition
        _collect(condition.condition, found)


def _conditions(plan: Plan) -> Iterator[Condition]:
    rules = [plan.trigger.when, plan.audience, plan.goal.when if plan.goal is not None else None]
    rules += [rule.when for rule in plan.exit_when]
    yield from (condition for condition in rules if condition is not None)
    for steps in plan.paths.values():
        for step in steps:
            yield from (condition for condition in _of_step(step) if condition is not None)


def _of_step(step: Step) -> Iterator[Condition | None]:
    yield step.only_if
    match step:
        case Branch():
            yield from (rule.when for rule in step.rules)
        case WaitFor():
            yield step.when
        case Repeat():
            yield step.until
        case _:
            return
