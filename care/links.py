"""Signed links a customer opens from a message: survey answers, consent confirmed, preferences, and unsubscribing.

A token is ``<payload>.<signature>``, both base64url: an HMAC-SHA256 over the link's purpose and its payload, cut to 120
bits. It carries opaque keys only, never an address, a phone number or a name, and a token made for one purpose is
refused for every other.

A link in an SMS is paid for by the letter, so it only names its message, ``<reference><signature>`` in 34 letters: the
store knows the rest.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from typing import Literal

from care.domain.errors import CareError

Purpose = Literal["survey", "unsubscribe", "confirm", "preferences"]

SURVEY_PATH = "/s/"
UNSUBSCRIBE_PATH = "/u/"
CONFIRM_PATH = "/c/"
PREFERENCES_PATH = "/p/"
TRIAL_PATH = "/t/"

_MAC_BYTES = 15
_SHORT_MAC_BYTES = 9
_REFERENCE_LETTERS = 22
_SHORT_LETTERS = 34
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


@dataclass(frozen=True, slots=True)
class ReaderLink:
    """Who opens a confirmation or preference page: the customer whom this message reached on this channel.

    Attributes:
        message: The claim's key.
    """

    message: str
    customer: str
    channel: str


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

    def short_survey_url(self, reference: str) -> str:
        """The address where the survey that a message asks is answered, for a message that is paid by the letter.

        Args:
            reference: The message's (``care.domain.orders.reference``).
        """
        return f"{self._public_url}{SURVEY_PATH}{self._short('survey', reference)}"

    def short_unsubscribe_url(self, reference: str) -> str:
        """The address that ends messages like this one, for a message that is paid by the letter."""
        return f"{self._public_url}{UNSUBSCRIBE_PATH}{self._short('unsubscribe', reference)}"

    def confirm_url(self, message: str, customer: str, channel: str) -> str:
        """The address where consent to marketing on the message's own channel is confirmed; only a POST acts."""
        return f"{self._public_url}{CONFIRM_PATH}{self._sign('confirm', (message, customer, channel))}"

    def preferences_url(self, message: str, customer: str, channel: str) -> str:
        """The address where a customer chooses what to hear of, and over which channels."""
        return f"{self._public_url}{PREFERENCES_PATH}{self._sign('preferences', (message, customer, channel))}"

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

    def read_short(self, purpose: Purpose, token: str) -> str | None:
        """The reference of the message that a short token names; ``None`` for a long token.

        Raises:
            LinkError: When it is damaged, forged or made for something else.
        """
        if "." in token:
            return None
        if len(token) != _SHORT_LETTERS or not token.isascii():
            raise LinkError("This link is not complete. Please open it from the message again, or copy all of it.")
        try:
            reference = urlsafe_b64decode(token[:_REFERENCE_LETTERS] + "==").hex()
        except NotBase64 as error:
            raise LinkError("This link cannot be read. Please open it from the message again.") from error
        if not hmac.compare_digest(self._short(purpose, reference), token):
            raise LinkError("This link was changed on its way to us. Please open it from the message again.")
        return reference

    def read_confirm(self, token: str) -> ReaderLink:
        """Read a confirmation token.

        Raises:
            LinkError: When it is damaged, forged or made for something else.
        """
        return ReaderLink(*self._verified("confirm", token))

    def read_preferences(self, token: str) -> ReaderLink:
        """Read a preference token.

        Raises:
            LinkError: When it is damaged, forged or made for something else.
        """
        return ReaderLink(*self._verified("preferences", token))

    def _sign(self, purpose: Purpose, fields: tuple[str, ...]) -> str:
        payload = _text(_BETWEEN.join(fields).encode())
        return f"{payload}.{self._mac(purpose, payload)}"

    def _short(self, purpose: Purpose, reference: str) -> str:
        signed = f"aftercare short {purpose}{_BETWEEN}{reference}".encode()
        mac = hmac.digest(self._secret, signed, hashlib.sha256)[:_SHORT_MAC_BYTES]
        return _text(bytes.fromhex(reference)) + _text(mac)

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


class TrialLinks(Links):
    """Links of test messages: as long as real ones, and whoever opens them reads that it was a test."""

    def survey_url(self, step_key: str, kind: str, score: int | None = None) -> str:
        """Where a survey would be answered."""
        return _on_trial(super().survey_url(step_key, kind, score), SURVEY_PATH)

    def unsubscribe_url(self, message: str, customer: str, channel: str, purpose: str) -> str:
        """Where such messages would be ended."""
        return _on_trial(super().unsubscribe_url(message, customer, channel, purpose), UNSUBSCRIBE_PATH)

    def short_survey_url(self, reference: str) -> str:
        """Where a survey would be answered."""
        return _on_trial(super().short_survey_url(reference), SURVEY_PATH)

    def short_unsubscribe_url(self, reference: str) -> str:
        """Where such messages would be ended."""
        return _on_trial(super().short_unsubscribe_url(reference), UNSUBSCRIBE_PATH)

    def confirm_url(self, message: str, customer: str, channel: str) -> str:
        """Where consent would be confirmed."""
        return _on_trial(super().confirm_url(message, customer, channel), CONFIRM_PATH)

    def preferences_url(self, message: str, customer: str, channel: str) -> str:
        """Where a customer would choose what to hear of."""
        return _on_trial(super().preferences_url(message, customer, channel), PREFERENCES_PATH)


def _on_trial(url: str, path: str) -> str:
    before, _, token = url.rpartition(path)
    return f"{before}{TRIAL_PATH}{token}"


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
