"""Reading bodies: a limit that holds while streaming, and JSON without its traps."""

import json
from typing import Any

from pydantic import JsonValue
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from care.domain.errors import CareError
from care.web.problems import RefusalError, response_of

MOST_BYTES = 2 * 1024 * 1024
DEEPEST = 12


class BodyLimit:
    """Refuses bodies over ``MOST_BYTES``: by their announced length, and while they stream in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what is read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > MOST_BYTES:
            await response_of(too_large(), scope["path"])(scope, receive, send)
            return
        await self.app(scope, _counted(receive), send)


def _counted(receive: Receive) -> Receive:
    total = 0

    async def next_part() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MOST_BYTES:
            raise HTTPException(413)
        return message

    return next_part


def too_large() -> RefusalError:
    """The refusal of a body over the limit."""
    return RefusalError("body-too-large", f"at most {MOST_BYTES:,} bytes are taken at once; send smaller batches")


class _UnfitError(CareError):
    """JSON that other readers would understand differently."""


def read_json(raw: bytes) -> JsonValue:
    """Parse a body strictly.

    Raises:
        RefusalError: For anything two readers could understand differently: duplicate keys, NaN, numbers out of range,
            deep nesting, characters no database stores.
    """
    try:
        value: JsonValue = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant, parse_float=_float
        )
        _walk(value, 1)
    except UnicodeDecodeError as error:
        raise _malformed(f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _malformed(f"nested deeper than {DEEPEST} levels") from None
    except (_UnfitError, ValueError) as error:
        raise _malformed(str(error)) from None
    return value


def _malformed(why: str) -> RefusalError:
    return RefusalError("malformed-body", f"the body is not JSON we can take: {why}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise _UnfitError(f"{key!r} is written twice in one object")
        seen[key] = value
    return seen


def _constant(name: str) -> float:
    raise _UnfitError(f"{name} is not JSON; leave the field out when there is no number")


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _UnfitError(f"{text[:40]} is too large a number")
    return number


def _walk(value: JsonValue, depth: int) -> None:
    if depth > DEEPEST:
        raise _UnfitError(f"nested deeper than {DEEPEST} levels")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, list):
        for item in value:
            _walk(item, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _walk(item, depth + 1)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise _UnfitError("a text contains the character U+0000; remove it")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _UnfitError("a text contains half of a surrogate pair; send whole characters")
