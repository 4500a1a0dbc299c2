"""Reaching: whether every customer type has a journey it can enter."""

from datetime import datetime
from zoneinfo import ZoneInfo

from care.domain.customers import Facts
from care.domain.journey import Plan
from care.domain.rulebook import Rulebook
from care.domain.sight import FactSight
from care.domain.timing import zone_of
from care.trying.suiting import Goal, Suiting, TypeGoal
from care.trying.usual import Usual

_AT = datetime(2026, 3, 2, 10, 0)  # noqa: DTZ001 - local time; it only anchors tests of time


def without_a_way(rulebook: Rulebook) -> list[tuple[str, str]]:
    """The customer types no journey lets in, as (field, value), for example ``customer.type`` and ``at_risk``."""
    plans = [walked.plan for walked in rulebook.entering.values()]
    return [
        (kind.field, value)
        for kind in rulebook.types
        for value in dict.fromkeys(rule.then for rule in kind.rules)
        if not any(_lets_in(rulebook, plan, TypeGoal(kind.field, value)) for plan in plans)
    ]


def _lets_in(rulebook: Rulebook, plan: Plan, wanted: TypeGoal) -> bool:
    """Whether there are facts with which a customer of a type passes a journey's trigger and audience."""
    zone: ZoneInfo = zone_of(rulebook.catalogue.company.timezone, "UTC")
    now = _AT.replace(tzinfo=zone)
    sight = FactSight(Facts("c_type"), rulebook, now, zone)
    usual = Usual(rulebook.catalogue.fields, {}, now)
    asked = ((plan.trigger.when, "the trigger"), (plan.audience, "the audience"))
    goals: list[Goal | TypeGoal] = [
        wanted,
        *(Goal(condition, why) for condition, why in asked if condition is not None),
    ]
    return Suiting(rulebook, {}, usual, sight).facts(goals) is not None
