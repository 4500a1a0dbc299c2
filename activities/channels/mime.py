"""E-mail bytes that survive the way: every header is folded here, because Python's own folding damages them.

``email.policy.SMTP`` drops spaces between the encoded words of a Vietnamese subject, breaks display names and turns a
long List-Unsubscribe into RFC 2047 words that mailbox providers ignore (cpython issues 92081, 144156 and 85725).
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, quote
from typing import Any, NamedTuple

from activities.channels.base import Message
from care.domain.errors import CareError
from care.domain.orders import reference

LONGEST_LINE = 998

_FOLDED = 75
_LONGEST_WORD = 500
_LINE_BREAK = "\r\n"
_ATOM = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]+")
_NAMED = re.compile(r"\s*(?P<name>.*?)\s*<(?P<address>[^<>]*)>\s*", re.DOTALL)
_SPECIAL = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]")


class AddressError(CareError):
    """An e-mail address that no message can carry; the message says what is wrong with it, not the address."""


class Mailbox(NamedTuple):
    """A display name (may be empty) and an address whose domain is ASCII."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The address's domain."""
        return self.address.rpartition("@")[2]


class Letter(NamedTuple):
    """An e-mail ready for the server: the bytes, the envelope and the Message-ID without its angle brackets."""

    content: bytes
    sender: str
    recipient: str
    message_id: str


def mailbox(text: str) -> Mailbox:
    """Read ``address`` or ``Name <address>``.

    Raises:
        AddressError: When no message can be sent to or from it.
    """
    named = _NAMED.fullmatch(text)
    name, address = (named["name"], named["address"]) if named else ("", text)
    local, at, domain = address.strip().rpartition("@")
    if not at or not _ATOM.fullmatch(local) or not _ATOM.fullmatch(domain):
        raise AddressError("this is not an e-mail address; it should look like name@shop.example")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise AddressError("the part after the @ of this e-mail address is not a domain name") from error
    return Mailbox(_one_line(name.strip('"')), f"{local}@{ascii_domain}")


def message_id(key: str, domain: str) -> str:
    """The Message-ID of a claim: the same for ever, so that a message seen twice can be recognised."""
    return f"{reference(key)}@{domain}"


def letter(message: Message, sender: Mailbox, reply_to: Mailbox | None, *, eight_bit: bool) -> Letter:
    """Write the e-mail: text first, then HTML.

    Args:
        eight_bit: Whether the server takes 8BITMIME, so that Vietnamese text travels as it is.

    Raises:
        AddressError: When the recipient's address cannot be written.
    """
    recipient = mailbox(message.to)
    mail = EmailMessage(policy=_Policy(linesep=_LINE_BREAK, cte_type="8bit" if eight_bit else "7bit"))
    mail["Date"] = message.at
    mail["From"] = sender
    mail["To"] = recipient
    if reply_to is not None:
        mail["Reply-To"] = reply_to
    mail["Subject"] = message.subject
    name = message_id(message.key, sender.domain)
    mail["Message-ID"] = f"<{name}>"
    mail["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _write_body(mail, message, eight_bit)
    return Letter(bytes(mail), sender.address, recipient.address, name)


def _write_body(mail: EmailMessage, message: Message, eight_bit: bool) -> None:
    text = _body(message.text)
    mail.set_content(text, cte=_encoding(text, eight_bit))
    if message.html:
        html = _body(message.html)
        mail.add_alternative(html, subtype="html", cte=_encoding(html, eight_bit))
        mail.set_boundary(f"=_{message.reference}")


def _encoding(text: str, eight_bit: bool) -> str | None:
    """The transfer encoding that leaves the text as it is, or ``None`` to let Python pick one that packs it."""
    if max((len(line) for line in text.encode().splitlines()), default=0) > LONGEST_LINE:
        return None
    if text.isascii():
        return "7bit"
    return "8bit" if eight_bit else None


def _body(text: str) -> str:
    return text.encode(errors="replace").decode().replace("\0", "")


def _one_line(text: str) -> str:
    """Text that may stand in a header: control characters and line breaks become one space."""
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return re.sub(" +", " ", clean).strip(" ").encode(errors="replace").decode()


def _date(name: str, value: datetime) -> str:
    return format_datetime(value)


def _as_it_is(name: str, value: str) -> str:
    return value


def _words(name: str, value: str) -> str:
    text = _one_line(value)
    plain = text.isascii() and "=?" not in text and max(map(len, text.split(" "))) <= _LONGEST_WORD
    header = Header(text, "us-ascii" if plain else "utf-8", header_name=name)
    return header.encode(linesep=_LINE_BREAK, maxlinelen=_FOLDED)


def _address(name: str, value: Mailbox) -> str:
    if not value.name:
        return value.address
    if value.name.isascii() and "=?" not in value.name and len(value.name) <= _FOLDED:
        shown = f'"{quote(value.name)}"' if _SPECIAL.search(value.name) else value.name
    else:
        shown = Header(value.name, "utf-8", header_name=name).encode(linesep=_LINE_BREAK, maxlinelen=_FOLDED)
    last = shown.rpartition(_LINE_BREAK)[2]
    gap = f"{_LINE_BREAK} " if len(name) + len(last) + len(value.address) > _FOLDED else " "
    return f"{shown}{gap}<{value.address}>"


_FOLD: dict[str, Callable[[str, Any], str]] = {
    "date": _date,
    "from": _address,
    "to": _address,
    "reply-to": _address,
    "subject": _words,
    "message-id": _as_it_is,
    "auto-submitted": _as_it_is,
    "list-unsubscribe": _as_it_is,
    "list-unsubscribe-post": _as_it_is,
}


class _Policy(EmailPolicy):
    """Keeps our headers as they were given and folds them as above; MIME's own headers stay with Python."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Keep what was given."""
        return (name, value) if name.lower() in _FOLD else super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        """Give back what was given."""
        return value if name.lower() in _FOLD else super().header_fetch_parse(name, value)

    def fold(self, name: str, value: Any) -> str:
        """The header's lines as text."""
        fold = _FOLD.get(name.lower())
        return f"{name}: {fold(name, value)}{self.linesep}" if fold else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The header's lines as bytes; UTF-8 only in an address that cannot be written otherwise (RFC 6532)."""
        fold = _FOLD.get(name.lower())
        return self.fold(name, value).encode() if fold else super().fold_binary(name, value)
