"""eSMS as its documentation tells: it keeps what it takes, knows a RequestId for a day and calls back by GET.

https://developers.esms.vn/en/esms-api; ``care.peers.magic`` has the numbers that make it misbehave.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import JSONResponse, Response

from care import clock
from care.domain.segments import segments
from care.peers.exchange import Exchange, Taken
from care.peers.magic import (
    IS_LOST,
    IS_SILENT,
    TOO_BUSY,
    broken_answer,
    call_back,
    code_asked,
    misbehaviour,
    vietnamese_digits,
    word,
)

_REMEMBERED = timedelta(hours=24)
_LONGEST_ID = 50
_SAID = {
    "99": "The phone number is blocked in the system",
    "101": "Incorrect ApiKey or SecretKey",
    "104": "Brandname does not exist",
    "107": "Each request must have at least 30 numbers to be approved",
    "108": "Phone number is not in correct format",
    "110": "The requested data is incorrect",
    "118": "Unsupported message type",
    "124": "Duplicate RequestId",
    "300": "Missing message type",
}


def esms(exchange: Exchange, key: str, secret: str) -> APIRouter:
    """The API for one account."""
    router = APIRouter()

    async def take(request: Request, later: BackgroundTasks) -> Response:
        content = await request.json()
        code = _fault(content, key, secret)
        if code:
            return _answer(code)
        number = vietnamese_digits(word(content, "Phone"))
        wish = misbehaviour(number)
        if wish == TOO_BUSY:
            return broken_answer(request, wish) or Response()
        kept = exchange.add_once(_message(content, number), _REMEMBERED)
        if kept is None:
            return _answer("124")
        callback = word(content, "CallbackUrl")
        if callback and wish != IS_SILENT:
            later.add_task(call_back, "GET", callback, query=_report(kept, wish))
        return broken_answer(request, wish) or JSONResponse(
            {"CodeResult": "100", "CountRegenerate": 0, "SMSID": _id(kept)}, background=later
        )

    router.post("/MainService.svc/json/SendMultipleMessage_V4_post_json/")(take)
    return router


def _fault(content: Mapping[str, Any], key: str, secret: str) -> str:
    """The code by which a request is refused; empty when it is taken."""
    kind, text = word(content, "SmsType"), word(content, "Content")
    number = vietnamese_digits(word(content, "Phone"))
    unreadable = word(content, "IsUnicode") != "1" and segments(text).encoding == "UCS-2"
    faults = (
        ("101", (word(content, "ApiKey"), word(content, "SecretKey")) != (key, secret)),
        ("300", not kind),
        ("107", kind == "1"),
        ("118", kind not in ("1", "2")),
        ("104", not word(content, "Brandname")),
        ("108", not number),
        ("110", not text or unreadable or len(word(content, "RequestId")) > _LONGEST_ID),
    )
    return next((code for code, is_so in faults if is_so), code_asked(number).lstrip("0"))


def _message(content: Mapping[str, Any], number: str) -> Taken:
    sender, text, reference = (word(content, name) for name in ("Brandname", "Content", "RequestId"))
    return Taken(0, clock.now(), "esms", sender, f"+{number}", text, reference)


def _report(kept: Taken, wish: str) -> dict[str, str]:
    lost = wish == IS_LOST
    return {
        "SMSID": _id(kept),
        "SendFailed": "1" if lost else "0",
        "SendStatus": "5",
        "SendSuccess": "0" if lost else "1",
        "TotalPrice": "0.0000" if lost else "780.0000",
        "TotalReceiver": "1",
        "TotalSent": "1",
        "RequestId": kept.reference,
        "TypeId": "2",
        "telcoid": "1",
        "phonenumber": f"0{kept.recipient[3:]}",
    }


def _id(kept: Taken) -> str:
    return f"{UUID(int=kept.number)}"


def _answer(code: str) -> JSONResponse:
    return JSONResponse({"CodeResult": code, "ErrorMessage": _SAID.get(code, f"Error {code}")})
