"""The pages customers open from a message: a survey, and the end of messages. Reading a page never changes anything."""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from starlette.datastructures import FormData

from care.domain.errors import CareError
from care.domain.metrics import SCALES
from care.links import SURVEY_PATH, UNSUBSCRIBE_PATH, LinkError, SurveyLink, UnsubscribeLink
from care.rendering import RenderError
from care.store import consents, customers, schema
from care.store.customers import Person
from care.store.engine import reading
from care.store.incoming import IncomingEvent
from care.web import intake
from care.web.console_view import plain_page
from care.web.context import Here, WebContext
from care.web.problems import RefusalError

log = logging.getLogger(__name__)

SOURCE = "aftercare"
SURVEY_OPEN = timedelta(days=180)
LONGEST_COMMENT = 2_000
_SHOWN = ("name", "address", "phone", "email", "website", "locale", "timezone")
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


class _GoneError(CareError):
    """The link was ours, but what it speaks of is not there any more."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A survey that was sent: who was asked, and when."""

    link: SurveyLink
    person: Person
    at: datetime


@router.api_route(SURVEY_PATH + "{token}", methods=["GET", "HEAD"])
def show_survey(here: Here, request: Request, token: str) -> HTMLResponse:
    """Show the question, with the score that was pressed in the message already chosen."""
    try:
        asked = _asked(here, token)
    except (LinkError, _GoneError) as error:
        return _refused(here, request, error)
    return _survey_page(here, request, asked)


@router.post(SURVEY_PATH + "{token}")
async def answer_survey(here: Here, request: Request, token: str) -> HTMLResponse:
    """Record an answer; every one is kept and the last one counts."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_record_answer, here, request, token, form)


@router.api_route(UNSUBSCRIBE_PATH + "{token}", methods=["GET", "HEAD"])
def show_unsubscribe(here: Here, request: Request, token: str) -> HTMLResponse:
    """Show the button that ends messages of this kind."""
    try:
        _, person = _leaving(here, token)
    except (LinkError, _GoneError) as error:
        return _refused(here, request, error)
    return _page(here, request, "unsubscribe", person, {"action": request.url.path})


@router.post(UNSUBSCRIBE_PATH + "{token}")
async def unsubscribe(here: Here, request: Request, token: str) -> HTMLResponse:
    """End messages of this kind at once (RFC 8058): no redirect, no cookie, and whatever the form looks like."""
    one_click = b"One-Click" in await request.body()
    return await run_in_threadpool(_record_leaving, here, request, token, one_click)


def _asked(here: WebContext, token: str) -> _Asked:
    link = here.links.read_survey(token)
    claims = schema.claims
    query = select(claims.c.customer, claims.c.at).where(claims.c.step_key == link.step_key).order_by(claims.c.at)
    with reading(here.engine) as conn:
        first = conn.execute(query.limit(1)).first()
        person = customers.person(conn, first.customer) if first is not None else None
    if first is None or person is None or link.kind not in SCALES or first.at + SURVEY_OPEN < here.now():
        raise _GoneError("the survey is closed")
    return _Asked(link, person, first.at)


def _survey_page(here: WebContext, request: Request, asked: _Asked, status: int = 200) -> HTMLResponse:
    survey = {"kind": asked.link.kind, "scores": list(SCALES[asked.link.kind]), "chosen": asked.link.score}
    words = {"survey": survey, "action": request.url.path, "nonce": secrets.token_urlsafe(12)}
    return _page(here, request, "survey", asked.person, words, status)


def _record_answer(here: WebContext, request: Request, token: str, form: FormData) -> HTMLResponse:
    try:
        asked = _asked(here, token)
    except (LinkError, _GoneError) as error:
        return _refused(here, request, error)
    score = _score(asked.link.kind, str(form.get("score", "")))
    if score is None:
        return _survey_page(here, request, asked, 422)
    comment = _clean(str(form.get("comment", "")))
    nonce = str(form.get("nonce") or secrets.token_urlsafe(12))
    data: dict[str, Any] = {"score": score, "survey": asked.link.step_key}
    if comment:
        data["comment"] = comment
    event_id = _event_id("answer", asked.link.step_key, nonce, str(score), comment)
    _record(here, event_id, f"{asked.link.kind}.answered", asked.person, data)
    return _page(here, request, "thanks", asked.person, {})


def _leaving(here: WebContext, token: str) -> tuple[UnsubscribeLink, Person]:
    link = here.links.read_unsubscribe(token)
    with reading(here.engine) as conn:
        person = customers.person(conn, link.customer)
    if person is None:
        raise _GoneError("the customer is not known any more")
    return link, person


def _record_leaving(here: WebContext, request: Request, token: str, one_click: bool) -> HTMLResponse:
    try:
        link, person = _leaving(here, token)
    except (LinkError, _GoneError) as error:
        return _refused(here, request, error)
    with reading(here.engine) as conn:
        statements = consents.listing(conn, person.key)
    given = [
        said.at for said in statements if said.given and (said.channel, said.purpose) == (link.channel, link.purpose)
    ]
    # The same click counts once, until the customer has agreed again.
    event_id = _event_id("unsubscribe", link.message, link.channel, link.purpose, str(max(given, default="")))
    wording = "one click in the mail program" if one_click else "the unsubscribe page"
    data = {"channel": link.channel, "purpose": link.purpose, "wording": wording}
    _record(here, event_id, "consent.withdrawn", person, data)
    return _page(here, request, "unsubscribed", person, {})


def _record(here: WebContext, event_id: str, kind: str, person: Person, data: dict[str, Any]) -> None:
    event = IncomingEvent(id=event_id, source=SOURCE, type=kind, time=here.now(), customer={"id": person.id}, data=data)
    try:
        intake.store(here, [event])
    except RefusalError as refusal:
        # The id is made from everything but the time: this very press was recorded before.
        if refusal.kind != "conflict":
            raise


def _event_id(what: str, *parts: str) -> str:
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{what}-{digest[:32]}"


def _score(kind: str, text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 and int(text) in SCALES[kind] else None


def _clean(text: str) -> str:
    lines = ("".join(filter(str.isprintable, line)) for line in text.splitlines())
    return "\n".join(lines).strip()[:LONGEST_COMMENT]


def _refused(here: WebContext, request: Request, error: CareError) -> HTMLResponse:
    return _page(here, request, "problem", None, {}, 410 if isinstance(error, _GoneError) else 404)


def _page(
    here: WebContext, request: Request, name: str, person: Person | None, words: dict[str, Any], status: int = 200
) -> HTMLResponse:
    company = here.company()
    locale = person.locale if person is not None else request.headers.get("accept-language", "")[:2]
    try:
        html = here.renderer.page(name, locale, {"company": {name: getattr(company, name) for name in _SHOWN}, **words})
    except RenderError as error:
        log.error("%s", error)
        html = plain_page(name, company.name)
    return HTMLResponse(html, status, {"Content-Security-Policy": _POLICY})
