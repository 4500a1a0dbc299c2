"""Taking a mail in: it is kept, counts for the message it is about, and is done with; twice is the same as once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import assert_never

from sqlalchemy import Connection, Engine

from care.domain.orders import reference
from care.links import LinkError, Links
from care.mailroom.reading import header, read
from care.mailroom.said import Complaint, Ignored, Leaving, Report, Unclear
from care.store import customers, effects, receipts
from care.store.engine import writing
from care.store.incoming import SOURCE, IncomingEvent
from care.store.receipts import Heard, Kind, News

CHANNEL = "email"
# Reports speak of what this provider took; it is also the name under which they are kept.
PROVIDER = "smtp"

_LONGEST_KEPT = 64_000
_LONGEST_CODE = 40
# What claims to be older is a wrong clock: no mail server tries for so long.
_OLDEST = timedelta(days=30)
_NOT_OURS = "it names no message of ours, so nothing is done to any address"
_LATE_NEWS: Mapping[Kind, str] = {
    "delivered": "the mail server delivered it",
    "delayed": "the mail server has not delivered it yet and goes on trying",
    "failed": "the mail server refuses the message, not the address",
    "soft": "the mail server could not deliver it this time",
    "bounced": "the mail server says that this address does not exist",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one mail.

    Attributes:
        kind: What it says.
        reason: The same in a sentence without an address.
        heard: What that did; ``heard.is_new`` is false for a mail that was taken before.
    """

    kind: Kind
    reason: str
    heard: Heard

    @property
    def is_for_people(self) -> bool:
        """Whether a person should look at it."""
        lost = self.heard.claim is None and self.kind in ("failed", "soft", "bounced", "complained")
        return self.kind == "unread" or lost


@dataclass(frozen=True, slots=True)
class _Kept:
    """Under which name a mail is kept, which message it is about (or empty), and when it was written."""

    name: str
    about: str
    at: datetime | None

    def news(self, kind: Kind, code: str, reason: str, detail: str = "", *, is_ours: bool = True) -> News:
        """The mail as news of a provider."""
        return News(
            self.name,
            kind,
            PROVIDER,
            CHANNEL,
            reference=self.about,
            at=self.at,
            code=code,
            reason=reason if is_ours or kind in ("ignored", "unread") else f"{reason}; {_NOT_OURS}",
            detail=detail,
        )


class Mailroom:
    """Takes mails in.

    Args:
        links: Reads the tokens of people who unsubscribe by mail.
        secret: The one that seals bounce addresses.
    """

    def __init__(self, engine: Engine, links: Links, secret: str) -> None:
        self._engine = engine
        self._links = links
        self._secret = secret

    def take(self, content: bytes, heard_at: datetime) -> Taken:
        """Keep a mail and let it count; when this returns, the mail may be deleted where it came from.

        Args:
            content: As it came.
            heard_at: When it was found (UTC).

        Raises:
            StoreUnavailable: When the store does not answer; the mail must stay where it is.
        """
        mail = read(content, self._secret)
        with writing(self._engine) as conn:
            about = receipts.first_known(conn, mail.references)
            kept = _Kept(_name(mail.parsed, content), about, _date(mail.parsed, heard_at))
            if isinstance(mail.said, Leaving):
                return self._leave(conn, mail.said.token, kept, content, heard_at)
            news = kept.news(*_told(mail.said, content), is_ours=bool(about))
            return _taken(news, receipts.record(conn, news, heard_at))

    def _leave(self, conn: Connection, token: str, kept: _Kept, content: bytes, heard_at: datetime) -> Taken:
        """End the messages that the token names, as the same link would."""
        try:
            link = self._links.read_unsubscribe(token)
        except LinkError as error:
            news = kept.news("unread", "", f"it asks to unsubscribe, but {error}", _text(content))
            return _taken(news, receipts.record(conn, news, heard_at))
        kept = replace(kept, about=reference(link.message))
        news = kept.news("unsubscribed", "", f"the reader wants no more {link.purpose} messages by {link.channel}")
        heard = receipts.record(conn, news, heard_at)
        person = customers.person(conn, link.customer) if heard.is_new else None
        if person is None:
            return _taken(news, heard)
        event = IncomingEvent(
            id=f"unsubscribe-{kept.name}",
            source=SOURCE,
            type="consent.withdrawn",
            time=heard.at,
            customer={"id": person.id},
            data={"channel": link.channel, "purpose": link.purpose, "wording": "an e-mail that unsubscribes"},
        )
        return _taken(news, replace(heard, event=effects.accept(conn, event, heard_at)))


def _told(said: Report | Complaint | Ignored | Unclear, content: bytes) -> tuple[Kind, str, str, str]:
    """The kind of news it is, its code, the reason in words, and the detail that stays in the store."""
    match said:
        case Report():
            return said.outcome, said.status, _LATE_NEWS[said.outcome], _text(said.words.encode(errors="replace"))
        case Complaint():
            sort = _text(said.sort.encode(errors="replace"))[:_LONGEST_CODE]
            return "complained", sort, "the reader called the message unwanted", ""
        case Ignored():
            return "ignored", "", said.why, ""
        case Unclear():
            return "unread", "", said.why, _text(content)
        case _:
            assert_never(said)


def _taken(news: News, heard: Heard) -> Taken:
    return Taken(news.kind, news.reason, heard)


def _name(mail: Message, content: bytes) -> str:
    """The same for a mail whichever way it came: servers on the way add headers and change line ends."""
    _, _, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    said = "\n".join((header(mail, "Message-ID"), header(mail, "Date"))).encode(errors="replace")
    return hashlib.sha256(said + b"\n" + body.strip()).hexdigest()[:32]


def _date(mail: Message, heard_at: datetime) -> datetime | None:
    """When it was written (UTC), unless that cannot be."""
    try:
        written = parsedate_to_datetime(header(mail, "Date"))
        at = written.replace(tzinfo=UTC) if written.tzinfo is None else written.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if heard_at - _OLDEST < at <= heard_at else None


def _text(content: bytes) -> str:
    """What a database can hold of a mail."""
    return content[:_LONGEST_KEPT].decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
