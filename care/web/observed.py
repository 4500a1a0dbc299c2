"""Every request is timed and counted by its route, and is a span where traces are on; nothing of its path is told."""

import time

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from care.telemetry import meters, tracing

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FROM_PROGRAMS = "/v1/"
_UNTRACED = ("/health/", "/metrics", "/static/")
_UNMATCHED = "unmatched"
_BROKEN = 500


class Observed:
    """Stands around everything else, so that refusals count too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), _BROKEN
        method = scope["method"] if scope["method"] in _METHODS else meters.OTHER

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if scope["path"].startswith(_UNTRACED):
                await self.app(scope, receive, noted)
                return
            with tracing.span(method, SpanKind.SERVER, _origin(scope)) as span:
                try:
                    await self.app(scope, receive, noted)
                finally:
                    _tell(span, method, _route(scope), status)
        finally:
            route = _route(scope)
            meters.HTTP_REQUESTS.labels(method, route, str(status)).inc()
            meters.HTTP_SECONDS.labels(method, route).observe(time.perf_counter() - began)


def _tell(span: Span, method: str, route: str, status: int) -> None:
    span.update_name(f"{method} {route}")
    span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
    if status >= _BROKEN:
        span.set_status(StatusCode.ERROR)


def _origin(scope: Scope) -> Context:
    """The shop's own trace, when one of its programs says it; a browser's page begins a new one."""
    return tracing.incoming(Headers(scope=scope)) if scope["path"].startswith(_FROM_PROGRAMS) else Context()


def _route(scope: Scope) -> str:
    """The template of the route, for example ``/v1/customers/{id:path}``: a path may hold an id or a key."""
    if scope["path"].startswith("/static/"):
        return "/static/{path}"
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) and path else _UNMATCHED
