"""What an operator does at the console: each press is an event in the inbox, under a person's name."""

import contextlib
import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from care.domain.happenings import PAUSED, RESUMED
from care.store import claims, customers, tickets
from care.store.engine import reading, writing
from care.store.incoming import IncomingEvent, event_id, plain_lines
from care.store.settling import LateOutcome, NotInDoubtError, settle_by_hand
from care.web import intake
from care.web.console import CONSOLE
from care.web.context import Here, WebContext
from care.web.operators import Operator, named
from care.web.problems import RefusalError

SOURCE = "console"

router = APIRouter(include_in_schema=False, dependencies=CONSOLE)


class Press(BaseModel):
    """What every form of the console carries."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field("", max_length=200)
    press: str = Field("", max_length=100)
    operator: str = Field("", max_length=200)
    note: str = Field("", max_length=2_000)
    back: str = Field("/", max_length=500)


Pressed = Annotated[Press, Form()]


class Settling(Press):
    """The form that says what became of a message."""

    outcome: LateOutcome


@router.post("/operator")
def introduce(request: Request, here: Here, form: Pressed) -> RedirectResponse:
    """Remember who sits at this browser."""
    return _back(here, _operator(request, here, form), form.back)


@router.post("/customers/{key}/pause")
def pause(request: Request, here: Here, key: str, form: Pressed) -> RedirectResponse:
    """Hold every message to a customer until someone resumes."""
    operator = _operator(request, here, form)
    _command(here, key, PAUSED, operator, form)
    return _back(here, operator, f"/customers/{key}")


@router.post("/customers/{key}/resume")
def resume(request: Request, here: Here, key: str, form: Pressed) -> RedirectResponse:
    """Let messages to a customer go out again."""
    operator = _operator(request, here, form)
    _command(here, key, RESUMED, operator, form)
    return _back(here, operator, f"/customers/{key}")


@router.post("/customers/{key}/tickets/{ticket:path}/close")
def close_ticket(request: Request, here: Here, key: str, ticket: str, form: Pressed) -> RedirectResponse:
    """Close a ticket; the journey that waits for it goes on."""
    operator = _operator(request, here, form)
    with reading(here.engine) as conn:
        known = tickets.get(conn, key, ticket)
    if known is None:
        raise RefusalError("not-found", "this customer has no such ticket")
    _command(here, key, "ticket.closed", operator, form, ticket=ticket)
    return _back(here, operator, f"/customers/{key}")


@router.post("/message-outcome/{key:path}")
def settle(request: Request, here: Here, key: str, form: Annotated[Settling, Form()]) -> RedirectResponse:
    """Say what became of a message of which nobody knows; nothing is sent again."""
    operator = _operator(request, here, form)
    with writing(here.engine) as conn:
        if claims.message(conn, key) is None:
            raise RefusalError("not-found", "no message was sent under this key")
        with contextlib.suppress(NotInDoubtError):  # Pressed twice, or known meanwhile: its page says what it is.
            settle_by_hand(conn, key, form.outcome, by=operator.name, note=plain_lines(form.note), at=here.now())
    return _back(here, operator, f"/messages/{quote(key)}")


def _operator(request: Request, here: WebContext, form: Press) -> Operator:
    operator = here.operators.of(request)
    return Operator(named(form.operator or operator.name), operator.mark)


def _command(here: WebContext, key: str, kind: str, operator: Operator, form: Press, ticket: str = "") -> None:
    """Store the command, then have it decided at once if the engine is there; the sweep sees to it otherwise."""
    with reading(here.engine) as conn:
        person = customers.person(conn, key)
    if person is None:
        raise RefusalError("not-found", "there is no customer with this key")
    said = {"ticket": ticket, "note": plain_lines(form.note)}
    event = IncomingEvent(
        id=event_id("press", form.press or secrets.token_hex(12), key, kind, ticket),
        source=SOURCE,
        type=kind,
        time=here.now(),
        customer={"id": person.id},
        data={name: value for name, value in said.items() if value},
        operator=operator.name,
    )
    try:
        receipts = intake.store(here, [event])
    except RefusalError as refusal:
        if refusal.kind == "conflict":  # The same button of the same page, pressed twice.
            return
        raise
    here.workflows.command(key, receipts[0].id)


def _back(here: WebContext, operator: Operator, path: str) -> RedirectResponse:
    inside = path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
    response = RedirectResponse(inside, 303)
    here.operators.remember(response, operator)
    return response
