"""Hours: whether the guard-rails keep every message within the hours the law allows, wherever a customer lives."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from care.domain.catalogue import Catalogue, Week, Window
from care.domain.journey import Plan, Sending
from care.domain.limits import Limits, limits_of
from care.domain.places import Where
from care.domain.policy import Policy
from care.domain.rulebook import Rulebook
from care.rulebook.checks.purposes import channels_of, templates_of

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = 1_440
_MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def against_the_law(rulebook: Rulebook) -> str:
    """The first minute of a week at which something may leave that the law forbids then, in words; empty if none.

    The law and quiet hours are kept on the customer's own clock, so what holds on one clock holds on every one.
    """
    for sending, names in _sendings(rulebook).items():
        kinds = {kind: name for name in names for kind in _kinds(rulebook.entering[name].plan, rulebook.catalogue)}
        for (medium, purpose), journey in kinds.items():
            for policy in rulebook.policies:
                at = _unlawful(policy, medium, purpose, sending, rulebook)
                if at:
                    return f"{journey} may send {purpose} by {medium} on {at}, forbidden {policy.where}"
    return ""


def _sendings(rulebook: Rulebook) -> dict[Sending | None, list[str]]:
    """The journeys by their own limits: those with the same ones send at the same hours."""
    found: dict[Sending | None, list[str]] = {}
    for name, walked in rulebook.entering.items():
        found.setdefault(walked.plan.sending, []).append(name)
    return found


def _unlawful(policy: Policy, medium: str, purpose: str, sending: Sending | None, rulebook: Rulebook) -> str:
    """The first minute at which the guard-rails let such a message through where the policy forbids it."""
    for country in policy.signs.countries[:1]:
        for region in ("", *(part.code for part in policy.parts)):
            weeks = _weeks(policy, medium, purpose, region)
            if weeks:
                law = rulebook.law.demands(Where(countries=(country,), region=region), medium, purpose)
                limits = limits_of(rulebook.catalogue.company, sending, ZoneInfo("UTC"), capped=False, law=law)
                at = _first(weeks, limits)
                if at:
                    return f"{at}{f' in {region}' if region else ''}"
    return ""


def _weeks(policy: Policy, medium: str, purpose: str, region: str) -> set[Week]:
    """The hours a policy gives in a part of the country; the country's own where no part is named."""
    rules = policy.rules_for(medium, purpose)
    if not region:
        return {rule.window for rule in rules if rule.window is not None}
    regions = [each for rule in rules for each in rule.regions if each.part == region]
    return {each.window for each in regions if each.window is not None}


def _kinds(plan: Plan, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """The channels and purposes of everything a plan may send."""
    for steps in plan.paths.values():
        for step in steps:
            for template in templates_of(step, plan, catalogue):
                yield from ((channel, template.purpose) for channel in channels_of(step, plan))


def _first(weeks: set[Week], limits: Limits) -> str:
    """The first minute of a week that is neither held nor allowed, in words."""
    for day in range(7):
        for minute in range(_DAY):
            allowed = all(_in_week(week, day, minute) for week in weeks)
            if not allowed and not limits.closed(_MONDAY + timedelta(day, minute * 60)):
                return f"{_DAYS[day]} at {minute // 60:02}:{minute % 60:02}"
    return ""


def _in_week(week: Week, day: int, minute: int) -> bool:
    """Whether a weekly window is open, also when it began the evening before."""
    today, yesterday = week[day], week[day - 1]
    if today is not None and (_within(today, minute) and (today.start < today.end or minute >= today.start)):
        return True
    return yesterday is not None and yesterday.start > yesterday.end and minute < yesterday.end


def _within(window: Window, minute: int) -> bool:
    return (minute - window.start) % _DAY < (window.end - window.start) % _DAY
