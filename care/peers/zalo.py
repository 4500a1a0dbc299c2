"""Zalo's ZNS as its documentation tells: it keeps what it takes and posts a signed event to the address it was told.

https://developers.zalo.me/docs/zalo-notification-service; ``care.peers.magic`` has the numbers that make it misbehave.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import JSONResponse, Response

from care import clock
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

_OA = "579745863508352884"
_LONGEST_ID = 48
_SAID = {
    "-108": "Phone number invalid",
    "-109": "Template ID invalid",
    "-111": "Template data empty",
    "-118": "Zalo account not existed",
    "-124": "Access token invalid",
    "-122": "Body request is not valid",
}


def zalo(exchange: Exchange, token: str, app: str, secret: str, hook: str) -> APIRouter:
    """The API for one official account.

    Args:
        secret: Signs events.
        hook: The address events are posted to; empty for none.
    """
    router = APIRouter()

    async def take(request: Request, later: BackgroundTasks) -> Response:
        content = await request.json()
        code = "-124" if request.headers.get("access_token") != token else _fault(content)
        if code:
            return JSONResponse({"error": int(code), "message": _SAID.get(code, f"Error {code}")})
        number = vietnamese_digits(word(content, "phone"))
        wish = misbehaviour(number)
        if wish == TOO_BUSY:
            return broken_answer(request, wish) or Response()
        reference = word(content, "tracking_id")
        kept = exchange.add(Taken(0, clock.now(), "zalo", _OA, f"+{number}", _body(content), reference))
        if hook and wish not in (IS_SILENT, IS_LOST):
            body = _event(kept, app)
            mac = hashlib.sha256(app.encode() + body + str(_millis(kept.received_at)).encode() + secret.encode())
            headers = {"Content-Type": "application/json", "X-ZEvent-Signature": f"mac={mac.hexdigest()}"}
            later.add_task(call_back, "POST", hook, body=body, headers=headers)
        data = {
            "msg_id": _id(kept),
            "sent_time": str(_millis(kept.received_at)),
            "sending_mode": "1",
            "quota": {"dailyQuota": "500", "remainingQuota": "499"},
        }
        answer = {"error": 0, "message": "Success", "data": data}
        return broken_answer(request, wish) or JSONResponse(answer, background=later)

    router.post("/message/template")(take)
    return router


def _fault(content: Mapping[str, Any]) -> str:
    """The code by which a request is refused; empty when it is taken."""
    number = vietnamese_digits(word(content, "phone"))
    data = content.get("template_data")
    faults = (
        ("-108", not number),
        ("-109", not word(content, "template_id").isdigit()),
        ("-111", not isinstance(data, dict) or not data),
        ("-122", len(word(content, "tracking_id")) > _LONGEST_ID),
    )
    code = code_asked(number)
    return next((code for code, is_so in faults if is_so), f"-{code}" if code else "")


def _body(content: Mapping[str, Any]) -> str:
    values = "".join(f"\n{name}: {value}" for name, value in content["template_data"].items())
    return f"Template: {content['template_id']}{values}"


def _event(kept: Taken, app: str) -> bytes:
    at = str(_millis(kept.received_at))
    message = {"delivery_time": at, "msg_id": _id(kept), "tracking_id": kept.reference}
    told = {
        "sender": {"id": _OA},
        "recipient": {"id": "2512523625412515"},
        "event_name": "user_received_message",
        "message": message,
        "app_id": app,
        "timestamp": at,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _id(kept: Taken) -> str:
    return f"{kept.number:020x}"


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)
