"""Numbers that make the embedded gateways misbehave, and how these gateways call back.

``+84900001NNN`` is answered with the gateway's code NNN: ``+84900001099`` is blocked at eSMS (99), ``+84900001105``
is no number to SpeedSMS (105), ``+84900001009`` has no credit at Vonage (9), ``+84900001118`` has no Zalo (-118). From
900 on they stand for what no code says:

900  the message is taken and the connection ends without an answer
901  the message is taken and the answer is HTTP 500
902  HTTP 429, nothing is taken
903  the message is taken, and later reported as not delivered
904  the message is taken, and nothing is told of it later
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import httpx
from fastapi import Request, Response

from care.peers.httpserver import LINE

HANGS_UP, FAILS_INSIDE, TOO_BUSY, IS_LOST, IS_SILENT = "900", "901", "902", "903", "904"

_MAGIC = re.compile(r"84900001(\d{3})")
_MOBILE = re.compile(r"84\d{9}")
_OTHERS = (HANGS_UP, FAILS_INSIDE, TOO_BUSY, IS_LOST, IS_SILENT)
_TRIES = 5
_PAUSE = 1.0


def magic_number(ending: str) -> str:
    """The number in E.164 with a code or a misbehaviour of three digits."""
    return f"+84900001{ending}"


def code_asked(number: str) -> str:
    """The gateway's code a number asks for, three digits; empty when it asks for none.

    Args:
        number: Digits with the country.
    """
    found = _MAGIC.fullmatch(number)
    return found[1] if found is not None and found[1] not in _OTHERS else ""


def misbehaviour(number: str) -> str:
    """What else a number asks for: one of the words above, or empty."""
    found = _MAGIC.fullmatch(number)
    return found[1] if found is not None and found[1] in _OTHERS else ""


def vietnamese_digits(phone: str) -> str:
    """A Vietnamese mobile number as digits with the country, from ``0…`` or ``84…``; empty when it is none."""
    digits = f"84{phone[1:]}" if phone.startswith("0") else phone
    return digits if _MOBILE.fullmatch(digits) else ""


def broken_answer(request: Request, wish: str) -> Response | None:
    """The answer a number asks for that is none of the gateway's own; ``None`` when it asks for none."""
    if wish == HANGS_UP:
        request.scope["state"][LINE].abort()
        return Response()
    if wish == FAILS_INSIDE:
        return Response("<h1>Server Error</h1>", 500, media_type="text/html")
    return Response(status_code=429) if wish == TOO_BUSY else None


async def call_back(
    method: str,
    url: str,
    *,
    query: Mapping[str, str] | None = None,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> None:
    """Tell the shop something, up to five times until it says that it heard."""
    async with httpx.AsyncClient(timeout=10) as client:
        for _ in range(_TRIES):
            try:
                answer = await client.request(method, url, params=query, content=body, headers=headers)
            except httpx.HTTPError:
                pass
            else:
                if answer.is_success:
                    return
            await asyncio.sleep(_PAUSE)


def word(content: Mapping[str, Any], name: str) -> str:
    """A value of a request as text; empty when it is not there."""
    value = content.get(name)
    return "" if value is None else str(value)
