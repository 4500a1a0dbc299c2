"""Signatures of webhooks by the Standard Webhooks scheme, version 1 (https://www.standardwebhooks.com).

A post carries its id, the time it was signed at and an HMAC-SHA256 over both and its body. Every endpoint has a secret
of its own, made from one that is kept, so that a receiver can forge posts to nobody but itself.
"""

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
TOLERANCE = 300

_VERSION = "v1"


def endpoint_secret(master: str, endpoint: str) -> str:
    """The secret of one endpoint as its receiver is given it: ``whsec_`` and 32 bytes in base64.

    Args:
        master: The secret that is kept; without it nobody can make this one.
        endpoint: Name in the catalogue.
    """
    key = hmac.digest(master.encode(), f"aftercare webhook\n{endpoint}".encode(), hashlib.sha256)
    return PREFIX + b64encode(key).decode()


def peer_secret(master: str, peer: str) -> str:
    """What an embedded peer signs its callbacks with, so that nobody else can: 64 hex digits; nothing without a master.

    Args:
        master: The secret of the installation.
        peer: The provider it stands for.
    """
    return hmac.new(master.encode(), f"aftercare peer\n{peer}".encode(), hashlib.sha256).hexdigest() if master else ""


def signed_headers(secret: str, id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a post."""
    timestamp = str(int(at.timestamp()))
    return {ID: id, TIMESTAMP: timestamp, SIGNATURE: f"{_VERSION},{_mac(secret, id, timestamp, body)}"}


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether a post was signed with this secret in the last five minutes; header names in small letters."""
    timestamp = headers.get(TIMESTAMP, "")
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now.timestamp() - int(timestamp)) > TOLERANCE:
        return False
    wanted = f"{_VERSION},{_mac(secret, headers.get(ID, ''), timestamp, body)}".encode()
    # A sender that changes its secret signs with the old and the new one for a while.
    given = headers.get(SIGNATURE, "").split(" ")
    return any(hmac.compare_digest(wanted, each.encode(errors="replace")) for each in given)


def _mac(secret: str, id: str, timestamp: str, body: bytes) -> str:
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(f"a webhook secret is {PREFIX!r} and base64") from error
    signed = b"%s.%s.%s" % (id.encode(), timestamp.encode(), body)
    return b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
