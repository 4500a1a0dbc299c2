"""What an SMTP server's answer, or its silence, means for the message.

The enhanced status (RFC 3463) wins over the basic code (RFC 5321). Only a silence after the final dot of DATA leaves it
open whether the message was taken (RFC 1047); everywhere else silence means it was not.
"""

import re
import ssl
from typing import Literal

from aiosmtplib import SMTPConnectError, SMTPException, SMTPNotSupported, SMTPResponseException, SMTPServerDisconnected

from activities.channels.base import SETUP, Delivery

Phase = Literal["connect", "greet", "secure", "login", "sender", "recipient", "data", "dot"]

_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
# RFC 3463: no such mailbox, no such domain, mailbox moved away, recipient has a null MX, mailbox disabled.
_DEAD = frozenset({"5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.2.1"})
_DEAD_BASIC = frozenset({550, 551, 553})
_FULL = "5.2.2"
_TOO_LARGE = frozenset({"5.2.3", "5.3.4"})
_NO_LOGIN = frozenset({530, 534, 535, 538})
_MAILBOX_FULL = 552


def judged(phase: Phase, error: Exception) -> Delivery:
    """What became of a message whose conversation ended with this error in this phase.

    Args:
        error: One of aiosmtplib's errors, or an ``OSError`` of the connection.
    """
    if isinstance(error, SMTPResponseException) and error.code >= 400:
        return _answered(phase, error.code, error.message)
    if phase == "dot":
        words = "the connection to the mail server was lost after the whole message had been handed over"
        return Delivery("unknown", "unanswered", f"{words}, so it may or may not have arrived")
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return _setup("the secure connection to the mail server could not be made; check its certificate and smtp_tls")
    if isinstance(error, SMTPNotSupported) and phase == "recipient":
        return Delivery("failed", "bad_address", "the mail server cannot carry an address with letters outside ASCII")
    lost = isinstance(error, SMTPServerDisconnected | SMTPConnectError | TimeoutError | OSError)
    if isinstance(error, SMTPException) and not lost and phase in ("secure", "login"):
        return _setup(f"the mail server does not offer what smtp_tls or smtp_username asks for ({phase})")
    if phase == "connect":
        return Delivery("retry", "unreachable", "the mail server cannot be reached")
    return Delivery("retry", "try_later", f"the mail server broke off before it had the message ({phase})")


def _answered(phase: Phase, code: int, text: str) -> Delivery:
    found = _ENHANCED.match(text)
    status = ".".join(found.groups()) if found else ""
    shown = f"{code} {status}".strip()
    if code < 500:
        return Delivery("retry", "try_later", f"the mail server asks to try later ({shown})", detail=text)
    if phase in ("recipient", "data", "dot") and code not in _NO_LOGIN and "relay" not in text.lower():
        return _refused(phase, code, status, shown, text)
    if phase == "sender" and (status in _TOO_LARGE or code == _MAILBOX_FULL):
        return _too_large(shown, text)
    return _setup(f"the mail server refuses the shop's own set-up ({phase}: {shown})", text)


def _refused(phase: Phase, code: int, status: str, shown: str, text: str) -> Delivery:
    if status == _FULL or (phase == "recipient" and code == _MAILBOX_FULL and not status):
        return Delivery("retry", "mailbox_full", f"the customer's mailbox is full ({shown})", detail=text)
    if status in _TOO_LARGE or (phase != "recipient" and code == _MAILBOX_FULL):
        return _too_large(shown, text)
    if status in _DEAD or (phase == "recipient" and code in _DEAD_BASIC and not status):
        words = f"the mail server says that this address does not exist ({shown})"
        return Delivery("failed", "dead_address", words, detail=text, suppress="bounced")
    if phase == "recipient" and not status.startswith("5.7"):
        return Delivery("failed", "address_refused", f"the mail server refuses the address ({shown})", detail=text)
    words = f"the mail server refuses the message by its own policy ({shown})"
    return Delivery("failed", "refused_by_policy", words, detail=text)


def _too_large(shown: str, text: str) -> Delivery:
    return Delivery("failed", "too_large", f"the message is too large for the mail server ({shown})", detail=text)


def _setup(reason: str, text: str = "") -> Delivery:
    return Delivery("retry", SETUP, reason, detail=text)
