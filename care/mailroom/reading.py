"""Reading one mail that came back: what it says, and which of our messages it may be about."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from itertools import islice

from flufl.bounce import all_failures

from care import verp
from care.mailroom.said import Complaint, Ignored, Leaving, Report, Returned, Said, Unclear
from care.mailroom.statuses import status_of, verdict_on

# A report stands before the message it returns; what comes after this is the message's pictures.
MOST_BYTES = 1_000_000

# Its detectors log a traceback where they stumble, for example over a mail without a sender; it is no news here.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

# No report has so many; the detectors go through all of them again for each of their patterns.
_MOST_PARTS = 500
_MOST_TRACES = 20
_LONGEST_WORDS = 2_000
_UNSUBSCRIBE = re.compile(r"^\s*(?:\w{2,3}:\s*)?unsubscribe\s+([\w-]+\.[\w-]+)\s*$", re.I)
_STAMPED = re.compile(r"\+[0-9a-f]{32}-[a-z2-7]{16}@", re.I)
_MESSAGE_ID = re.compile(r"<([0-9a-f]{32})@", re.I)
_RETURNED = re.compile(r"^(Received|Return-Path|Message-ID|From|Subject): ", re.I | re.M)
_AUTOMATIC_SUBJECT = re.compile(
    r"^\s*(auto(matic)?[ -]?(reply|response)|auto:|out of (the )?office|trả lời tự động)", re.I
)
_ORDER: tuple[Returned, ...] = ("bounced", "failed", "soft", "delayed", "delivered")
_GONE_ON = ("relayed", "expanded")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was read.

    Attributes:
        said: What it says.
        references: What our messages it may be about are called to providers, the surest first.
        parsed: The mail itself.
    """

    said: Said
    references: tuple[str, ...]
    parsed: Message


def read(content: bytes, secret: str) -> Mail:
    """Read a mail; one that cannot be read is left for people, whatever is wrong with it.

    Args:
        content: As it came; only the first ``MOST_BYTES`` are looked at.
        secret: The one that seals bounce addresses.
    """
    mail = content[:MOST_BYTES]
    # Strangers write these mails: whatever one of them can break must not keep the others from being read.
    try:
        parsed = message_from_bytes(mail)
        said = _said(parsed) if _has_few_parts(parsed) else Unclear("it has more parts than any report")
        return Mail(said, _references(parsed, secret), parsed)
    except Exception as trouble:
        return Mail(Unclear(f"it cannot be read ({type(trouble).__name__})"), (), BytesHeaderParser().parsebytes(mail))


def header(mail: Message, name: str) -> str:
    """The start of a header in one decoded line; as it stands when it cannot be decoded."""
    plain = " ".join(str(mail.get(name, "")).split())[:_LONGEST_WORDS]
    try:
        return str(make_header(decode_header(plain)))
    except (LookupError, ValueError, HeaderParseError):
        return plain


def _has_few_parts(mail: Message) -> bool:
    return sum(1 for _ in islice(mail.walk(), _MOST_PARTS + 1)) <= _MOST_PARTS


def _said(mail: Message) -> Said:
    token = _UNSUBSCRIBE.match(header(mail, "Subject"))
    if token is not None:
        return Leaving(token[1])
    for read_as in (_complaint, _report, _found):
        said = read_as(mail)
        if said is not None:
            return said
    if _is_automatic(mail):
        return Ignored("an automatic answer")
    return Unclear("it is no report that is understood")


def _complaint(mail: Message) -> Said | None:
    """A feedback report; one that says the message was wanted after all (RFC 6430) asks for nothing."""
    for part in mail.walk():
        if part.get_content_type() == "message/feedback-report":
            sort = _field(part, "Feedback-Type").lower()
            return Ignored("the reader says it is not spam") if sort == "not-spam" else Complaint(sort or "abuse")
    return None


def _field(part: Message, name: str) -> str:
    """A field of a part whose body is a block of headers."""
    for block in _blocks(part):
        if name in block:
            return " ".join(str(block[name]).split())
    return ""


