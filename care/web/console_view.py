"""How the console's pages are made: one template each, and the same data as JSON."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi.encoders import jsonable_encoder
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from care.domain.audit import code_words
from care.domain.conditions import Value, said
from care.web.context import WebContext
from care.web.lines import look_of

_TWIN = ".json"
_TWINLESS = ("/v1/", "/s/", "/u/", "/static/", "/health/")
_FALLBACKS: Mapping[str, tuple[str, str]] = {
    "thanks": ("Cảm ơn anh/chị!", "Thank you. We have your answer."),
    "unsubscribed": ("Đã hủy nhận tin", "You are unsubscribed."),
}
_NO_PAGE = ("Trang này không mở được", "This page cannot be opened right now. Please try again later.")


class JsonTwins:
    """Gives every page of the console a twin: ``/tickets.json`` is ``/tickets`` as data, ``/index.json`` is ``/``."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the suffix off and remember it."""
        if scope["type"] == "http" and scope["path"].endswith(_TWIN) and not scope["path"].startswith(_TWINLESS):
            path = scope["path"].removesuffix(_TWIN)
            scope = {**scope, "path": "/" if path == "/index" else path, "care.json": True}
        await self.app(scope, receive, send)


def wants_json(request: Request) -> bool:
    """Whether the page is asked for as data."""
    return bool(request.scope.get("care.json")) or request.query_params.get("format") == "json"


def show(request: Request, here: WebContext, name: str, view: Mapping[str, Any], status: int = 200) -> Response:
    """A page of the console, or its twin.

    Args:
        request: What was asked.
        here: The server's surroundings.
        name: Template without its ending.
        view: Everything the page shows, by name.
        status: The HTTP status code.
    """
    if wants_json(request):
        return JSONResponse(jsonable_encoder(view), status)
    operator = here.operators.of(request)
    frame = {
        "at": request.url.path,
        "operator": operator,
        "token": here.operators.token(operator),
        "press": secrets.token_hex(12),
        "now": here.now(),
        "company": here.company(),
        "embedded": here.settings.catches_mail or here.settings.catches_sms,
        "zone": here.company().timezone,
    }
    response = HTMLResponse(PAGES.get_template(f"{name}.html").render({**frame, **view}), status)
    here.operators.remember(response, operator)
    return response


def plain_page(name: str, company: str) -> str:
    """A customer page in two languages for when the shop's own template cannot be shown."""
    title, words = _FALLBACKS.get(name, _NO_PAGE)
    return PAGES.get_template("plain.html").render(title=title, words=words, company=company)


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


def _environment() -> Environment:
    pages = Environment(
        loader=PackageLoader("care.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(
        clock=clock, moment=moment, day=day, span=span, percent=percent, words=words, path=quote, said=spoken
    )
    pages.globals["look_of"] = look_of
    pages.globals["code_words"] = code_words
    return pages


PAGES = _environment()
