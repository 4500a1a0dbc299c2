"""DKIM: the shop's signature on an e-mail (RFC 6376), with RSA, Ed25519 (RFC 8463) or both, relaxed/relaxed."""

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from activities.channels.letterhead import AddressError, mailbox
from care.settings import PREFIX, Settings, SettingsError

# RFC 8058 wants both unsubscribe headers signed, mailbox providers Feedback-ID.
SIGNED = (
    "from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type",
    "content-transfer-encoding", "auto-submitted", "list-unsubscribe", "list-unsubscribe-post", "feedback-id",
)  # fmt: skip
SHORTEST_RSA = 2048

_LINE_BREAK = b"\r\n"
_FOLDED = 72
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_BLANKS = re.compile(rb"[ \t]+")


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A key that signs for a domain; its public half stands in the DNS at ``<selector>._domainkey.<domain>``."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        """The name of the algorithm in a signature."""
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, data: bytes) -> bytes:
        """Sign the headers that a signature covers."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, PKCS1v15(), SHA256())
        return self.key.sign(sha256(data).digest())


def signed(content: bytes, keys: Iterable[DkimKey]) -> bytes:
    """The e-mail with a signature of each key above its headers.

    Args:
        content: An e-mail whose lines end in CRLF and whose headers differ in name.
    """
    head, _, body = content.partition(_LINE_BREAK * 2)
    fields = dict(_relaxed(field) for field in _FOLD.sub(b"", head).split(_LINE_BREAK))
    names = [name for name in SIGNED if name.encode() in fields]
    covered = b"".join(b"%s:%s\r\n" % (name.encode(), fields[name.encode()]) for name in names)
    body_hash = b64encode(sha256(relaxed_body(body)).digest()).decode()
    return b"".join([*(_signature(key, names, covered, body_hash) for key in keys), content])


def relaxed_body(body: bytes) -> bytes:
    """A body as it is hashed (RFC 6376, 3.4.4): blanks run together, none at the end of a line, no empty last lines."""
    # Three times as fast as regular expressions, on what is most of the work.
    body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", _LINE_BREAK).rstrip(b"\r\n")
    return body + _LINE_BREAK if body else b""


def keys_of(settings: Settings, sender_domain: str) -> tuple[DkimKey, ...]:
    """The keys that sign the shop's e-mails; none when the relay is to sign.

    Args:
        sender_domain: The domain in From.

    Raises:
        SettingsError: When a key cannot be read, is too weak, or signs for a domain that is not the sender's.
    """
    try:
        # An address knows how a domain in any script is written in the DNS.
        domain = mailbox(f"x@{settings.dkim_domain or sender_domain}").domain
    except AddressError as error:
        raise SettingsError(f"{PREFIX}DKIM_DOMAIN {settings.dkim_domain!r} is not a domain name") from error
    keys = [
        _key(settings, path, selector, domain)
        for path, selector in (("dkim_key", "dkim_selector"), ("dkim_ed25519_key", "dkim_ed25519_selector"))
        if getattr(settings, path)
    ]
    if keys and not aligned(sender_domain, domain):
        raise SettingsError(
            f"{PREFIX}DKIM_DOMAIN {domain!r} is not the domain of {PREFIX}MAIL_FROM {sender_domain!r}, so mailbox "
            "providers would not count the signature (DMARC); sign with the sender's domain or one above it"
        )
    return tuple(keys)


def aligned(sender_domain: str, signing_domain: str) -> bool:
    """Whether a signature counts for a sender (RFC 7489, 3.1.1, relaxed): one domain is the other or above it."""
    longer, shorter = sorted((sender_domain.lower(), signing_domain.lower()), key=len, reverse=True)
    return longer == shorter or ("." in shorter and longer.endswith(f".{shorter}"))


def _key(settings: Settings, path: str, selector: str, domain: str) -> DkimKey:
    name = PREFIX + path.upper()
    if not getattr(settings, selector):
        raise SettingsError(
            f"{name} is set but {PREFIX}{selector.upper()} is not; name the selector it is published at"
        )
    file = Path(getattr(settings, path))
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise SettingsError(f"{name}: {str(file)!r} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{name}: {str(file)!r} is not a private key in PEM without a password") from error
    wanted = RSAPrivateKey if path == "dkim_key" else Ed25519PrivateKey
    if not isinstance(key, wanted):
        kind = "an RSA" if wanted is RSAPrivateKey else "an Ed25519"
        raise SettingsError(f"{name}: {str(file)!r} is not {kind} key; make one with 'care mail dkim-keys'")
    if isinstance(key, RSAPrivateKey) and key.key_size < SHORTEST_RSA:
        raise SettingsError(
            f"{name}: {key.key_size} bits are too few; providers want {SHORTEST_RSA}, so make a new key"
        )
    return DkimKey(domain, getattr(settings, selector), key)


def _relaxed(field: bytes) -> tuple[bytes, bytes]:
    """A header's name and value as they are signed (RFC 6376, 3.4.2)."""
    name, _, value = field.partition(b":")
    return name.lower().rstrip(), _BLANKS.sub(b" ", value).strip()


def _signature(key: DkimKey, names: list[str], covered: bytes, body_hash: str) -> bytes:
    # From is named once more than it is there, so that nobody can add a second one.
    tags = (
        f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed; d={key.domain};",
        f" s={key.selector}; bh={body_hash};",
        *_folded_names(["from", *names]),
        " b=",
    )
    head = _LINE_BREAK.join(tag.encode() for tag in tags)
    own = b"%s:%s" % _relaxed(head.replace(_LINE_BREAK, b""))
    value = b64encode(key.sign(covered + own))
    lines = [value[at : at + _FOLDED] for at in range(0, len(value), _FOLDED)]
    return head + (_LINE_BREAK + b" ").join(lines) + _LINE_BREAK


def _folded_names(names: list[str]) -> list[str]:
    lines = [" h="]
    for name in names:
        if len(lines[-1]) + len(name) > _FOLDED:
            lines.append(" ")
        lines[-1] += f"{name}:"
    lines[-1] = lines[-1][:-1] + ";"
    return lines
