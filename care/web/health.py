"""Probes and metrics: ``/health/live``, ``/health/ready`` and ``/metrics``."""

import asyncio
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from care.domain.errors import CareError
from care.settings import LOOPBACK
from care.web.api_models import HealthOut
from care.web.context import Here, WebContext
from care.web.guard import PROXIED, host_name
from care.web.problems import MEDIA_TYPE, RefusalError, body_of, described

router = APIRouter(tags=["health"])


@router.get("/health/live", summary="Whether the process answers", response_model_exclude_none=True)
def get_live() -> HealthOut:
    """Answer without looking at anything."""
    return HealthOut()


@router.get(
    "/health/ready",
    summary="Whether events can be taken",
    response_model=HealthOut,
    responses=described("unavailable"),
)
async def get_ready(request: Request, here: Here, strict: Annotated[bool, Query()] = False) -> Response:
    """Look at every part, two seconds at most.

    `503` when events cannot be taken: the store or its schema, the rules, the disk. Temporal, the workers and the sweep
    may be away: events are taken all the same and decided later; the answer is then `200` with the status `degraded`,
    or `503` with `strict=true`.
    """
    report = await here.readiness.look()
    parts = jsonable_encoder(report.as_plain())
    if report.ready and not (strict and report.status != "ok"):
        return JSONResponse({"status": report.status, "revision": _revision(here), "parts": parts})
    problem = body_of(RefusalError("unavailable", report.missing), request.scope["path"])
    content: dict[str, Any] = problem.model_dump(exclude={"errors"})
    return JSONResponse({**content, "parts": parts}, problem.status, {"Retry-After": "5"}, MEDIA_TYPE)


@router.get("/metrics", include_in_schema=False)
async def get_metrics(request: Request, here: Here) -> Response:
    """Everything that is measured, as Prometheus reads it."""
    _let_in(request, here)
    report = await here.readiness.look()
    return Response(await asyncio.to_thread(here.exposition.text, report), media_type=CONTENT_TYPE_LATEST)


def _revision(here: WebContext) -> int | None:
    try:
        return here.rulebook().revision
    except CareError:
        return None


def _let_in(request: Request, here: WebContext) -> None:
    """Let in who bears the key; without one, only this machine, and nobody through a proxy.

    Raises:
        RefusalError: For anybody else.
    """
    key = here.settings.metrics_key
    if key:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secrets.compare_digest(
            given.strip().encode(errors="replace"), key.encode()
        ):
            challenge = {"WWW-Authenticate": 'Bearer realm="aftercare"'}
            raise RefusalError("unauthorized", "send 'Authorization: Bearer <CARE_METRICS_KEY>'", headers=challenge)
        return
    names = (request.client.host if request.client else "", host_name(request.headers.get("host", "")))
    if any(name not in LOOPBACK for name in names) or any(name in request.headers for name in PROXIED):
        raise RefusalError("forbidden", "metrics are read on this machine only; set CARE_METRICS_KEY to open them")
