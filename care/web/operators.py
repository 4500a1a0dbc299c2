"""The operator at the console: a name kept in a signed cookie, and the token that proves a form is ours."""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from care.web.problems import RefusalError

COOKIE = "care_operator"
LONGEST_NAME = 80
_LASTS = 90 * 86_400


@dataclass(frozen=True, slots=True)
class Operator:
    """Who sits at the browser; ``name`` is empty until it was asked. ``mark`` is the browser's random mark."""

    name: str
    mark: str


class Operators:
    """Reads and writes the operator's cookie.

    Args:
        secret: The installation's signing secret.
        https: Whether the console is reached over HTTPS only.
    """

    def __init__(self, secret: str, *, https: bool) -> None:
        self._secret = secret.encode()
        self._https = https
        # Under this name no other host of the same domain can set it (RFC 6265bis).
        self._cookie = f"__Host-{COOKIE}" if https else COOKIE

    def of(self, request: Request) -> Operator:
        """The operator of a request; a missing or forged cookie gives a new, nameless one."""
        payload, _, mac = request.cookies.get(self._cookie, "").partition(".")
        if payload and hmac.compare_digest(self._mac("operator", payload).encode(), mac.encode(errors="replace")):
            name, mark = json.loads(urlsafe_b64decode(payload))
            return Operator(name, mark)
        return Operator("", secrets.token_hex(12))

    def remember(self, response: Response, operator: Operator) -> None:
        """Keep the operator in the browser's cookie."""
        payload = urlsafe_b64encode(json.dumps([operator.name, operator.mark]).encode()).decode()
        response.set_cookie(
            self._cookie,
            f"{payload}.{self._mac('operator', payload)}",
            max_age=_LASTS,
            httponly=True,
            secure=self._https,
            samesite="strict",
        )

    def token(self, operator: Operator) -> str:
        """The token every form of this browser carries."""
        return self._mac("form", operator.mark)

    def check(self, request: Request, operator: Operator, token: str) -> None:
        """Let a form of ours pass.

        Raises:
            RefusalError: When another site may have sent it.
        """
        foreign = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        if foreign or not hmac.compare_digest(self.token(operator).encode(), token.encode(errors="replace")):
            raise RefusalError("forbidden", "this form is too old or was not ours; go back, reload the page, try again")

    def _mac(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret, f"aftercare console {purpose}\n{text}".encode(), hashlib.sha256).hexdigest()


def named(text: str) -> str:
    """An operator's name as it is kept.

    Raises:
        RefusalError: When it is empty or too long.
    """
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise RefusalError("invalid-request", f"write your name, at most {LONGEST_NAME} letters, then try again")
    return name
