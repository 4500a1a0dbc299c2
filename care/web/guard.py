"""Who may ask what: host names, keys, the console's password, and the headers every answer carries."""

import hashlib
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from care.settings import LOOPBACK, Settings
from care.web.problems import RefusalError, response_of
from care.web.throttles import Throttle, address_of, refuse_after

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
_A_YEAR: Final = "max-age=31536000"
PROXIED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "via")


class SafeHeaders:
    """Gives every answer its security headers; an answer that brings its own keeps them.

    Args:
        https: Whether the server is reached over HTTPS only; then browsers are told never to try without.
    """

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self.app = app
        self._headers = headers_of(https=https)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the answer's headers."""

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith("/static/"):
                    headers.setdefault("cache-control", "no-cache")  # Kept, and asked for again by its ETag.
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, completed)


def headers_of(*, https: bool) -> dict[str, str]:
    """The headers of every answer."""
    return {**HEADERS, **({"strict-transport-security": _A_YEAR} if https else {})}


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


def source_of(style: str) -> str:
    """A style sheet or attribute as a content security policy names it, by its hash."""
    return f"sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


def host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def hosts_of(settings: Settings) -> frozenset[str]:
    """The names a server bound to this machine answers to."""
    return frozenset({*LOOPBACK, urlsplit(settings.public_url).hostname or ""})


def check_console(request: Request, settings: Settings, wrong: Throttle) -> None:
    """Let a support lead pass: with the password, or without one from this machine only.

    Args:
        request: What was asked.
        settings: Where the password stands.
        wrong: Counts the wrong passwords of each address.

    Raises:
        RefusalError: When the password is missing or wrong, too many wrong ones came before, or the request came from
            elsewhere through a proxy.
    """
    if settings.console_password:
        _check_password(request, settings.console_password, wrong)
        return
    direct = not any(name in request.headers for name in PROXIED)
    if not direct or host_name(request.headers.get("host", "")) not in LOOPBACK:
        raise RefusalError(
            "forbidden", "the console is open on this machine only; set CARE_CONSOLE_PASSWORD to open it"
        )


def _check_password(request: Request, wanted: str, wrong: Throttle) -> None:
    given = _basic_password(request)
    address = address_of(request)
    # Not even the right one passes then: who guesses must not learn which it was.
    refuse_after(wrong.wait(address) if given else 0, "too many wrong passwords came from your address")
    if not is_same(given, wanted):
        if given:
            wrong.take(address)
        challenge = {"WWW-Authenticate": 'Basic realm="Aftercare console", charset="UTF-8"'}
        raise RefusalError("unauthorized", "the console asks for its password", headers=challenge)


def _basic_password(request: Request) -> str:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(given, validate=True).decode().partition(":")[2]
    except (NotBase64, UnicodeDecodeError):
        return ""


def is_same(given: str, wanted: str) -> bool:
    """Whether a secret is the wanted one, in constant time; nothing is the same as no secret."""
    return bool(wanted) and secrets.compare_digest(given.encode(errors="replace"), wanted.encode())
