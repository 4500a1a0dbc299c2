"""What changed between two plans of a journey, in the words of the rule file."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from care.domain.journey import Plan

_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
_TOP = ("title", "owner", "trigger", "audience", "re_entry", "goal", "exit_when")
# Where a rule stands and how it is spelled decide nothing.
_SILENT = frozenset({"line", "text"})


def differences(old: Plan, new: Plan) -> list[str]:
    """Every difference that changes what happens, as ``+ step``, ``- step`` or ``~ step: what``."""
    before, after = _meaning(_PLAN.dump_python(old, mode="json")), _meaning(_PLAN.dump_python(new, mode="json"))
    found = [f"~ {name}" for name in _TOP if before[name] != after[name]]
    found.extend(_named("step", _steps(before), _steps(after)))
    found.extend(_named("table", before["tables"], after["tables"]))
    found.extend(_moved(before["paths"], after["paths"]))
    return found


def _meaning(value: Any) -> Any:
    match value:
        case dict():
            return {name: _meaning(inner) for name, inner in value.items() if name not in _SILENT}
        case list() | tuple():
            return [_meaning(inner) for inner in value]
        case _:
            return value


def _steps(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {step["id"]: step | {"path": path} for path, steps in plan["paths"].items() for step in steps}


def _named(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"- {kind} {name}" for name in before if name not in after)
    yield from (f"+ {kind} {name}" for name in after if name not in before)
    for name in after:
        if name in before and before[name] != after[name]:
            keys = [key for key in after[name] if before[name].get(key) != after[name][key]]
            yield f"~ {kind} {name}: {', '.join(keys)}"


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for path in after:
        if path in before:
            old, new = ([step["id"] for step in plan[path]] for plan in (before, after))
            if [name for name in old if name in new] != [name for name in new if name in old]:
                yield f"~ order of the steps in {path}"
