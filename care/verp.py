"""Bounce addresses: each message leaves with an envelope sender of its own, which says whose bounce comes back (VERP).

``bounce@bounces.shop.example`` becomes ``bounce+<reference>-<seal>@bounces.shop.example``: the reference is what
providers are told of the message, the seal 80 bits of an HMAC over it. Both are small letters and digits only, because
some mail servers change the case of what stands before the ``@``.
"""

import hashlib
import hmac
import re
from base64 import b32encode

_SEAL_BYTES = 10
_STAMP = re.compile(r"\+(?P<reference>[0-9a-f]{32})-(?P<seal>[a-z2-7]{16})@")
_LONGEST_LOCAL_PART = 64
_STAMP_LENGTH = 1 + 32 + 1 + 16

# How long the part before the ``@`` of a bounce address may be, so that a stamp still fits into it (RFC 5321, 4.5.3.1).
LONGEST_LOCAL_PART = _LONGEST_LOCAL_PART - _STAMP_LENGTH


def stamp(reference: str, secret: str) -> str:
    """What stands behind the ``+`` of a message's bounce address.

    Args:
        reference: Of the message, 32 hex digits.
        secret: The one that signs the links in messages.
    """
    return f"{reference}-{_seal(reference, secret)}"


def bounce_address(mailbox: str, reference: str, secret: str) -> str:
    """The envelope sender of one message, where ``mailbox`` takes the shop's bounces."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{stamp(reference, secret)}@{domain}"


def read(address: str, secret: str) -> str:
    """The reference of the message whose bounce address this is; empty when we made no such address."""
    found = _STAMP.search(address.lower())
    if found is None or not hmac.compare_digest(_seal(found["reference"], secret), found["seal"]):
        return ""
    return found["reference"]


def _seal(reference: str, secret: str) -> str:
    mac = hmac.digest(secret.encode(), f"aftercare bounce\n{reference}".encode(), hashlib.sha256)
    return b32encode(mac[:_SEAL_BYTES]).decode().lower()
