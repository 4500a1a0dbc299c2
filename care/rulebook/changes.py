"""What changed between two versions of the journeys, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import pairwise
from typing import NamedTuple

from care.domain.journey import Plan, Step
from care.rulebook.versions import behaviour

_TOP = ("owner", "trigger", "audience", "re_entry", "goal", "exit_when")


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
        before, after = getattr(old, part), getattr(new, part)
        if behaviour(before) != behaviour(after):
            yield Change(name, f"{part} {_verb(before, after)}")
    for table in sorted({*old.tables, *new.tables}):
        was, now = old.tables.get(table), new.tables.get(table)
        if behaviour(was) != behaviour(now):
            yield Change(name, f"table {table} {_verb(was, now)}")
    yield from _steps(old, new)


def _verb(before: object, after: object) -> str:
    if before is None or before == ():
        return "added"
    return "removed" if after is None or after == () else "changed"


def _steps(old: Plan, new: Plan) -> Iterator[Change]:
    name, before, after = new.journey, _placed(old), _placed(new)
    for step in before:
        if step not in after:
            yield Change(name, f"{step} removed from {before[step].path}", step)
    kept = {step for step in after if step in before}
    for step, place in after.items():
        if step not in before:
            yield Change(name, f"{step} added to {place.path}{_after(place.above)}", step)
            continue
        was = before[step]
        parts = [each for each in _parts(was.step, place.step) if each]
        if parts:
            yield Change(name, f"{step} changed: {', '.join(parts)}", step)
        if was.path != place.path:
            yield Change(name, f"{step} moved from {was.path} to {place.path}{_after(place.above)}", step)
    for path in new.paths:
        order = [step for step in after if after[step].path == path and step in kept and before[step].path == path]
        rank = {step: number for number, step in enumerate(before)}
        for first, second in pairwise(order):
            if rank[first] > rank[second]:
                yield Change(name, f"{second} now comes after {first}", second)


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


def _parts(before: Step, after: Step) -> Iterator[str]:
    """Which settings of a step differ, with both values where they are short words."""
    if before.verb != after.verb:
        yield f"{before.verb} became {after.verb}"
        return
    for each in fields(after):
        was, now = getattr(before, each.name), getattr(after, each.name)
        if each.name in ("id", "line", "text") or behaviour(was) == behaviour(now):
            continue
        old, new = _said(was), _said(now)
        yield f"{each.name} {old} → {new}" if old and new else f"{each.name} {_verb(was, now)}"


def _said(value: object) -> str:
    """A setting's value in a few words, or nothing when it takes more."""
    if isinstance(value, str):
        return value if len(value) <= 40 else ""
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return " then ".join(value)
    return str(getattr(value, "text", "") or "")
