"""Every e-mail the mail catcher took, kept in SQLite; any process may read while the catcher writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path

from care.peers.kept import Kept

MAILBOX_FILE = "mail.sqlite"

_SCHEMA = """
create table if not exists mail (
  number integer primary key autoincrement,
  received_at text not null,
  sender text not null,
  recipient text not null,
  message_id text not null,
  subject text not null,
  content blob not null
);
create index if not exists mail_by_message_id on mail (message_id);
create index if not exists mail_by_recipient on mail (recipient collate nocase);
"""
_INSERT = "insert into mail (received_at, sender, recipient, message_id, subject, content) values (?, ?, ?, ?, ?, ?)"
_SELECT = "select number, received_at, sender, recipient, message_id, subject, content from mail"


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail as it came over the wire.

    Attributes:
        number: 1 for the first ever received, then upwards.
        recipient: The envelope's recipient; one e-mail to two of them is kept twice.
        message_id: Without angle brackets; empty when the header is missing.
        subject: Decoded.
    """

    number: int
    received_at: datetime
    sender: str
    recipient: str
    message_id: str
    subject: str
    content: bytes


class Mailbox:
    """The mails in one file.

    Args:
        path: The SQLite file; it is made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._kept = Kept(path, _SCHEMA)

    def add(self, content: bytes, sender: str, recipients: Sequence[str], received_at: datetime) -> None:
        """Keep one e-mail; it is on the disk when this returns."""
        parsed = message_from_bytes(content)
        message_id, subject = _header(parsed, "Message-ID").strip("<>"), _header(parsed, "Subject")
        at = received_at.isoformat()
        self._kept.write(_INSERT, [(at, sender, each, message_id, subject, content) for each in recipients])

    def list(self, *, recipient: str = "", after: int = 0, limit: int = 1_000) -> tuple[Mail, ...]:
        """The mails in the order they came.

        Args:
            recipient: Only to this address (in any case of letters); empty for all.
            after: Only numbers above this one.
        """
        if recipient:
            return self._mails(
                "recipient = ? collate nocase and number > ? order by number limit ?", (recipient, after, limit)
            )
        return self._mails("number > ? order by number limit ?", (after, limit))

    def get(self, number: int) -> Mail | None:
        """One mail by its number."""
        found = self._mails("number = ?", (number,))
        return found[0] if found else None

    def count(self) -> int:
        """How many mails there are."""
        return int(self._kept.read("select count(*) from mail")[0][0])

    def count_by_message_id(self) -> dict[str, int]:
        """How often each Message-ID was received: anything above one is a message sent twice."""
        return dict(self._kept.read("select message_id, count(*) from mail group by message_id"))

    def close(self) -> None:
        """Close the file."""
        self._kept.close()

    def _mails(self, where: str, values: Sequence[object]) -> tuple[Mail, ...]:
        rows = self._kept.read(f"{_SELECT} where {where}", values)
        return tuple(Mail(row[0], datetime.fromisoformat(row[1]), *row[2:]) for row in rows)


def _header(parsed: Message, name: str) -> str:
    """A header in one decoded line; one that cannot be decoded as it stands."""
    # Python's newer parser raises IndexError on some malformed headers; this one reads whatever comes.
    plain = " ".join(str(parsed.get(name, "")).split())
    try:
        return str(make_header(decode_header(plain)))
    except (HeaderParseError, LookupError, ValueError):
        return plain
