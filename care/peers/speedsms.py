"""SpeedSMS as its documentation tells: it keeps what it takes and posts a report to the one address it was told.

https://speedsms.vn/sms-api-service/; ``care.peers.magic`` has the numbers that make it misbehave.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from typing import Any

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

_FIRST = 20_000_000
_PRICE = 690
_LOST = 64
_LONGEST = 459
_SAID = {
    "007": "IP locked",
    "008": "Account blocked",
    "009": "Account not allow to call the API",
    "101": "Invalid or missing parameters",
    "105": "Phone number invalid",
    "110": "Not support sms content encoding",
    "113": "Sms content too long",
    "300": "Your account balance not enough to send sms",
    "500": "Internal error, please try again",
}


def speedsms(exchange: Exchange, token: str, hook: str) -> APIRouter:
    """The API for one account.

    Args:
        hook: The address reports are posted to; empty for none.
    """
    router = APIRouter()
    expected = b"Basic " + base64.b64encode(f"{token}:x".encode())

    async def take(request: Request, later: BackgroundTasks) -> Response:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected):
            body = {"name": "Unauthorized", "message": "Your request was made with invalid credentials.", "status": 401}
            return JSONResponse(body, 401)
        content = await request.json()
        code = _fault(content)
        if code:
            return JSONResponse({"status": "error", "code": code, "message": _SAID.get(code, f"Error {code}")})
        number = _number(content)
        wish = misbehaviour(number)
        if wish == TOO_BUSY:
            return broken_answer(request, wish) or Response()
        text = word(content, "content")
        kept = exchange.add(Taken(0, clock.now(), "speedsms", word(content, "sender"), f"+{number}", text, ""))
        if hook and wish != IS_SILENT:
            report = {"type": "report", "tranId": _id(kept), "phone": number, "status": _LOST if wish == IS_LOST else 0}
            headers = {"Content-Type": "application/json"}
            later.add_task(call_back, "POST", hook, body=json.dumps(report).encode(), headers=headers)
        parts = segments(text).parts
        data = {"tranId": _id(kept), "totalSMS": parts, "totalPrice": parts * _PRICE, "invalidPhone": []}
        answer = {"status": "success", "code": "00", "data": data}
        return broken_answer(request, wish) or JSONResponse(answer, background=later)

    router.post("/index.php/sms/send")(take)
    return router


def _fault(content: Mapping[str, Any]) -> str:
    """The code by which a request is refused; empty when it is taken."""
    text, number = word(content, "content"), _number(content)
    kind = word(content, "sms_type")
    faults = (
        ("101", not text or kind not in ("2", "3", "4", "5") or (kind == "3" and not word(content, "sender"))),
        ("105", not number),
        ("113", len(text) > _LONGEST),
    )
    return next((code for code, is_so in faults if is_so), code_asked(number))


def _number(content: Mapping[str, Any]) -> str:
    to = content.get("to")
    return vietnamese_digits(str(to[0])) if isinstance(to, list) and len(to) == 1 else ""


def _id(kept: Taken) -> int:
    return _FIRST + kept.number
