"""The page of a survey that customers open from a message. Reading it never changes anything."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from starlette.datastructures import FormData

from care.domain.metrics import SCALES, mood
from care.domain.orders import asking_key
from care.links import SURVEY_PATH, LinkError, SurveyLink
from care.store import customers, schema
from care.store.customers import Person
from care.store.engine import reading
from care.store.incoming import event_id, plain_lines
from care.web.context import Here, WebContext
from care.web.customer_page import PACED, GoneError, page, record, refused, sent_message

SURVEY_OPEN = timedelta(days=180)
LONGEST_COMMENT = 2_000

router = APIRouter(include_in_schema=False, dependencies=PACED)


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
    except (LinkError, GoneError) as error:
        return refused(here, request, error)
    return _survey_page(here, request, asked)


@router.post(SURVEY_PATH + "{token}")
async def answer_survey(here: Here, request: Request, token: str) -> HTMLResponse:
    """Record an answer; every one is kept and the last one counts."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_record_answer, here, request, token, form)


def _asked(here: WebContext, token: str) -> _Asked:
    link = _survey_link(here, token)
    claims = schema.claims
    query = select(claims.c.customer, claims.c.at).where(claims.c.step_key == link.step_key).order_by(claims.c.at)
    with reading(here.engine) as conn:
        first = conn.execute(query.limit(1)).first()
        person = customers.person(conn, first.customer) if first is not None else None
    if first is None or person is None or link.kind not in SCALES or first.at + SURVEY_OPEN < here.now():
        raise GoneError("the survey is closed", person)
    return _Asked(link, person, first.at)


def _survey_link(here: WebContext, token: str) -> SurveyLink:
    named = here.links.read_short("survey", token)
    if named is None:
        return here.links.read_survey(token)
    sent = sent_message(here, named)
    return SurveyLink(asking_key(sent.step_key), sent.survey)


def _survey_page(here: WebContext, request: Request, asked: _Asked, status: int = 200) -> HTMLResponse:
    survey = {"kind": asked.link.kind, "scores": list(SCALES[asked.link.kind]), "chosen": asked.link.score}
    words = {"survey": survey, "action": request.url.path, "nonce": secrets.token_urlsafe(12)}
    return page(here, request, "survey", asked.person, words, status)


def _record_answer(here: WebContext, request: Request, token: str, form: FormData) -> HTMLResponse:
    try:
        asked = _asked(here, token)
    except (LinkError, GoneError) as error:
        return refused(here, request, error)
    score = _score(asked.link.kind, str(form.get("score", "")))
    if score is None:
        return _survey_page(here, request, asked, 422)
    comment = plain_lines(str(form.get("comment", "")))[:LONGEST_COMMENT]
    nonce = str(form.get("nonce") or secrets.token_urlsafe(12))
    data: dict[str, Any] = {"score": score, "survey": asked.link.step_key}
    if comment:
        data["comment"] = comment
    name = event_id("answer", asked.link.step_key, nonce, str(score), comment)
    record(here, name, f"{asked.link.kind}.answered", asked.person, data)
    answered = {"kind": asked.link.kind, "score": score, "mood": mood(asked.link.kind, score)}
    return page(here, request, "thanks", asked.person, {"survey": answered, "again": request.url.path})


def _score(kind: str, text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 and int(text) in SCALES[kind] else None
