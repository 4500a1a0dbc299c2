"""E-mail bytes that survive the way: written here line by line, because Python's own writing damages them.

``email.policy.SMTP`` drops spaces between the encoded words of a Vietnamese subject, breaks display names and turns a
long List-Unsubscribe into RFC 2047 words that mailbox providers ignore (cpython issues 92081, 144156 and 85725); and
its ``bytes()`` takes most of the time a message costs.
"""

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterator
from email.header import Header
from email.utils import format_datetime, quote
from functools import lru_cache
from typing import NamedTuple

from activities.channels.base import Message
from activities.channels.letterhead import Letterhead, Mailbox, mailbox, one_line
from activities.channels.pictures import related, separated
from care.domain.orders import reference

LONGEST_LINE = 998

_FOLDED = 75
_LONGEST_WORD = 500
_LINE_BREAK = "\r\n"
_SPECIAL = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]")
_REPEATED = 512
_PACKED = 76
_PLAIN = bytes(code for code in range(0x20, 0x7F) if code != ord("=")) + b"\t\r\n"


class Letter(NamedTuple):
    """An e-mail ready for the server: the bytes, the envelope and the Message-ID without its angle brackets."""

    content: bytes
    sender: str
    recipient: str
    message_id: str


def message_id(key: str, domain: str) -> str:
    """The Message-ID of a claim: the same for ever, so that a message seen twice can be recognised."""
    return f"{reference(key)}@{domain}"


def letter(message: Message, letterhead: Letterhead, *, eight_bit: bool) -> Letter:
    """Write the e-mail: text first, then HTML.

    Args:
        eight_bit: Whether Vietnamese text may travel as it is, else it is packed into ASCII.

    Raises:
        AddressError: When the recipient's address cannot be written.
    """
    recipient = mailbox(message.to)
    name = message_id(message.key, letterhead.sender.domain)
    lines = [f"{header}: {value}" for header, value in _headers(message, letterhead, recipient, name)]
    head = _LINE_BREAK.join([*lines, "MIME-Version: 1.0", ""])
    content = head.encode() + _body(message, eight_bit)
    return Letter(content, letterhead.envelope_sender(message), recipient.address, name)


def _headers(message: Message, letterhead: Letterhead, recipient: Mailbox, name: str) -> Iterator[tuple[str, str]]:
    yield "Date", format_datetime(message.at)
    yield "From", _address("From", letterhead.sender)
    yield "To", _address("To", recipient)
    if letterhead.reply_to is not None:
        yield "Reply-To", _address("Reply-To", letterhead.reply_to)
    yield "Subject", _words("Subject", message.subject)
    yield "Message-ID", f"<{name}>"
    yield "Auto-Submitted", "auto-generated"
    ways_out = letterhead.unsubscribing(message)
    if ways_out:
        # Each address stays whole on a line of its own: a reader that does not unfold still finds the first.
        yield "List-Unsubscribe", f",{_LINE_BREAK} ".join(f"<{each}>" for each in ways_out)
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    feedback = letterhead.feedback(message)
    if feedback:
        yield "Feedback-ID", feedback


def _body(message: Message, eight_bit: bool) -> bytes:
    """MIME's own headers, an empty line and what is in it."""
    text = _part("plain", message.text, eight_bit)
    if not message.html:
        return text
    boundary = f"=_{message.reference}".encode()
    called, pictures = separated(message.html, message.reference)
    html = related(_part("html", called, eight_bit), pictures, message.reference)
    return b"".join(
        (
            b'Content-Type: multipart/alternative;\r\n boundary="%s"\r\n\r\n' % boundary,
            *(b"--%s\r\n%s\r\n" % (boundary, part) for part in (text, html)),
            b"--%s--\r\n" % boundary,
        )
    )


def _part(subtype: str, text: str, eight_bit: bool) -> bytes:
    # NUL is the one character no mail may carry.
    lines = text.encode(errors="replace").replace(b"\0", b"").splitlines()
    content = b"\r\n".join([*lines, b""])
    encoding, packed = _packed(content, max(map(len, lines), default=0), eight_bit)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + packed


def _packed(content: bytes, longest_line: int, eight_bit: bool) -> tuple[str, bytes]:
    """The transfer encoding and the content in it: as it is where it may, else in whichever is about the shorter."""
    if longest_line <= LONGEST_LINE and (eight_bit or content.isascii()):
        return ("7bit" if content.isascii() else "8bit"), content
    # Quoted, such a byte takes three; in base64 three bytes take four.
    if len(content.translate(None, _PLAIN)) * 6 <= len(content):
        return "quoted-printable", b2a_qp(content, istext=True)
    packed = b2a_base64(content, newline=False)
    return "base64", b"".join(packed[at : at + _PACKED] + b"\r\n" for at in range(0, len(packed), _PACKED))


# A subject or a sender returns in thousands of messages, and ``Header`` is slow.
@lru_cache(_REPEATED)
def _words(name: str, value: str) -> str:
    text = one_line(value)
    plain = text.isascii() and "=?" not in text and max(map(len, text.split(" "))) <= _LONGEST_WORD
    header = Header(text, "us-ascii" if plain else "utf-8", header_name=name)
    return header.encode(linesep=_LINE_BREAK, maxlinelen=_FOLDED)


def _address(name: str, value: Mailbox) -> str:
    if not value.name:
        return value.address
    shown = _display_name(name, value.name)
    last = shown.rpartition(_LINE_BREAK)[2]
    gap = f"{_LINE_BREAK} " if len(name) + len(last) + len(value.address) > _FOLDED else " "
    return f"{shown}{gap}<{value.address}>"


@lru_cache(_REPEATED)
def _display_name(name: str, value: str) -> str:
    if value.isascii() and "=?" not in value and len(value) <= _FOLDED:
        return f'"{quote(value)}"' if _SPECIAL.search(value) else value
    return Header(value, "utf-8", header_name=name).encode(linesep=_LINE_BREAK, maxlinelen=_FOLDED)
