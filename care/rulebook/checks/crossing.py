"""Crossing: the messages of two journeys that one event lets a customer into."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from care.domain.catalogue import Cap, Catalogue, Field
from care.domain.conditions import Condition, FieldTest, Group
from care.domain.journey import Plan
from care.rulebook.checks.boxes import UnprovableError
from care.rulebook.checks.crowding import Crowding, TooManyWaysError
from care.rulebook.checks.places import Places
from care.rulebook.checks.space import Space
from care.rulebook.checks.spans import FOR_EVER
from care.rulebook.clocktimes import cap_words
from care.rulebook.conditions import sure_tests
from care.rulebook.findings import Findings

_HINT = "the cap holds some of them back or drops them: make the audiences exclude each other, or spread them out"


@dataclass(frozen=True)
class _Journey:
    """What is needed of a journey to hold it against another.

    Attributes:
        most: How many messages it sends together at the most.
        begins: When each of its messages is sent at the latest, in seconds since the midnight before entry.
        allowed: For choice fields that must have one of some values at entry: which.
        ranges: For numbers that must lie between two others at entry: which.
    """

    plan: Plan
    most: int
    begins: frozenset[float]
    entry: tuple[Condition, ...]
    allowed: Mapping[str, frozenset[object]]
    ranges: Mapping[str, tuple[float, float]]


def check_crossing(
    plans: Mapping[str, Plan], catalogue: Catalogue, places: Mapping[str, Places], findings: Mapping[str, Findings]
) -> None:
    """Note J052: of all pairs that one event can start together, the one that sends most, if that is over the cap."""
    cap = catalogue.company.frequency_cap
    if cap is None:
        return
    by_event: dict[str, list[_Journey]] = {}
    events = [plan.trigger.event for plan in plans.values()]
    for plan in (plans[name] for name in sorted(plans) if events.count(plans[name].trigger.event) > 1):
        journey = _journey(plan, catalogue, cap)
        if journey is not None:
            by_event.setdefault(plan.trigger.event, []).append(journey)
    pairs = [pair for same in by_event.values() for pair in combinations(same, 2)]
    worst = _worst(sorted(pairs, key=lambda pair: -pair[0].most - pair[1].most), catalogue, cap)
    if worst is not None:
        one, other, most = worst
        together = cap_words(Cap(most, cap.seconds))
        message = f"one {one.trigger.event} can start both {one.journey} and {other.journey}: together up to {together}"
        at = places[one.journey].top("trigger", "event")
        findings[one.journey].add("J052", at, f"{message}; the cap is {cap.count}", _HINT, "note")


def _journey(plan: Plan, catalogue: Catalogue, cap: Cap) -> _Journey | None:
    crowding = Crowding(plan, catalogue, cap.seconds)
    try:
        crowd = crowding.all()
    except TooManyWaysError:
        return None
    entry = tuple(each for each in (plan.trigger.when, plan.audience) if each is not None)
    allowed: dict[str, frozenset[object]] = {}
    ranges: dict[str, tuple[float, float]] = {}
    for test in (test for each in entry for test in sure_tests(each)):
        values, (low, high) = _choices(test, catalogue.fields), _range(test)
        if values is not None:
            allowed[test.field] = allowed.get(test.field, values) & values
        before = ranges.get(test.field, (low, high))
        ranges[test.field] = max(before[0], low), min(before[1], high)
    return _Journey(plan, len(crowd.names), frozenset(crowding.begins), entry, allowed, ranges)


def _worst(pairs: list[tuple[_Journey, _Journey]], catalogue: Catalogue, cap: Cap) -> tuple[Plan, Plan, int] | None:
    """The pair that sends most together; pairs come with those first that may."""
    worst: tuple[Plan, Plan, int] | None = None
    for one, other in pairs:
        least = worst[2] if worst is not None else cap.count
        if one.most + other.most <= least:
            break
        if _may_meet(one, other, catalogue.fields):
            most = max(_together(one, other, clock, catalogue, cap) for clock in one.begins | other.begins)
            worst = (one.plan, other.plan, most) if most > least else worst
    return worst


def _together(one: _Journey, other: _Journey, clock: float, catalogue: Catalogue, cap: Cap) -> int:
    """The most messages of both from a clock on."""
    crowds = [Crowding(each.plan, catalogue, cap.seconds, clock).all() for each in (one, other)]
    return sum(len(crowd.names) for crowd in crowds)


def _may_meet(one: _Journey, other: _Journey, fields: Mapping[str, Field]) -> bool:
    """Whether both let the same customer in at the same event; what is plain is not worked out."""
    if any(not values & other.allowed.get(name, values) for name, values in one.allowed.items()):
        return False
    for name, (low, high) in one.ranges.items():
        there = other.ranges.get(name, (low, high))
        if max(low, there[0]) > min(high, there[1]):
            return False
    both = Group("all", (*one.entry, *other.entry))
    try:
        return not both.parts or bool(Space(fields, (both,)).where(both))
    except UnprovableError:
        return True


def _choices(test: FieldTest, fields: Mapping[str, Field]) -> frozenset[object] | None:
    """The choices a test leaves; ``None`` when it is none of choices."""
    if test.test.op not in ("is", "one of") or fields[test.field].type != "choice":
        return None
    values = frozenset[object](test.test.args)
    return frozenset[object](fields[test.field].choices) - values if test.test.negated else values


def _range(test: FieldTest) -> tuple[float, float]:
    """The numbers a test leaves at the most."""
    numbers = [float(each) for each in test.test.args if isinstance(each, int | float)]
    if len(numbers) < len(test.test.args) or test.test.negated:
        return -FOR_EVER, FOR_EVER
    match test.test.op:
        case "is" | "one of" | "between":
            return min(numbers), max(numbers)
        case "at least" | "more than":
            return numbers[0], FOR_EVER
        case "at most" | "less than":
            return -FOR_EVER, numbers[0]
        case _:
            return -FOR_EVER, FOR_EVER