def _blocks(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        for block in payload:
            if isinstance(block, Message):
                # Some parsers and senders put the whole block into the body of an empty part.
                yield block if block.keys() else message_from_bytes(_body(block))
    else:
        yield message_from_bytes(_body(part))


def _report(mail: Message) -> Said | None:
    """A delivery status notification (RFC 3464), and the odd ones: comments behind the action, a reply as status."""
    found: list[Report] = []
    gone_on = False
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in _blocks(part):
            action = str(block.get("Action", "")).strip().lower()
            gone_on = gone_on or action.startswith(_GONE_ON)
            report = _judged(mail, block, action)
            if report is not None:
                found.append(report)
    if not found:
        return Ignored("the next mail server took it over") if gone_on else None
    first = min(found, key=lambda each: _ORDER.index(each.outcome))
    temporary, permanent = _addresses(mail)
    return Report(first.outcome, first.status, first.words, temporary + permanent)


def _judged(mail: Message, block: Message, action: str) -> Report | None:
    status, diagnostic = (" ".join(str(block.get(name, "")).split()) for name in ("Status", "Diagnostic-Code"))
    words = f"{status} {diagnostic}".strip()[:_LONGEST_WORDS]
    if action.startswith(("fail", "error")):
        code = status_of(status, diagnostic, _for_people(mail))
        return Report(verdict_on(code), code, words)
    if action.startswith("delayed"):
        return Report("delayed", status_of(status, diagnostic), words)
    if action.startswith("delivered"):
        return Report("delivered", "", words)
    return None


def _found(mail: Message) -> Said | None:
    """A bounce in words, as flufl.bounce knows them."""
    temporary, permanent = _addresses(mail)
    if not temporary and not permanent:
        return None
    words = _for_people(mail)
    code = status_of(words)
    outcome: Returned = verdict_on(code) if permanent else "delayed"
    return Report(outcome, code, words[:_LONGEST_WORDS], temporary + permanent)


def _addresses(mail: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses with a temporary trouble and with a permanent one; none when flufl.bounce stumbles."""
    try:
        found = all_failures(mail)
    except Exception:
        return (), ()
    temporary, permanent = (tuple(sorted(each.decode("ascii", "replace").lower() for each in kind)) for kind in found)
    return temporary, permanent


def _is_automatic(mail: Message) -> bool:
    auto = header(mail, "Auto-Submitted").lower()
    return (
        (bool(auto) and auto != "no")
        or header(mail, "Precedence").lower() in ("auto_reply", "auto-reply")
        or any(name in mail for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply"))
        or mail.get_param("report-type") == "disposition-notification"
        or _AUTOMATIC_SUBJECT.match(header(mail, "Subject")) is not None
    )


def _for_people(mail: Message) -> str:
    """What the report says in words, without the message it returns."""
    for part in mail.walk():
        if part.get_content_maintype() == "text" and not part.is_multipart():
            text = _body(part).decode(errors="replace")
            returned = _RETURNED.search(text)
            return " ".join(text[: returned.start() if returned else None].split())[:_LONGEST_WORDS]
    return ""


def _body(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _references(mail: Message, secret: str) -> tuple[str, ...]:
    """Our names for the messages it may be about: from bounce addresses we sealed, then from Message-IDs like ours."""
    everything = "\n".join(_texts(mail))
    sealed = [verp.read(found[0], secret) for found in _STAMPED.finditer(everything)]
    named = [found[1].lower() for found in _MESSAGE_ID.finditer(everything)]
    return tuple(dict.fromkeys(each for each in (*sealed, *named) if each))[:_MOST_TRACES]


def _texts(mail: Message) -> Iterator[str]:
    """Every header and every text in the mail, and in the message it returns; but not what it is an answer to."""
    for part in mail.walk():
        for name, value in part.items():
            if name.lower() not in ("in-reply-to", "references"):
                yield f"{name}: {value}"
        if not part.is_multipart():
            yield _body(part).decode("ascii", "replace")
