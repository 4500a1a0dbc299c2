"""An SMS gateway that speaks Twilio's Messages API, keeps what it is given, and misbehaves when the number asks for it.

The numbers are Twilio's own magic numbers (https://www.twilio.com/docs/iam/test-credentials), and some more for what a
test account cannot show: a gateway that hangs up, fails inside or is too busy, and a message that is lost on its way.
It tells the shop what became of each message, and ``Inbound.json`` is a door of its own by which a developer writes as
a customer does; a customer who writes STOP gets nothing more.
"""

import base64
import hmac
import re
from datetime import date
from typing import Annotated, Any, cast

import anyio.from_thread
from fastapi import Depends, FastAPI, Form, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from care import clock
from care.peers.handset import Handset, Sms
from care.peers.httpserver import LINE
from care.peers.smshooks import Hooks, Shop
from care.peers.smswords import (
    CONFIRMED,
    FAILS_INSIDE,
    FROM,
    HANGS_UP,
    SAID,
    STATUS,
    TO,
    VERSION,
    incoming_form,
    keyword,
    resource,
    status_forms,
)

_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_LONGEST = 1_600


class _RefusedError(Exception):
    """The API answers with this error code."""

    def __init__(self, code: int) -> None:
        self.code = code


class _HungUpError(Exception):
    """The connection ends without an answer."""


class Wanted(BaseModel):
    """Which messages a list asks for; days are ``YYYY-MM-DD`` in UTC and both ends are included."""

    to: str = Field("", alias="To")
    on: str = Field("", alias="DateSent")
    until: str = Field("", alias="DateSent<")
    since: str = Field("", alias="DateSent>")
    size: int = Field(50, alias="PageSize", ge=1, le=1_000)
    page: int = Field(0, alias="Page", ge=0)


def gateway(handset: Handset, account: str, token: str, shop: Shop | None = None) -> FastAPI:
    """The gateway's API for one account.

    Args:
        shop: Whom to call; nobody unless given.
    """
    expected = b"Basic " + base64.b64encode(f"{account}:{token}".encode())

    def authenticate(request: Request) -> None:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, expected):
            raise _RefusedError(20003)
        if request.path_params["account"] != account:
            raise _RefusedError(20404)

    api = FastAPI(title="SMS gateway", docs_url=None, redoc_url=None, dependencies=[Depends(authenticate)])
    api.state.handset = handset
    api.state.hooks = Hooks(shop) if shop is not None else None
    api.add_exception_handler(_RefusedError, _refused)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(_HungUpError, _hang_up)
    base = f"/{VERSION}/Accounts/{{account}}"
    api.post(f"{base}/Messages.json", status_code=201)(create)
    api.get(f"{base}/Messages.json")(index)
    api.get(f"{base}/Messages/{{sid}}.json")(fetch)
    api.post(f"{base}/Inbound.json", status_code=201)(write_in)
    return api


def create(
    request: Request,
    account: str,
    to: Annotated[str, Form(alias="To")] = "",
    sender: Annotated[str, Form(alias="From")] = "",
    service: Annotated[str, Form(alias="MessagingServiceSid")] = "",
    body: Annotated[str, Form(alias="Body")] = "",
    callback: Annotated[str, Form(alias="StatusCallback")] = "",
) -> dict[str, Any]:
    """Take one message."""
    sender = sender or service
    code = _fault(to, sender, body) or (21610 if _handset(request).is_stopped(sender, to) else 0)
    if code:
        raise _RefusedError(code)
    kept = _handset(request).add(sender, to, body, clock.now())
    _tell(request, kept, account, callback)
    if to == HANGS_UP:
        raise _HungUpError
    if to == FAILS_INSIDE:
        raise _RefusedError(20500)
    return resource(kept, account, fresh=True)


def fetch(request: Request, account: str, sid: str) -> dict[str, Any]:
    """One message."""
    found = _handset(request).get(sid)
    if found is None:
        raise _RefusedError(20404)
    return resource(found, account)


def index(request: Request, account: str, wanted: Annotated[Wanted, Query()]) -> dict[str, Any]:
    """The messages, the newest first, by recipient and by the day they were sent (UTC)."""
    size, page = wanted.size, wanted.page
    found = _handset(request).list(
        recipient=wanted.to,
        first_day=_day(wanted.since or wanted.on),
        last_day=_day(wanted.until or wanted.on),
        skip=page * size,
        limit=size + 1,
    )
    shown = [resource(sms, account) for sms in found[:size]]
    here = request.url
    return {
        "messages": shown,
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(len(shown) - 1, 0),
        "uri": _path(here),
        "first_page_uri": _path(here.include_query_params(Page=0)),
        "next_page_uri": _path(here.include_query_params(Page=page + 1)) if len(found) > size else None,
        "previous_page_uri": _path(here.include_query_params(Page=page - 1)) if page else None,
    }


async def write_in(
    request: Request,
    account: str,
    sender: Annotated[str, Form(alias="From")],
    recipient: Annotated[str, Form(alias="To")],
    body: Annotated[str, Form(alias="Body", max_length=_LONGEST)] = "",
) -> dict[str, Any]:
    """Take what a customer writes to the shop's number, and pass it on; ``answer`` is the shop's HTTP status."""
    handset, kind = _handset(request), keyword(body)
    sid = handset.write(sender, recipient, body, clock.now())
    if kind in ("STOP", "START"):
        handset.stop(recipient, sender, stopped=kind == "STOP")
    if kind:
        handset.add(recipient, sender, CONFIRMED[kind], clock.now())
    hooks = cast(Hooks | None, request.app.state.hooks)
    form = incoming_form(sid, account, sender, recipient, body)
    answer = await hooks.tell(hooks.shop.inbound, form) if hooks is not None and hooks.shop.inbound else 0
    return {"sid": sid, "opt_out_type": kind, "answer": answer}


def _handset(request: Request) -> Handset:
    return cast(Handset, request.app.state.handset)


def _tell(request: Request, sms: Sms, account: str, callback: str) -> None:
    hooks = cast(Hooks | None, request.app.state.hooks)
    if hooks is not None and callback:
        anyio.from_thread.run_sync(hooks.tell_soon, callback, *status_forms(sms, account))


def _fault(to: str, sender: str, body: str) -> int:
    if not to:
        return 21604
    if not sender:
        return 21603
    if not body:
        return 21602
    if to in TO:
        return TO[to]
    if sender in FROM:
        return FROM[sender]
    if not _PHONE.fullmatch(to):
        return 21211
    return 21617 if len(body) > _LONGEST else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _RefusedError(20001) from None


def _path(url: Any) -> str:
    return f"{url.path}?{url.query}" if url.query else str(url.path)


async def _refused(request: Request, error: Exception) -> Response:
    code = cast(_RefusedError, error).code
    status = STATUS.get(code, 400)
    more = f"https://www.twilio.com/docs/errors/{code}"
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if status == 401 else None
    return JSONResponse(
        {"code": code, "message": SAID[code], "more_info": more, "status": status}, status, headers=headers
    )


async def _invalid(request: Request, error: Exception) -> Response:
    return await _refused(request, _RefusedError(20001))


async def _hang_up(request: Request, error: Exception) -> Response:
    request.scope["state"][LINE].abort()
    return Response()
