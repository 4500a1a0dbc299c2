"""Citing: what a law asks of a message, in words that name it."""

from care.domain.catalogue import DAY, Cap, Week, Window
from care.domain.policy import Rule

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS = (("day", DAY), ("hour", 3_600), ("minute", 60))
_KINDS = {"marketing": "advertising ", "care": "care ", "transactional": "transactional "}
_MEDIA = {"sms": "SMS", "email": "e-mail", "zalo": "Zalo message", "call": "call"}


def kind_words(rule: Rule) -> str:
    """Which messages a rule is about: ``advertising SMS``."""
    return _KINDS[rule.purpose] + _MEDIA[rule.medium]


def hours_words(place: str, rule: Rule, week: Week, law: str) -> str:
    """``Vietnam: no advertising SMS between 22:00 and 07:00 (Decree 91/2020)``."""
    window = week[0]
    if window is not None and all(each == window for each in week):
        closed = f"between {clock(window.end)} and {clock(window.start)}"
    else:
        closed = f"outside {week_words(week)}"
    return f"{place}: no {kind_words(rule)} {closed} ({law})"


def quota_words(place: str, rule: Rule, cap: Cap, law: str) -> str:
    """``Vietnam: at most 3 advertising SMS in 24 hours to one address (Decree 91/2020)``."""
    return f"{place}: at most {cap.count} {kind_words(rule)} in {span_words(cap.seconds)} to one address ({law})"


def week_words(week: Week) -> str:
    """``Mon to Sat 09:00 to 21:00, Sun 12:00 to 21:00``; days that are closed are left out."""
    runs: list[tuple[int, int, Window]] = []
    for day, window in enumerate(week):
        if window is None:
            continue
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == window:
            runs[-1] = (runs[-1][0], day, window)
        else:
            runs.append((day, day, window))
    return ", ".join(
        f"{_DAYS[first]}{f' to {_DAYS[last]}' if last > first else ''} {clock(window.start)} to {clock(window.end)}"
        for first, last, window in runs
    )


def span_words(seconds: int) -> str:
    """``24 hours``, ``7 days``; one day is said in hours, because it is no calendar day."""
    unit, size = next((unit, size) for unit, size in _UNITS if seconds % size == 0 and seconds != size)
    return f"{seconds // size} {unit}s"


def clock(minute: int) -> str:
    """A time of day from minutes since midnight."""
    return f"{minute // 60:02}:{minute % 60:02}"
