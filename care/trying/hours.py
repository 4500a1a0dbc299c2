"""Hours: whether quiet hours keep every message within the hours the law allows, on whatever clock a customer lives."""

from collections.abc import Iterator

from care.domain.catalogue import Catalogue, Week, Window
from care.domain.journey import Plan
from care.domain.rulebook import Rulebook
from care.rulebook.checks.packs import packs_for
from care.rulebook.checks.purposes import channels_of, templates_of

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = 1_440


def against_the_law(rulebook: Rulebook) -> str:
    """The first minute of a week at which something may leave that the law forbids then, in words; empty if none.

    Both quiet hours and the law are kept on the customer's own clock, so this holds in every time zone.
    """
    company = rulebook.catalogue.company
    for walked in rulebook.entering.values():
        sending = walked.plan.sending
        windows = (company.quiet_hours, sending.quiet_hours if sending is not None else None)
        quiet = [window for window in windows if window is not None]
        for medium, purpose in _kinds(walked.plan, rulebook.catalogue):
            for pack in packs_for(company):
                for rule in pack.rules_for(medium, purpose):
                    at = _first(rule.window, quiet) if rule.window is not None else ""
                    if at:
                        return f"{walked.plan.journey} may send {purpose} by {medium} on {at}, forbidden {pack.where}"
    return ""


def _kinds(plan: Plan, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """The channels and purposes of everything a plan may send."""
    for steps in plan.paths.values():
        for step in steps:
            for template in templates_of(step, plan, catalogue):
                yield from ((channel, template.purpose) for channel in channels_of(step, plan))


def _first(allowed: Week, quiet: list[Window]) -> str:
    """The first minute of a week that is neither quiet nor allowed, in words."""
    for day in range(7):
        for minute in range(_DAY):
            if not _in_week(allowed, day, minute) and not any(_within(window, minute) for window in quiet):
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
