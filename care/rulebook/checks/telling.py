"""Tells what rules, rows and conditions can never do, do twice, or leave out: J020 to J024."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from care.domain.catalogue import Field
from care.domain.conditions import Condition, FieldTest, Group, Named
from care.rulebook.checks.boxes import UnprovableError
from care.rulebook.checks.cells import listed
from care.rulebook.checks.matching import Matching
from care.rulebook.checks.space import Space
from care.rulebook.checks.witness import fields_named, gaps, simplest, words
from care.rulebook.findings import Findings, Placed

Fields = Mapping[str, Field]

_SHOWN = 3
_MANY = 2_000
_NAMED = 4
_SIMPLER = "ask about fewer fields in one place, or in two steps"
_CATALOGUE = "catalog.yaml says which values there are"
_ANY = "all of its tests must hold at once; did you mean 'any'?"
_NARROWER = "make one of them narrower, or write 'pick: first' to take the first that holds"


@dataclass(frozen=True, slots=True)
class Option:
    """One rule, or one row of a table; ``number`` is as people count them, from 1."""

    number: int
    at: Placed
    condition: Condition


@dataclass(frozen=True, slots=True)
class Options:
    """Rules or rows of which the first that holds is taken.

    Attributes:
        kind: What one of them is called.
        at: Where a case that is left out is told.
        findings: Those of the file in which the options stand.
        options: All that could be read, without ``otherwise``.
        otherwise: Where that stands.
        whole: Whether all of them could be read.
        remedy: What to do about a case that is left out; empty where cases may be left out.
        unique: Whether only one of them may hold.
    """

    kind: Literal["rule", "row"]
    at: Placed
    findings: Findings
    options: Sequence[Option]
    otherwise: Placed | None
    whole: bool
    remedy: str
    unique: bool = False


def check_options(asked: Options, fields: Fields, findings: Findings) -> None:
    """Note J020 to J024 of rules or rows; where it cannot be decided, say so.

    Args:
        findings: Those of the file in which ``asked.at`` stands.
    """
    try:
        matching = Matching(fields, [option.condition for option in asked.options])
        if asked.otherwise is None and matching.left and asked.whole and asked.remedy:
            _tell_gap(asked, matching, fields, findings)
        _tell_never(asked, matching)
        if asked.unique:
            _tell_overlaps(asked, matching)
    except UnprovableError as error:
        message = f"could not prove that every case is covered and every {asked.kind} can be chosen: {error}"
        findings.add("J021", asked.at, message, _SIMPLER, "warning")
        return
    if asked.otherwise is not None and not matching.left:
        message = f"'otherwise' can never happen: the {asked.kind}s above already match every case"
        asked.findings.add("J024", asked.otherwise, message, "remove it, or make one of them narrower", "warning")


def check_condition(at: Placed, condition: Condition, fields: Fields, findings: Findings) -> None:
    """Note a condition that can never hold (J020)."""
    try:
        space = Space(fields, (condition,))
        if not space.where(condition):
            why, hint = contradiction(space, condition)
            findings.add("J020", at, f"this can never hold: {why}", hint)
    except UnprovableError as error:
        findings.add("J020", at, f"could not prove that this can ever hold: {error}", _SIMPLER, "warning")


def _tell_never(asked: Options, matching: Matching) -> None:
    for at in matching.never:
        option, kind = asked.options[at], asked.kind
        if matching.boxes[at]:
            numbers = [str(asked.options[each].number) for each in matching.covering(at)]
            named = f" ({kind if len(numbers) == 1 else f'{kind}s'} {listed(numbers, 'and')})"
            message = f"{kind} {option.number} can never be chosen; the {kind}s above already match every case"
            message += named if len(numbers) <= _NAMED else ""
            asked.findings.add("J020", option.at, message, "remove it, or move it up")
        elif kind == "row":
            # A rule that contradicts itself is told where its condition stands.
            why, hint = contradiction(matching.space, option.condition)
            asked.findings.add("J020", option.at, f"row {option.number} can never be chosen: {why}", hint)


def _tell_overlaps(asked: Options, matching: Matching) -> None:
    """Of each row the first overlap; of a row that is never chosen anyway none."""
    told = set(matching.never)
    for early, late in matching.overlaps():
        if late not in told:
            told.add(late)
            case = words(matching.space, simplest(matching.space, matching.common(early, late)))
            first, second = asked.options[early], asked.options[late]
            message = f"rows {first.number} and {second.number} both match when {case}"
            asked.findings.add("J023", second.at, message, _NARROWER)


def _tell_gap(asked: Options, matching: Matching, fields: Fields, findings: Findings) -> None:
    space = matching.space
    found = gaps(space, matching.left, matching.taken, _SHOWN if len(matching.left) < _MANY else 1)
    first, *more = [words(space, box) for box in found]
    kinds = [name for name in fields_named(space, found[0]) if name.startswith("customer.")]
    code = "J022" if any(fields[name].type == "choice" for name in kinds) else "J021"
    also = f"; nor is there one for: {'; '.join(more)}" if more else ""
    findings.add(code, asked.at, f"no {asked.kind} for: {first}", f"{asked.remedy}{also}")


def contradiction(space: Space, condition: Condition) -> tuple[str, str]:
    """Why a condition never holds, as a part that never does or two that exclude each other; and what may help."""
    parts = list(_conjuncts(condition))
    for part in parts:
        if not space.where(part):
            return f"{_text(part)} never happens", _CATALOGUE if isinstance(part, FieldTest) else ""
    for one, other in combinations(parts, 2):
        if not space.grid.both(space.where(one), space.where(other)):
            return f"{_text(one)} and {_text(other)} exclude each other", _ANY
    return "its tests exclude each other", _ANY


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, Group) and condition.join == "all":
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _text(condition: Condition) -> str:
    if isinstance(condition, FieldTest):
        return f"{condition.field} {condition.test.text}"
    if isinstance(condition, Named):
        return condition.name if condition.wanted else f"not {condition.name}"
    return f"what stands under '{condition.join}'"
