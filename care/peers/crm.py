"""A CRM that takes signed webhooks at ``/<endpoint>``, keeps them, and misbehaves when the endpoint's name asks for it.

busy       503, try later
gone       410, for good
moved      307 to another of its addresses
slow       the answer's headers come, its end does not
huge       a megabyte of JSON
prose      200 with a page of text
hangs_up   the post is kept and the connection ends without an answer
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import cast

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse

from care import clock
from care.peers.httpserver import LINE
from care.peers.notebook import Notebook
from care.signatures import ID, endpoint_secret, is_signed

LARGEST = 256 * 1024

_HUGE = b'{"customer": {"tier": "gold"}, "notes": "' + b"x" * 2**20 + b'"}'


def crm(notebook: Notebook, secret: str) -> FastAPI:
    """The CRM's API.

    Args:
        secret: From which the endpoints' own secrets are made.
    """
    api = FastAPI(title="CRM", docs_url=None, redoc_url=None, openapi_url=None)
    api.state.notebook = notebook
    api.state.secret = secret
    api.post("/{endpoint}")(take)
    return api


async def take(request: Request, endpoint: str) -> Response:
    """Take one post: 401 for a wrong or an old signature, else whatever this endpoint does."""
    body = await _body(request)
    if body is None:
        return JSONResponse({"error": "this is too much"}, 413)
    if not is_signed(endpoint_secret(request.app.state.secret, endpoint), request.headers, body, clock.now()):
        return JSONResponse({"error": "the signature is wrong, or older than five minutes"}, 401)
    notebook = cast(Notebook, request.app.state.notebook)
    await asyncio.to_thread(notebook.add, endpoint, request.headers[ID], body, clock.now())
    match endpoint:
        case "busy":
            return JSONResponse({"error": "try later"}, 503)
        case "gone":
            return JSONResponse({"error": "nobody listens here any more"}, 410)
        case "moved":
            return RedirectResponse(request.url.replace(path="/crm"), 307)
        case "slow":
            return StreamingResponse(_endless(), media_type="application/json")
        case "huge":
            return Response(_HUGE, media_type="application/json")
        case "prose":
            return PlainTextResponse("Thank you!")
        case "hangs_up":
            request.scope["state"][LINE].abort()
            return Response()
        case _:
            return JSONResponse(_known(body))


async def _body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _known(body: bytes) -> dict[str, object]:
    """What the CRM knows of the customer it was told of."""
    told = json.loads(body)
    return {
        "customer": {
            "id": told["customer"]["id"],
            "tier": "gold",
            "since": "2024-05-01T09:00:00+07:00",
            "visits": 12,
            "share": 0.25,
            "is_known": True,
            "birthday": None,
        },
        "notes": [{"about": told["journey"]}],
    }


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.05)
