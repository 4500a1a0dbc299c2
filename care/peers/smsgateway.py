"""An SMS gateway that speaks Twilio's Messages API, keeps what it is given, and misbehaves when the number asks for it.

The numbers are Twilio's own magic numbers (https://www.twilio.com/docs/iam/test-credentials), and three more for what a
test account cannot show: a gateway that hangs up, fails inside, or is too busy.
"""

import base64
import hmac
import re
from datetime import date
from email.utils import format_datetime
from typing import Annotated, Any, cast

from fastapi import Depends, FastAPI, Form, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from care import clock
from care.domain.segments import segments
from care.peers.handset import Handset, Sms
from care.peers.httpserver import LINE

HANGS_UP = "+15005550020"
FAILS_INSIDE = "+15005550021"
TOO_BUSY = "+15005550022"

_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
    TOO_BUSY: 20429,
}
_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
_SAID = {
    20001: "A parameter is not valid",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too many requests",
    20500: "Internal server error",
    21211: "The 'To' number is not a valid phone number",
    21212: "The 'From' number is not a valid phone number",
    21408: "Permission to send an SMS has not been enabled for the region of the 'To' number",
    21602: "Message body is required",
    21603: "A 'From' phone number is required",
    21604: "A 'To' phone number is required",
    21606: "The 'From' number is not an SMS-capable number of your account",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "The 'From' number has exceeded the maximum number of queued messages",
    21612: "The 'To' number is not currently reachable",
    21614: "The 'To' number is not a valid mobile number",
    21617: "The message body exceeds the 1600 character limit",
}
_STATUS = {20003: 401, 20404: 404, 20429: 429, 20500: 500}
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_LONGEST = 1_600
_VERSION = "2010-04-01"


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


def gateway(handset: Handset, account: str, token: str) -> FastAPI:
    """The gateway's API for one account."""
    expected = b"Basic " + base64.b64encode(f"{account}:{token}".encode())

    def authenticate(request: Request) -> None:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, expected):
            raise _RefusedError(20003)
        if request.path_params["account"] != account:
            raise _RefusedError(20404)

    api = FastAPI(title="SMS gateway", docs_url=None, redoc_url=None, dependencies=[Depends(authenticate)])
    api.state.handset = handset
    api.add_exception_handler(_RefusedError, _refused)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(_HungUpError, _hang_up)
    base = f"/{_VERSION}/Accounts/{{account}}/Messages"
    api.post(f"{base}.json", status_code=201)(create)
    api.get(f"{base}.json")(index)
    api.get(f"{base}/{{sid}}.json")(fetch)
    return api


def create(
    request: Request,
    account: str,
    to: Annotated[str, Form(alias="To")] = "",
    sender: Annotated[str, Form(alias="From")] = "",
    service: Annotated[str, Form(alias="MessagingServiceSid")] = "",
    body: Annotated[str, Form(alias="Body")] = "",
) -> dict[str, Any]:
    """Take one message."""
    code = _fault(to, sender or service, body)
    if code:
        raise _RefusedError(code)
    kept = _handset(request).add(sender or service, to, body, clock.now())
    if to == HANGS_UP:
        raise _HungUpError
    if to == FAILS_INSIDE:
        raise _RefusedError(20500)
    return _resource(kept, account, "queued")


def fetch(request: Request, account: str, sid: str) -> dict[str, Any]:
    """One message."""
    found = _handset(request).get(sid)
    if found is None:
        raise _RefusedError(20404)
    return _resource(found, account, "delivered")


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
    shown = [_resource(sms, account, "delivered") for sms in found[:size]]
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


def _handset(request: Request) -> Handset:
    return cast(Handset, request.app.state.handset)


def _fault(to: str, sender: str, body: str) -> int:
    if not to:
        return 21604
    if not sender:
        return 21603
    if not body:
        return 21602
    if to in _TO:
        return _TO[to]
    if sender in _FROM:
        return _FROM[sender]
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


def _resource(sms: Sms, account: str, status: str) -> dict[str, Any]:
    when = format_datetime(sms.received_at)
    service = _SERVICE.fullmatch(sms.sender) is not None
    uri = f"/{_VERSION}/Accounts/{account}/Messages/{sms.sid}"
    return {
        "account_sid": account,
        "api_version": _VERSION,
        "body": sms.body,
        "date_created": when,
        "date_sent": when,
        "date_updated": when,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": None if service else sms.sender,
        "messaging_service_sid": sms.sender if service else None,
        "num_media": "0",
        "num_segments": str(segments(sms.body).parts),
        "price": None,
        "price_unit": None,
        "sid": sms.sid,
        "status": status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": sms.recipient,
        "uri": f"{uri}.json",
    }


async def _refused(request: Request, error: Exception) -> Response:
    code = cast(_RefusedError, error).code
    status = _STATUS.get(code, 400)
    more = f"https://www.twilio.com/docs/errors/{code}"
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if status == 401 else None
    return JSONResponse(
        {"code": code, "message": _SAID[code], "more_info": more, "status": status}, status, headers=headers
    )


async def _invalid(request: Request, error: Exception) -> Response:
    return await _refused(request, _RefusedError(20001))


async def _hang_up(request: Request, error: Exception) -> Response:
    request.scope["state"][LINE].abort()
    return Response()
