"""The web application: what it is made of, on one screen."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from sqlalchemy import Engine
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from care import clock
from care.health import parts as look_at
from care.health.exposition import Exposition, StoreGauges
from care.health.readiness import Part, Readiness
from care.links import Links
from care.rendering import Renderer
from care.settings import Settings, load_settings, with_secrets
from care.store.engine import open_store
from care.store.plans import RulebookCache
from care.temporal.client import lazy_client
from care.web import (
    api,
    consent_pages,
    console,
    desk,
    health,
    hooks,
    images,
    journeys,
    leaving,
    mail_reports,
    mailbox,
    pages,
    preferences,
    trials,
)
from care.web.answering import answer_problems
from care.web.bodies import BodyLimit
from care.web.console_view import JsonTwins
from care.web.context import WebContext
from care.web.drafts import Drafts
from care.web.guard import KnownHosts, SafeHeaders, hosts_of
from care.web.observed import Observed
from care.web.openapi import describe
from care.web.operators import Operators
from care.web.throttles import Throttles
from care.web.workflows import Connect, Workflows

_STATIC = Path(__file__).parent / "static"
_INTERFACES = (api.events, api.records, health.router, hooks.router, mail_reports.router)
_CUSTOMER_PAGES = (pages.router, consent_pages.router, preferences.router, trials.router, images.router)
_CONSOLE = (console.router, leaving.router, desk.router, journeys.router, mailbox.router)
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}


def create_app(
    settings: Settings | None = None,
    *,
    engine: Engine | None = None,
    now: Callable[[], datetime] = clock.now,
    connect: Connect = lazy_client,
) -> FastAPI:
    """The API, the customers' pages and the console; the store must be migrated.

    Args:
        settings: Read from the environment and ``care.toml`` when not given.
        engine: The store when it is open already.
        now: The clock (UTC); another one than the wall's when time is virtual.
        connect: Reaches Temporal.

    Raises:
        SettingsError: When the server would be open to other machines without a password.
    """
    settings = with_secrets(settings or load_settings())
    context = _context(settings, engine or open_store(settings.database_url, durable=settings.durable), now, connect)

    app = FastAPI(
        title="Aftercare",
        version="1",
        lifespan=_lifespan,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    app.state.context = context
    for router in (*_INTERFACES, *_CUSTOMER_PAGES, *_CONSOLE):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    answer_problems(app)
    _guard(app, settings)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    context = app.state.context
    assert isinstance(context, WebContext)
    async with context.workflows.running():
        yield
    await context.close()


def _guard(app: FastAPI, settings: Settings) -> None:
    """What every request passes, the innermost first."""
    app.add_middleware(BodyLimit)
    app.add_middleware(JsonTwins)
    if not settings.is_exposed:
        app.add_middleware(KnownHosts, hosts=hosts_of(settings))
    app.add_middleware(SafeHeaders, https=settings.is_https)
    if settings.proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.proxies)
    app.add_middleware(Observed)


def _context(settings: Settings, engine: Engine, now: Callable[[], datetime], connect: Connect) -> WebContext:
    workflows = Workflows(settings, engine, connect)
    rulebooks = RulebookCache(engine)
    parts = (
        Part("store", look_at.store(engine)),
        Part("rules", look_at.rulebook(rulebooks)),
        Part("disk", look_at.disk(settings.data_dir)),
        Part("temporal", look_at.temporal(workflows.line), needed=False),
        Part("workers", look_at.workers(workflows.line, settings, clock.now), needed=False),
        Part("sweep", look_at.sweep(workflows.line, clock.now), needed=False),
    )
    return WebContext(
        settings=settings,
        engine=engine,
        rulebooks=rulebooks,
        drafts=Drafts(settings.rules_dir, settings.templates_dir),
        workflows=workflows,
        renderer=Renderer(settings.templates_dir, settings.public_url),
        links=Links(settings.secret, settings.public_url),
        operators=Operators(settings.secret, https=settings.is_https),
        throttles=Throttles.of(settings),
        readiness=Readiness(parts),
        exposition=Exposition(StoreGauges(engine, now, settings.data_dir)),
        now=now,
    )
