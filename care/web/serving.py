"""The web application as a process of its own runs it: with its log, its traces and its metrics."""

from functools import partial

from fastapi import FastAPI
from sqlalchemy import Engine

from care.settings import Settings, load_settings
from care.telemetry.logs import start_logging
from care.telemetry.tracing import start_tracing
from care.temporal.client import lazy_client
from care.temporal.runtime import measured
from care.web.app import create_app


def serving_app(settings: Settings | None = None, *, engine: Engine | None = None) -> FastAPI:
    """The application for this process; the factory that ``care up`` names to its web server.

    Args:
        settings: Read from the environment and ``care.toml`` when not given.
        engine: The store when it is open already.
    """
    settings = settings or load_settings()
    start_logging(settings)
    start_tracing("aftercare-api")
    runtime, _ = measured()
    return create_app(settings, engine=engine, connect=partial(lazy_client, runtime=runtime))
