"""How the pages write times, lengths of time, numbers and codes: the filters of their templates."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from care.domain.conditions import Value, said


def clock(instant: datetime, zone: str) -> str:
    """``09:00`` on the clock of a zone."""
    return f"{instant.astimezone(ZoneInfo(zone)):%H:%M}"


def moment(instant: datetime, zone: str) -> str:
    """``Mon 2 Mar 2026, 09:00`` on the clock of a zone."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def day(value: date) -> str:
    """``Monday 2 March 2026``."""
    return f"{value:%A} {value.day} {value:%B %Y}"


def span(length: timedelta) -> str:
    """A length of time in its largest unit: ``3 days``, ``5 h``, ``20 min``."""
    minutes = int(abs(length.total_seconds()) // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes < 600 and minutes % 60 else "")
    return f"{minutes // 1440} days"


def percent(value: float | None) -> str:
    """A percentage without decimals, or a dash."""
    return "–" if value is None else f"{value:.0f}"


def words(code: str) -> str:
    """A code as words: ``no_consent`` is ``no consent``."""
    return code.replace("_", " ")


def spoken(value: Value, zone: str) -> str:
    """A field's value as a person would say it, instants on the clock of a zone."""
    return moment(value, zone) if isinstance(value, datetime) else said(value)


FILTERS: Mapping[str, Callable[..., str]] = {
    "clock": clock,
    "moment": moment,
    "day": day,
    "span": span,
    "percent": percent,
    "words": words,
    "path": quote,
    "said": spoken,
}
