"""Random rule sets, the same for the same seed: small ones that often cover everything, and large ones to measure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from care.domain.catalogue import Field
from care.domain.conditions import Condition, FieldTest, Group, Named
from care.rulebook.phrases import read_test

_T = TypeVar("_T")

FIELDS = {
    field.name: field
    for field in (
        Field("customer.type", "choice", ("new", "regular", "vip", "at_risk"), always=True),
        Field("order.category", "choice", ("washing_machine", "dryer", "tv")),
        Field("csat.score", "number", low=1, high=5, whole=True),
        Field("nps.score", "number", low=0, high=10, whole=True),
        Field("order.total", "number", low=0, high=1_000_000_000, whole=True, always=True),
        Field("customer.spent", "number", low=0),
        Field("customer.share", "percent", low=0, high=1, always=True),
        Field("ticket.open", "yes/no", always=True),
        Field("customer.city", "text"),
        Field("customer.tags", "list"),
        Field("order.placed_at", "date"),
        Field("appointment.at", "date", always=True),
    )
}
MEASURED = ("customer.type", "order.category", "csat.score", "nps.score", "order.total", "order.placed_at")
_DAYS = (3, 7, 30)
_CITIES = ("Hà Nội", "Huế", "Đà Nẵng")
_TAGS = ("newsletter", "reviewer", "referrer")


@dataclass(frozen=True)
class RuleSet:
    """Conditions asked one after the other."""

    seed: int
    conditions: tuple[Condition, ...]


class Chance:
    """Chance as everywhere in this project: a hash."""

    def __init__(self, seed: int) -> None:
        self._hashes = (hashlib.sha256(f"{seed}/{number}".encode()).digest() for number in count())

    def below(self, most: int) -> int:
        return int.from_bytes(next(self._hashes)[:8], "big") % most

    def one(self, things: Sequence[_T]) -> _T:
        return things[self.below(len(things))]

    def some(self, things: Sequence[_T], number: int) -> list[_T]:
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in range(min(number, len(left)))]


def a_rule_set(seed: int) -> RuleSet:
    """One to eight rules over one to four fields, of every type of field and every way to join tests."""
    chance = Chance(seed)
    fields = [FIELDS[name] for name in chance.some(list(FIELDS), 1 + chance.below(4))]
    drawing = _Drawing(chance, fields)
    return RuleSet(seed, tuple(drawing.rule() for _ in range(1 + chance.below(8))))


def a_large_rule_set(seed: int, rules: int = 30) -> RuleSet:
    """Rules of two to four tests each over six fields, as a long table or branch has them."""
    chance = Chance(seed)
    fields = [FIELDS[name] for name in MEASURED]
    drawing = _Drawing(chance, fields)
    return RuleSet(seed, tuple(drawing.all_of(2 + chance.below(3)) for _ in range(rules)))


class _Drawing:
    """Draws conditions over a few fields."""

    def __init__(self, chance: Chance, fields: Sequence[Field]) -> None:
        self._chance = chance
        self._fields = fields

    def rule(self) -> Condition:
        return self.joined(2) if self._chance.below(3) == 0 else self.all_of(1 + self._chance.below(2))

    def all_of(self, tests: int) -> Condition:
        return Group("all", tuple(self.test(field) for field in self._chance.some(self._fields, tests)))

    def joined(self, depth: int) -> Condition:
        if depth == 0 or self._chance.below(4) == 0:
            return self.test(self._chance.one(self._fields))
        parts = tuple(self.joined(depth - 1) for _ in range(1 + self._chance.below(3)))
        group = Group(self._chance.one(("all", "any", "none")), parts)
        return Named("named", group, wanted=bool(self._chance.below(2))) if self._chance.below(4) == 0 else group

    def test(self, field: Field) -> FieldTest:
        words = self._chance.one(("missing", "known")) if self._chance.below(6) == 0 else self._words(field)
        return FieldTest(field.name, read_test(f"not {words}" if self._chance.below(4) == 0 else words, field))

    def _words(self, field: Field) -> str:
        chance = self._chance
        match field.type:
            case "choice":
                return chance.one((chance.one(field.choices), f"one of {', '.join(chance.some(field.choices, 2))}"))
            case "text":
                return chance.one((chance.one(_CITIES), f"one of {', '.join(chance.some(_CITIES, 2))}"))
            case "yes/no":
                return chance.one(("yes", "no"))
            case "list":
                return f"includes any of {', '.join(chance.some(_TAGS, 1 + chance.below(2)))}"
            case "date":
                return self._date(field)
            case _:
                return self._amount(field)

    def _amount(self, field: Field) -> str:
        scale, sign, most = {
            "order.total": (1_000_000, "", 20),
            "customer.spent": (0.5, "", 9),
            "customer.share": (10, "%", 9),
        }.get(field.name, (1, "", int(field.high or 0)))
        low, high = sorted(scale * (1 + self._chance.below(most)) for _ in range(2))
        words = (
            "at least {1}",
            "at most {0}",
            "more than {0}",
            "less than {1}",
            "between {0} and {1}",
            "one of {0}, {1}",
        )
        return self._chance.one((*words, "{0}")).format(f"{low}{sign}", f"{high}{sign}")

    def _date(self, field: Field) -> str:
        # Two dates that are both compared with now and with the calendar are refused: see test_boxes.
        if field.name == "order.placed_at" and self._chance.below(3) == 0:
            return f"{self._chance.one(('before', 'after'))} 2026-0{1 + self._chance.below(3)}-01"
        words = ("in the last {} days", "more than {} days ago", "in the next {} days")
        return self._chance.one(words).format(self._chance.one(_DAYS))
