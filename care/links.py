"""Signed links a customer opens from a message: survey answers and unsubscribing.

A token is ``<payload>.<signature>``, both base64url: an HMAC-SHA256 over the link's purpose and its payload, cut to 120
bits. It carries opaque keys only, never an address, a phone number or a name, and a token made for one purpose is
refused for every other.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from typing import Literal

from care.domain.errors import CareError

Purpose = Literal["survey", "unsubscribe"]

SURVEY_PATH = "/s/"
UNSUBSCRIBE_PATH = "/u/"

_MAC_BYTES = 15
_LONGEST_TOKEN = 1_000
_SHORTEST_SECRET = 16
_BETWEEN = "\n"


class LinkError(CareError):
    """The link cannot be used; the message says why and what to do, and may be shown to the customer."""


@dataclass(frozen=True, slots=True)
class SurveyLink:
    """What a survey link asks.

    Attributes:
        step_key: The survey's id: the step key of the ask.
        kind: ``csat``, ``nps`` or ``ces``.
        score: The score the customer pressed in the message, or ``None`` for the plain link.
    """

    step_key: str
    kind: str
    score: int | None = None


@dataclass(frozen=True, slots=True)
class UnsubscribeLink:
    """What an unsubscribe link ends: one purpose on one channel of one customer; ``message`` is the claim's key."""

    message: str
    customer: str
    channel: str
    purpose: str


class Links:
    """Makes and reads the signed links.

    Args:
        secret: The key of the signatures, at least 16 characters; whoever knows it can answer for any customer.
        public_url: Where customers reach the pages, without a path.

    Raises:
        LinkError: When the secret is too short to sign with, or no mail header can carry the address.
    """

    def __init__(self, secret: str, public_url: str) -> None:
        if len(secret) < _SHORTEST_SECRET:
            raise LinkError(f"the secret that signs links has {len(secret)} characters; give it at least 16")
        if not public_url.isascii():
            raise LinkError(f"the public address {public_url!r} has letters outside ASCII; write its xn--… form")
        self._secret = secret.encode()
        self._public_url = public_url.rstrip("/")

    def survey_url(self, step_key: str, kind: str, score: int | None = None) -> str:
        """The address where a survey is answered, with the score already chosen if one is given."""
        fields = (step_key, kind) if score is None else (step_key, kind, str(score))
        return f"{self._public_url}{SURVEY_PATH}{self._sign('survey', fields)}"

    def unsubscribe_url(self, message: str, customer: str, channel: str, purpose: str) -> str:
        """The address that ends messages of this purpose on this channel (RFC 8058: only a POST acts)."""
        fields = (message, customer, channel, purpose)
        return f"{self._public_url}{UNSUBSCRIBE_PATH}{self._sign('unsubscribe', fields)}"

    def read_survey(self, token: str) -> SurveyLink:
        """Read a survey token.

        Raises:
            LinkError: When it is damaged, forged or made for something else.
        """
        fields = self._verified("survey", token)
        if len(fields) == 2:
            return SurveyLink(fields[0], fields[1])
        return SurveyLink(fields[0], fields[1], int(fields[2]))

    def read_unsubscribe(self, token: str) -> UnsubscribeLink:
        """Read an unsubscribe token.

        Raises:
            LinkError: When it is damaged, forged or made for something else.
        """
        message, customer, channel, purpose = self._verified("unsubscribe", token)
        return UnsubscribeLink(message, customer, channel, purpose)

    def _sign(self, purpose: Purpose, fields: tuple[str, ...]) -> str:
        payload = _text(_BETWEEN.join(fields).encode())
        return f"{payload}.{self._mac(purpose, payload)}"

    def _verified(self, purpose: Purpose, token: str) -> list[str]:
        payload, dot, mac = token.partition(".")
        if not payload or not dot or not mac or len(token) > _LONGEST_TOKEN:
            raise LinkError("This link is not complete. Please open it from the message again, or copy all of it.")
        if not hmac.compare_digest(self._mac(purpose, payload).encode(), mac.encode(errors="replace")):
            raise LinkError("This link was changed on its way to us. Please open it from the message again.")
        try:
            return urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode().split(_BETWEEN)
        except (NotBase64, UnicodeDecodeError) as error:
            raise LinkError("This link cannot be read. Please open it from the message again.") from error

    def _mac(self, purpose: Purpose, payload: str) -> str:
        signed = f"aftercare {purpose}{_BETWEEN}{payload}".encode(errors="replace")
        return _text(hmac.digest(self._secret, signed, hashlib.sha256)[:_MAC_BYTES])


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
