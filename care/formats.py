"""How numbers, money and dates read in each language: the filters a template may use."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context

_NARROW = "\u00a0"
_WEEKDAYS = {
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def number_text(value: float, language: str) -> str:
    """A number with the language's separators: ``12.500,5`` in Vietnamese, ``12,500.5`` in English."""
    whole = float(value).is_integer()
    text = f"{int(value):,}" if whole else f"{value:,.10g}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def money_text(value: float, language: str) -> str:
    """An amount in dong: ``12.000.000 ₫`` in Vietnamese, ``₫12,000,000`` in English."""
    text = number_text(round(value), language)
    return f"{text}{_NARROW}₫" if language == "vi" else f"₫{text}"


def date_text(value: date, language: str) -> str:
    """A date: ``02/03/2026`` in Vietnamese, ``2 March 2026`` in English."""
    return f"{value:%d/%m/%Y}" if language == "vi" else f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def day_text(value: date, language: str) -> str:
    """A date with its weekday: ``thứ Hai, 02/03/2026`` or ``Monday, 2 March 2026``."""
    names = _WEEKDAYS["vi" if language == "vi" else "en"]
    return f"{names[value.weekday()]}, {date_text(value, language)}"


@pass_context
def number(context: Context, value: float) -> str:
    """``{{ order.total | number }}``."""
    return number_text(value, _language(context))


@pass_context
def money(context: Context, value: float) -> str:
    """``{{ order.total | money }}``."""
    return money_text(value, _language(context))


@pass_context
def date_filter(context: Context, value: date | str) -> str:
    """``{{ order.placed_at | date }}``, in the customer's time zone."""
    return date_text(_local(context, value), _language(context))


@pass_context
def day(context: Context, value: date | str) -> str:
    """``{{ appointment.at | day }}``, in the customer's time zone."""
    return day_text(_local(context, value), _language(context))


@pass_context
def time(context: Context, value: datetime | str) -> str:
    """``{{ appointment.at | time }}``: ``14:30`` on the customer's clock."""
    return f"{_local(context, value):%H:%M}"


FILTERS: Mapping[str, Callable[..., str]] = {
    "money": money,
    "number": number,
    "date": date_filter,
    "day": day,
    "time": time,
}


def _language(context: Context) -> str:
    return str(context.get("language", ""))


def _local(context: Context, value: date | str) -> date:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        return moment
    return moment.astimezone(ZoneInfo(_zone(context)))


def _zone(context: Context) -> str:
    for place in ("customer", "company"):
        known = context.get(place)
        zone = known.get("timezone") if isinstance(known, Mapping) else None
        if zone:
            return str(zone)
    return "UTC"
