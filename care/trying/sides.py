"""Sides of splits and answers of endpoints: what can be chosen of a made-up customer besides facts."""

from collections.abc import Hashable, Iterator
from dataclasses import replace
from datetime import datetime

from care.domain.conditions import Fact, FieldTest, Test, Value
from care.domain.rulebook import Rulebook, WalkedPlan
from care.domain.steps import CONTINUE, Branch, Rule, Split
from care.rulebook.sides import HOLDOUT, saves_of, splits_of

SPLIT = "split."


class Sides:
    """The splits of a rulebook as branches on a fact, ``split.<name>``, that is asked for when somebody gets there.

    Splits that share a name and their shares share the fact, as they put a customer on one side; where the shares
    differ, each has a fact of its own, which looks at more lives than there can be and never at fewer.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._facts: dict[Hashable, str] = {}
        self._of: dict[str, tuple[str, ...]] = {}
        for walked in rulebook.plans.values():
            for split in splits_of(walked.plan):
                self._know(split)

    def _know(self, split: Split) -> None:
        if _drawn(split) in self._facts:
            return
        name, number = f"{SPLIT}{split.name}", 1
        while name in self._of:
            number += 1
            name = f"{SPLIT}{split.name}.{number}"
        self._facts[_drawn(split)] = name
        self._of[name] = _sides(split)

    def of(self, fact: str) -> tuple[str, ...]:
        """The sides a customer may be on."""
        return self._of[fact]

    def told(self, rulebook: Rulebook) -> Rulebook:
        """The rulebook with a branch in the place of every split."""
        walked = {key: self._branched(each) for key, each in rulebook.plans.items()}
        entering = {name: self._branched(each) for name, each in rulebook.entering.items()}
        return replace(rulebook, plans=walked, entering=entering)

    def _branched(self, walked: WalkedPlan) -> WalkedPlan:
        if not any(splits_of(walked.plan)):
            return walked
        paths = {
            name: tuple(self._branch(step) if isinstance(step, Split) else step for step in steps)
            for name, steps in walked.plan.paths.items()
        }
        return WalkedPlan(replace(walked.plan, paths=paths))

    def _branch(self, split: Split) -> Branch:
        fact = self._facts[_drawn(split)]
        rules = [
            Rule(FieldTest(fact, Test("is", (side,), side)), CONTINUE if side == HOLDOUT else side, split.line)
            for side in _sides(split)
        ]
        return Branch(split.id, split.line, tuple(rules), split.only_if)


def replies_of(rulebook: Rulebook) -> Iterator[tuple[str, str, str]]:
    """What the answers of endpoints fill: endpoint, place in its answer, journey field; each place once."""
    fields: dict[str, str] = {}
    for walked in rulebook.plans.values():
        for place, name in saves_of(walked.plan):
            fields.setdefault(place, name)
    for place, name in fields.items():
        endpoint, _, where = place.partition(".")
        yield endpoint, where, name


def fact_of(value: Value) -> Fact:
    """A value as an answer of JSON holds it."""
    assert not isinstance(value, tuple)
    return value.isoformat() if isinstance(value, datetime) else value


def _sides(split: Split) -> tuple[str, ...]:
    return (*(share.then for share in split.shares), *([HOLDOUT] if split.holdout else []))


def _drawn(split: Split) -> Hashable:
    """What a customer's side is drawn by, besides the customer."""
    return split.name, split.holdout, tuple((share.then, share.part) for share in split.shares)
