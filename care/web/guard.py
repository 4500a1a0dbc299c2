"""Who may ask what: host names, keys, the console's password, and the headers every answer carries."""

import secrets
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from care.settings import LOOPBACK, Settings
from care.web.problems import RefusalError, response_of

_SELF_ONLY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
LETTER_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
HEADERS: Final = {
    "content-security-policy": _SELF_ONLY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
PROXIED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "via")


class SafeHeaders:
    """Gives every answer its security headers; an answer that brings its own keeps them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the answer's headers."""

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith("/static/"):
                    headers.setdefault("cache-control", "no-cache")  # Kept, and asked for again by its ETag.
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, completed)


class KnownHosts:
    """Answers only to its own names, so that no foreign name can be pointed at this machine (DNS rebinding)."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request under another name."""
        if scope["type"] == "http" and host_name(Headers(scope=scope).get("host", "")) not in self._hosts:
            refusal = RefusalError("misdirected", "ask under 127.0.0.1, localhost or the host of CARE_PUBLIC_URL")
            await response_of(refusal, scope["path"])(scope, receive, send)
            return
        await self.app(scope, receive, send)


def host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def hosts_of(settings: Settings) -> frozenset[str]:
    """The names a server bound to this machine answers to."""
    return frozenset({*LOOPBACK, urlsplit(settings.public_url).hostname or ""})


def check_api_key(request: Request, key: str) -> None:
    """Let a request with the API key pass.

    Raises:
        RefusalError: When it carries none or another one.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _same(given.strip(), key):
        challenge = {"WWW-Authenticate": 'Bearer realm="aftercare"'}
        raise RefusalError("unauthorized", "send the header 'Authorization: Bearer <CARE_API_KEY>'", headers=challenge)


def check_console(request: Request, settings: Settings) -> None:
    """Let a support lead pass: with the password, or without one from this machine only.

    Raises:
        RefusalError: When the password is missing or wrong, or the request came from elsewhere through a proxy.
    """
    if settings.console_password:
        if not _same(_basic_password(request), settings.console_password):
            challenge = {"WWW-Authenticate": 'Basic realm="Aftercare console", charset="UTF-8"'}
            raise RefusalError("unauthorized", "the console asks for its password", headers=challenge)
        return
    direct = not any(name in request.headers for name in PROXIED)
    if not direct or host_name(request.headers.get("host", "")) not in LOOPBACK:
        raise RefusalError(
            "forbidden", "the console is open on this machine only; set CARE_CONSOLE_PASSWORD to open it"
        )


def _basic_password(request: Request) -> str:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(given, validate=True).decode().partition(":")[2]
    except (NotBase64, UnicodeDecodeError):
        return ""


def _same(given: str, wanted: str) -> bool:
    return bool(wanted) and secrets.compare_digest(given.encode(errors="replace"), wanted.encode())
