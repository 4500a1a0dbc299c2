"""What changed between two versions of the journeys, in words."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from care.domain.journey import Plan, Sending
from care.domain.steps import Step
from care.rulebook.counterparts import counterparts
from care.rulebook.differences import differences, step_differences

_TOP = ("owner", "trigger", "audience", "re_entry", "goal", "exit_when", "priority")


class Change(NamedTuple):
    """One difference; ``step`` is the id of the step it is about, or empty."""

    journey: str
    text: str
    step: str = ""


def changes(old: Mapping[str, Plan], new: Mapping[str, Plan]) -> list[Change]:
    """Every difference a customer could feel, by journey; what only people read is left out."""
    found: list[Change] = []
    for name in sorted({*old, *new}):
        if name not in old:
            found.append(Change(name, "new journey"))
        elif name not in new:
            found.append(Change(name, "journey removed: nobody enters any more"))
        else:
            found.extend(_between(old[name], new[name]))
    return found


def _between(old: Plan, new: Plan) -> Iterator[Change]:
    name = new.journey
    for part in _TOP:
        for text in differences(part, getattr(old, part), getattr(new, part)):
            yield Change(name, text)
    for text in differences("sending", old.sending or Sending(), new.sending or Sending()):
        yield Change(name, text)
    for table in sorted({*old.tables, *new.tables}):
        for text in differences(f"table {table}", old.tables.get(table), new.tables.get(table)):
            yield Change(name, text)
    yield from _steps(old, new)


def _steps(old: Plan, new: Plan) -> Iterator[Change]:
    name, before, after = new.journey, _placed(old), _placed(new)
    for was, now in counterparts(old, new).items():
        parts = [text for text in step_differences(before.pop(was).step, after.pop(now).step) if "until" not in text]
        yield Change(name, f"{was} became {now}" + "".join(f", {text}" for text in parts), was)
    for step in before:
        if step not in after:
            yield Change(name, f"{step} removed from {before[step].path}", step)
    for step, place in after.items():
        if step in before:
            yield from _step(name, before[step], place)
        else:
            yield Change(name, f"{step} added to {place.path}{_after(place.above)}", step)
    yield from _order(name, before, after)


def _step(journey: str, was: "_Place", now: "_Place") -> Iterator[Change]:
    step = now.step.id
    parts = list(step_differences(was.step, now.step))
    if parts:
        yield Change(journey, f"{step} changed: {', '.join(parts)}", step)
    if was.path != now.path:
        yield Change(journey, f"{step} moved from {was.path} to {now.path}{_after(now.above)}", step)


def _order(journey: str, before: Mapping[str, "_Place"], after: Mapping[str, "_Place"]) -> Iterator[Change]:
    """Steps that stayed in their path and changed places there."""
    rank = {step: number for number, step in enumerate(before)}
    for path in dict.fromkeys(place.path for place in after.values()):
        stayed = [
            each for each, at in after.items() if at.path == path and each in before and before[each].path == path
        ]
        for first, second in pairwise(stayed):
            if rank[first] > rank[second]:
                yield Change(journey, f"{second} now comes after {first}", second)


class _Place(NamedTuple):
    step: Step
    path: str
    above: str


def _placed(plan: Plan) -> dict[str, _Place]:
    found: dict[str, _Place] = {}
    for path, steps in plan.paths.items():
        above = ""
        for step in steps:
            found[step.id] = _Place(step, path, above)
            above = step.id
    return found


def _after(above: str) -> str:
    return f", after {above}" if above else ", at its start"
