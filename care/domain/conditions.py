"""Conditions: one short English test per field, joined by all, any and none, in three-valued logic.

A verdict is ``True``, ``False`` or ``None`` for "not known" (Kleene). A rule matches only on ``True``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Annotated, Literal, NamedTuple, Protocol

from pydantic import Field as Discriminated

Value = bool | int | float | datetime | str | tuple[str, ...]
Fact = bool | int | float | str
Argument = bool | int | float | str
Verdict = bool | None
Op = Literal[
    "is",
    "one of",
    "at least",
    "at most",
    "more than",
    "less than",
    "between",
    "in the last",
    "more ago",
    "in the next",
    "before",
    "after",
    "includes",
    "missing",
    "known",
]


class Sight(Protocol):
    """What a condition can see at one instant."""

    @property
    def now(self) -> datetime:
        """The instant of the decision (UTC)."""

    @property
    def zone(self) -> tzinfo:
        """The customer's time zone."""

    def value(self, field: str) -> Value | None:
        """The field's value, or ``None`` when it is not known."""


class Clause(NamedTuple):
    """One line of an explanation: what was asked, the verdict and the value seen."""

    text: str
    verdict: Verdict
    seen: str = ""
    parts: tuple["Clause", ...] = ()


@dataclass(frozen=True, slots=True)
class Test:
    """A test on one value.

    Attributes:
        op: What is asked of the value.
        args: Choices, bounds (numbers; a percent as a share), seconds for spans of time, ISO dates.
        text: The test in words, for example ``at most 2``.
        negated: Whether ``not`` stands before it; not known stays not known.
    """

    op: Op
    args: tuple[Argument, ...]
    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class FieldTest:
    """``field: test``."""

    field: str
    test: Test
    kind: Literal["field"] = "field"


@dataclass(frozen=True, slots=True)
class Named:
    """A definition used as a yes/no field; ``wanted`` is what the rule asks of it."""

    name: str
    condition: "Condition"
    wanted: bool = True
    kind: Literal["named"] = "named"


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by ``all``, ``any`` or ``none``."""

    join: Literal["all", "any", "none"]
    parts: tuple["Condition", ...]
    kind: Literal["group"] = "group"


Condition = Annotated[FieldTest | Named | Group, Discriminated(discriminator="kind")]


def _in_last(value: datetime, seconds: float, sight: Sight) -> bool:
    return sight.now - timedelta(seconds=seconds) <= value <= sight.now


def _local_date(value: datetime, sight: Sight) -> date:
    return value.astimezone(sight.zone).date()


def _includes(value: Value, args: tuple[Argument, ...]) -> bool:
    return isinstance(value, tuple) and any(wanted in value for wanted in args)


_ASK: dict[str, Callable[[Value, tuple[Argument, ...], Sight], bool]] = {
    "is": lambda v, a, s: v == a[0],
    "one of": lambda v, a, s: v in a,
    "at least": lambda v, a, s: v >= a[0],  # type: ignore[operator]
    "at most": lambda v, a, s: v <= a[0],  # type: ignore[operator]
    "more than": lambda v, a, s: v > a[0],  # type: ignore[operator]
    "less than": lambda v, a, s: v < a[0],  # type: ignore[operator]
    "between": lambda v, a, s: a[0] <= v <= a[1],  # type: ignore[operator]
    "in the last": lambda v, a, s: _in_last(v, a[0], s),  # type: ignore[arg-type]
    "more ago": lambda v, a, s: v < s.now - timedelta(seconds=a[0]),  # type: ignore[arg-type]
    "in the next": lambda v, a, s: s.now <= v <= s.now + timedelta(seconds=a[0]),  # type: ignore[operator, arg-type]
    "before": lambda v, a, s: _local_date(v, s) < date.fromisoformat(a[0]),  # type: ignore[arg-type]
    "after": lambda v, a, s: _local_date(v, s) > date.fromisoformat(a[0]),  # type: ignore[arg-type]
    "includes": lambda v, a, s: _includes(v, a),
}
# The compiler has typed every test by the catalogue, and data is typed where it enters: operands always compare.


def verdict_of_test(test: Test, value: Value | None, sight: Sight) -> Verdict:
    """Ask one test of one value."""
    if test.op == "missing":
        verdict = value is None
    elif test.op == "known":
        verdict = value is not None
    elif value is None:
        return None
    else:
        verdict = _ASK[test.op](value, test.args, sight)
    return not verdict if test.negated else verdict


def verdict(condition: Condition, sight: Sight) -> Verdict:
    """Evaluate a condition without keeping the reasons (see ``explain``)."""
    if isinstance(condition, FieldTest):
        return verdict_of_test(condition.test, sight.value(condition.field), sight)
    if isinstance(condition, Named):
        inner = verdict(condition.condition, sight)
        return inner if condition.wanted or inner is None else not inner
    return join(condition.join, [verdict(part, sight) for part in condition.parts])


def explain(condition: Condition, sight: Sight) -> Clause:
    """Evaluate a condition and keep every clause with the value it saw; the verdict equals ``verdict``'s."""
    if isinstance(condition, FieldTest):
        value = sight.value(condition.field)
        test = condition.test
        return Clause(f"{condition.field} is {test.text}", verdict_of_test(test, value, sight), said(value, sight))
    if isinstance(condition, Named):
        inner = explain(condition.condition, sight)
        held = inner.verdict
        if condition.wanted or held is None:
            return Clause(condition.name, held, "", (inner,))
        return Clause(f"not {condition.name}", not held, "", (inner,))
    parts = tuple([explain(part, sight) for part in condition.parts])
    if len(parts) == 1 and condition.join != "none":
        return parts[0]
    return Clause(f"{condition.join} of", join(condition.join, [part.verdict for part in parts]), "", parts)


def join(how: str, verdicts: list[Verdict]) -> Verdict:
    """Kleene's *all*, *any* and *none*: False wins an *all*, True wins an *any*, else not known."""
    if how == "all":
        return False if False in verdicts else (None if None in verdicts else True)
    anyone: Verdict = True if True in verdicts else (None if None in verdicts else False)
    if how == "any" or anyone is None:
        return anyone
    return not anyone


def said(value: Value | None, sight: Sight | None = None) -> str:
    """A value as a person would say it."""
    if value is None:
        return "not known"
    if value is True:
        return "yes"
    if value is False:
        return "no"
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        local = value.astimezone(sight.zone) if sight else value
        return local.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, tuple):
        return ", ".join(value) if value else "empty"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"
