"""The oracle: the same questions put to z3, from the meaning of the tests and not from how boxes are made.

A field is a value and a Boolean that says whether it is known; a condition is a pair of formulas, true and false, and
where neither holds it is not known (Kleene).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import z3

from care.domain.catalogue import DAY, Field
from care.domain.conditions import Condition, FieldTest, Group, Test


@dataclass(frozen=True)
class Verdicts:
    """What can be said of rules of which the first that holds is taken; rules are counted from 0.

    Attributes:
        gap: Whether some case is left out.
        never: Rules that are never chosen.
        overlaps: Pairs of rules that may hold together, the earlier one first.
    """

    gap: bool
    never: frozenset[int]
    overlaps: frozenset[tuple[int, int]]


def verdicts(fields: Mapping[str, Field], conditions: Sequence[Condition]) -> Verdicts:
    """Everything z3 says of rules."""
    meaning = _Meaning(fields)
    held = [meaning.of(condition)[0] for condition in conditions]
    solver = z3.Solver()
    solver.add(*meaning.ranges)

    def possible(*formulas: Any) -> bool:
        answer = solver.check(*formulas)
        assert answer != z3.unknown
        return bool(answer == z3.sat)

    marks = [z3.Bool(f"rule {number}") for number in range(len(held))]
    solver.add(*(mark == formula for mark, formula in zip(marks, held, strict=True)))
    others = [z3.Not(mark) for mark in marks]
    return Verdicts(
        possible(*others),
        frozenset(late for late in range(len(marks)) if not possible(marks[late], *others[:late])),
        frozenset(
            (early, late) for late in range(len(marks)) for early in range(late) if possible(marks[early], marks[late])
        ),
    )


class _Meaning:
    """What conditions mean, and the ranges of the fields they speak of."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self._fields = fields
        self._now = z3.Real("now")
        self.ranges: list[Any] = []
        self._known: dict[str, Any] = {}

    def of(self, condition: Condition) -> tuple[Any, Any]:
        """Where a condition is true, and where it is false."""
        if isinstance(condition, FieldTest):
            return self._test(self._fields[condition.field], condition.test)
        if not isinstance(condition, Group):
            true, false = self.of(condition.condition)
            return (true, false) if condition.wanted else (false, true)
        parts = [self.of(part) for part in condition.parts]
        true, false = [part[0] for part in parts], [part[1] for part in parts]
        if condition.join == "all":
            return z3.And(*true), z3.Or(*false)
        return (z3.Or(*true), z3.And(*false)) if condition.join == "any" else (z3.And(*false), z3.Or(*true))

    def _test(self, field: Field, test: Test) -> tuple[Any, Any]:
        known = self._is_known(field)
        if test.op in ("missing", "known"):
            true, false = (known, z3.Not(known)) if test.op == "known" else (z3.Not(known), known)
        else:
            holds = self._holds(field, test)
            true, false = z3.And(known, holds), z3.And(known, z3.Not(holds))
        return (false, true) if test.negated else (true, false)

    def _is_known(self, field: Field) -> Any:
        if field.name not in self._known:
            self._known[field.name] = z3.Bool(f"{field.name} known")
            if field.always:
                self.ranges.append(self._known[field.name])
            self.ranges.extend(_range(field))
        return self._known[field.name]

    def _holds(self, field: Field, test: Test) -> Any:
        value = _value(field)
        if test.op == "includes":
            return z3.Or(*(z3.Bool(f"{field.name} includes {name}") for name in test.args))
        if field.type == "date":
            return _DATES[test.op](value, self._now, test.args[0])
        return z3.Or(*(_AMOUNTS[test.op](value, *map(_constant, args)) for args in _each(test)))


def _each(test: Test) -> list[tuple[Any, ...]]:
    return [(value,) for value in test.args] if test.op == "one of" else [test.args]


def _value(field: Field) -> Any:
    if field.type == "yes/no":
        return z3.Bool(field.name)
    return z3.Int(field.name) if field.whole or field.type in ("choice", "text") else z3.Real(field.name)


def _range(field: Field) -> list[Any]:
    value = _value(field)
    bounds = [] if field.low is None else [value >= _constant(field.low)]
    bounds += [] if field.high is None else [value <= _constant(field.high)]
    return bounds + ([z3.Or(*(value == _constant(choice) for choice in field.choices))] if field.choices else [])


def _constant(value: object) -> Any:
    if isinstance(value, bool):
        return z3.BoolVal(value)
    if isinstance(value, str):
        # Words are only ever compared for equality: any number will do that is the word's own.
        return z3.IntVal(int.from_bytes(value.encode(), "big"))
    assert isinstance(value, int | float)
    fraction = Fraction(value)
    return z3.IntVal(value) if isinstance(value, int) else z3.Q(fraction.numerator, fraction.denominator)


def _midnight(day: str) -> int:
    return date.fromisoformat(day).toordinal() * DAY


_AMOUNTS: dict[str, Callable[..., Any]] = {
    "is": lambda value, wanted: value == wanted,
    "one of": lambda value, wanted: value == wanted,
    "at least": lambda value, low: value >= low,
    "more than": lambda value, low: value > low,
    "at most": lambda value, high: value <= high,
    "less than": lambda value, high: value < high,
    "between": lambda value, low, high: z3.And(value >= low, value <= high),
}
_DATES: dict[str, Callable[..., Any]] = {
    "in the last": lambda value, now, span: z3.And(value >= now - span, value <= now),
    "more ago": lambda value, now, span: value < now - span,
    "in the next": lambda value, now, span: z3.And(value >= now, value <= now + span),
    "before": lambda value, now, day: value < _midnight(day),
    "after": lambda value, now, day: value >= _midnight(day) + DAY,
}
