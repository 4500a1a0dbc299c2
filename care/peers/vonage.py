"""Vonage's SMS API as its documentation tells: HTTP 200 always, a status for each segment, and receipts afterwards.

Receipts go to the address the request names, signed when the account has a signature secret.
https://developer.vonage.com/messaging/sms/overview; ``care.peers.magic`` has the numbers that make it misbehave.
"""

import hashlib
import hmac
import json
import re
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import JSONResponse, Response

from care import clock
from care.domain.segments import segments
from care.peers.exchange import Exchange, Taken
from care.peers.magic import IS_LOST, IS_SILENT, TOO_BUSY, broken_answer, call_back, code_asked, misbehaviour

_NUMBER = re.compile(r"[1-9]\d{6,14}")
_SAID = {
    "2": "Missing to param",
    "3": "Invalid value for param: to",
    "4": "Bad Credentials",
    "6": "Unroutable message - rejected",
    "12": "Message is too long",
}
_LONGEST = 3_200
_PRICE = 0.0333


def vonage(exchange: Exchange, key: str, secret: str, signature: str) -> APIRouter:
    """The API for one account.

    Args:
        signature: Signs receipts; empty leaves them unsigned.
    """
    router = APIRouter()

    async def take(request: Request, later: BackgroundTasks) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        code = _fault(form, key, secret)
        if code:
            said = {"status": code, "error-text": _SAID.get(code, f"Error {code}")}
            return JSONResponse({"message-count": "1", "messages": [said]})
        number, text = form["to"], form.get("text", "")
        wish = misbehaviour(number)
        if wish == TOO_BUSY:
            return broken_answer(request, wish) or Response()
        reference = form.get("client-ref", "")
        kept = exchange.add(Taken(0, clock.now(), "vonage", form.get("from", ""), f"+{number}", text, reference))
        if form.get("callback") and wish != IS_SILENT:
            told = _receipt(kept, key, lost=wish == IS_LOST)
            if signature:
                told["sig"] = _signed(told, signature)
            headers = {"Content-Type": "application/json"}
            later.add_task(call_back, "POST", form["callback"], body=json.dumps(told).encode(), headers=headers)
        return broken_answer(request, wish) or JSONResponse(_answer(kept), background=later)

    router.post("/sms/json")(take)
    return router


def _fault(form: dict[str, str], key: str, secret: str) -> str:
    """The status by which a request is refused; empty when it is taken."""
    number, text = form.get("to", ""), form.get("text", "")
    garbled = form.get("type") != "unicode" and segments(text).encoding == "UCS-2"
    faults = (
        ("4", (form.get("api_key"), form.get("api_secret")) != (key, secret)),
        ("2", not number or not text or not form.get("from")),
        ("3", not _NUMBER.fullmatch(number)),
        ("6", garbled),
        ("12", len(text) > _LONGEST),
    )
    return next((code for code, is_so in faults if is_so), code_asked(number).lstrip("0"))


def _answer(kept: Taken) -> dict[str, Any]:
    parts = segments(kept.body).parts
    each = {
        "to": kept.recipient.removeprefix("+"),
        "status": "0",
        "remaining-balance": "15.53590000",
        "message-price": f"{_PRICE:.8f}",
        "network": "45204",
        "client-ref": kept.reference,
    }
    messages = [{**each, "message-id": _id(kept, number)} for number in range(parts)]
    return {"message-count": str(parts), "messages": messages}


def _receipt(kept: Taken, key: str, *, lost: bool) -> dict[str, str]:
    now = clock.now()
    return {
        "msisdn": kept.recipient.removeprefix("+"),
        "to": kept.sender,
        "network-code": "45204",
        "messageId": _id(kept, 0),
        "price": f"{_PRICE:.8f}",
        "status": "failed" if lost else "delivered",
        "scts": f"{now:%y%m%d%H%M}",
        "err-code": "8" if lost else "0",
        "api-key": key,
        "client-ref": kept.reference,
        "message-timestamp": f"{now:%Y-%m-%d %H:%M:%S}",
    }


def _signed(told: dict[str, str], secret: str) -> str:
    signed = "".join(f"&{name}={re.sub('[&=]', '_', value)}" for name, value in sorted(told.items()))
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest().upper()


def _id(kept: Taken, segment: int) -> str:
    return f"{kept.number:014X}{segment:02X}"
