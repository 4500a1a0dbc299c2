"""Windows: whether quiet hours leave a time of day to send, wherever a customer lives."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from care.domain.catalogue import Window
from care.domain.journey import Plan, Sending
from care.domain.policy import Rule, packs_for
from care.domain.steps import Step
from care.rulebook.checks.places import Places
from care.rulebook.checks.purposes import channels_of, templates_of
from care.rulebook.clocktimes import stretch_words
from care.rulebook.draft import Draft
from care.rulebook.names import Known

_DAY = 1_440
_ALL = (1 << _DAY) - 1
# A day in winter and one in summer, on which clocks are compared.
_DATES = (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))
# Zones that are named first when there are many.
_LARGE = ("America/New_York", "Europe/London", "Europe/Paris", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo")


def check_windows(plan: Plan, draft: Draft, places: Places) -> None:
    """Note J055 where a journey's quiet hours, the company's and the law's together leave no time of day."""
    company = draft.known.catalogue.company
    if "company" in draft.known.unsure:
        return
    sending = plan.sending or Sending()
    windows = [window for window in (company.quiet_hours, sending.quiet_hours) if window is not None]
    quiet = _minutes(windows)
    if sending.timezone and _check_zones(quiet, windows, sending.timezone, draft, places):
        return
    for step, rule, where in _advertising(plan, draft.known):
        if rule.window is not None and all(_never(quiet, window) for window in rule.window):
            at = places.top("sending", "quiet_hours") if sending.quiet_hours is not None else places.step(step)
            message = f"quiet hours {_words(windows)} leave none of the time in which advertising by {rule.medium} is"
            draft.findings.add("J055", at, f"{message} allowed {where}", "make quiet hours shorter")
            return


def _minutes(windows: Iterable[Window]) -> int:
    """The minutes of a day that are in any of some windows, a bit each."""
    found = 0
    for window in windows:
        lasts = (1 << (window.end - window.start) % _DAY) - 1
        found |= _turned(lasts, window.start)
    return found


def _turned(minutes: int, by: int) -> int:
    """The same minutes on a clock that is ahead by so many."""
    by %= _DAY
    return (minutes << by | minutes >> _DAY - by) & _ALL


def _never(quiet: int, window: Window | None) -> bool:
    """Whether nothing of a window is left; one that ends where it begins is the whole day."""
    if window is None:
        return True
    allowed = _minutes((window,)) if window.start != window.end else _ALL
    return not allowed & ~quiet


def _check_zones(quiet: int, windows: list[Window], zone: str, draft: Draft, places: Places) -> bool:
    """Customers for whom it is never loud on both clocks; an error where the company itself is."""
    closed = {apart for apart in range(0, _DAY, 15) if quiet | _turned(quiet, apart) == _ALL}
    home = draft.known.catalogue.company.timezone
    found = next((name for name in _zones(home) if _is_closed(name, zone, closed)), None) if closed else None
    if found is None:
        return False
    hours = f"quiet hours {_words(windows)}, on the customer's clock and on that of {zone},"
    message = f"{hours} leave no time of day for customers in {found}"
    at = places.top("sending", "timezone")
    hint = "make quiet hours shorter, or leave 'timezone' out"
    draft.findings.add("J055", at, message, hint, "error" if found == home else "warning")
    return found == home


def _zones(home: str) -> Iterator[str]:
    yield home
    yield from _LARGE
    yield from sorted(name for name in available_timezones() if "/" in name)


def _is_closed(name: str, other: str, closed: set[int]) -> bool:
    return any((_ahead(name, at) - _ahead(other, at)) % _DAY in closed for at in _DATES)


def _ahead(zone: str, at: datetime) -> int:
    """Minutes that a zone's clocks are ahead of UTC."""
    offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    return int(offset.total_seconds() // 60) if offset is not None else 0


def _advertising(plan: Plan, known: Known) -> Iterator[tuple[Step, Rule, str]]:
    """Every step that may advertise, with the rules that hold for it and where."""
    catalogue, packs = known.catalogue, packs_for(known.catalogue.company, known.policies)
    steps = [step for steps in plan.paths.values() for step in steps]
    for step in steps:
        if any(template.purpose == "marketing" for template in templates_of(step, plan, catalogue)):
            for pack in packs:
                for channel in dict.fromkeys(channels_of(step, plan)):
                    yield from ((step, rule, pack.where) for rule in pack.rules_for(channel, "marketing"))


def _words(windows: list[Window]) -> str:
    return " and ".join(dict.fromkeys(stretch_words(window) for window in windows))
