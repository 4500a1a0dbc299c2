"""The port on which a worker tells of itself: ``/health/live``, ``/health/ready`` and ``/metrics``."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from care.domain.errors import CareError
from care.health.exposition import Exposition
from care.health.readiness import Readiness
from care.settings import Settings


class PortTakenError(CareError):
    """Something else listens where the metrics should be read; the message names the setting."""


@asynccontextmanager
async def answering(settings: Settings, readiness: Readiness, exposition: Exposition) -> AsyncIterator[None]:
    """Answer probes and scrapes until the block ends; nothing when the settings name no port.

    Raises:
        PortTakenError: The port cannot be had.
    """
    if not settings.metrics_port:
        yield
        return
    listening = _listen(settings.metrics_host, settings.metrics_port)
    app = _app(settings.metrics_key, readiness, exposition)
    server = _Server(
        uvicorn.Config(app, lifespan="off", access_log=False, log_config=None, timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _app(key: str, readiness: Readiness, exposition: Exposition) -> Starlette:
    async def live(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(request: Request) -> Response:
        report = await readiness.look()
        body = {"status": report.status, "parts": report.as_plain()}
        return JSONResponse(body, 200 if report.ready else 503)

    async def metrics(request: Request) -> Response:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        known = scheme.lower() == "bearer" and secrets.compare_digest(given.strip().encode(), key.encode())
        if key and not known:
            return PlainTextResponse("send 'Authorization: Bearer <CARE_METRICS_KEY>'\n", 401)
        told = await asyncio.to_thread(exposition.text, await readiness.look())
        return Response(told, media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", metrics)])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as trouble:
        raise PortTakenError(
            f"port {port} at {host} cannot be had for metrics ({trouble.strerror}); "
            "set CARE_METRICS_PORT to a free one, another one for each worker of a machine, or to 0 for none"
        ) from None


class _Server(uvicorn.Server):
    """A server inside a loop that is there already; signals belong to the worker."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
