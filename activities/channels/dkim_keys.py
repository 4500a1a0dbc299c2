"""New DKIM keys, and what the DNS has to say of them."""

import os
from base64 import b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from activities.channels.dkim import SHORTEST_RSA, DkimKey
from care.domain.errors import CareError

_EXPONENT = 65537
_LONGEST_STRING = 255


class KeyFileError(CareError):
    """A key file cannot be written; the message names it."""


def new_rsa_key(domain: str, selector: str) -> DkimKey:
    """An RSA key every mailbox provider can check."""
    return DkimKey(domain, selector, generate_private_key(_EXPONENT, SHORTEST_RSA))


def new_ed25519_key(domain: str, selector: str) -> DkimKey:
    """An Ed25519 key, for a second signature that is short and quick; not every provider can check it yet."""
    return DkimKey(domain, selector, Ed25519PrivateKey.generate())


def save(key: DkimKey, file: Path) -> None:
    """Write the private key for its owner only; an existing file stays as it is.

    Raises:
        KeyFileError: When there is such a file already, or none can be written.
    """
    pem = key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(pem)
    except FileExistsError as error:
        raise KeyFileError(
            f"there is a key at {str(file)!r} already, and e-mails on their way may be signed with it; "
            "take another selector"
        ) from error
    except OSError as error:
        raise KeyFileError(f"the key cannot be written to {str(file)!r}: {error.strerror}") from error


def record_name(key: DkimKey) -> str:
    """The name of the TXT record."""
    return f"{key.selector}._domainkey.{key.domain}"


def record_text(key: DkimKey) -> str:
    """What the TXT record says: the public half of the key."""
    public = key.key.public_key()
    if isinstance(key.key, RSAPrivateKey):
        kind, data = "rsa", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        kind, data = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k={kind}; p={b64encode(data).decode()}"


def zone_line(key: DkimKey) -> str:
    """The record as a line of a zone file, where a text longer than 255 characters stands in pieces."""
    text = record_text(key)
    pieces = [text[at : at + _LONGEST_STRING] for at in range(0, len(text), _LONGEST_STRING)]
    return f"{record_name(key)}. IN TXT " + " ".join(f'"{piece}"' for piece in pieces)
