"""How the console's pages are made: one template each, and the same data as JSON."""

import secrets
from collections.abc import Mapping
from typing import Any

from fastapi.encoders import jsonable_encoder
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from care.domain.audit import code_words
from care.web.context import WebContext
from care.web.filters import FILTERS
from care.web.lines import look_of

_TWIN = ".json"
_TWINLESS = ("/v1/", "/s/", "/u/", "/c/", "/p/", "/static/", "/health/")
_FALLBACKS: Mapping[str, tuple[str, str]] = {
    "thanks": ("Cảm ơn anh/chị!", "Thank you. We have your answer."),
    "unsubscribed": ("Đã hủy nhận tin", "You are unsubscribed."),
    "confirmed": ("Đã ghi nhận sự đồng ý", "Thank you. You have agreed."),
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
            # In place: what stands around this reads the route from the same scope.
            scope["path"], scope["care.json"] = "/" if path == "/index" else path, True
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
        "embedded": here.settings.catches_mail or here.settings.catches_sms or here.settings.catches_gateways,
        "zone": here.company().timezone,
    }
    response = HTMLResponse(PAGES.get_template(f"{name}.html").render({**frame, **view}), status)
    here.operators.remember(response, operator)
    return response


def plain_page(name: str, company: str) -> str:
    """A customer page in two languages for when the shop's own template cannot be shown."""
    title, words = _FALLBACKS.get(name, _NO_PAGE)
    return PAGES.get_template("plain.html").render(title=title, words=words, company=company)


def _environment() -> Environment:
    pages = Environment(
        loader=PackageLoader("care.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(FILTERS)
    pages.globals["look_of"] = look_of
    pages.globals["code_words"] = code_words
    return pages


PAGES = _environment()
