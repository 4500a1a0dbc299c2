"""What was seen on the way to the relay and the gateway: of each message its first byte, its last, and the answer.

This is what proves that nobody could know: a message whose answer never came back over the wire.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs

from care import clock

_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length:\s*(\d+)", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"


@dataclass(slots=True)
class Sighting:
    """One time one message was handed over.

    Attributes:
        name: Message-ID of an e-mail; recipient and body of an SMS.
        began: When its first byte left the sender.
        whole: When its last byte did.
        answer: SMTP or HTTP status the sender was given, 0 for none.
        answered: When.
    """

    name: tuple[str, ...]
    began: datetime
    whole: datetime | None = None
    answer: int = 0
    answered: datetime | None = None


@dataclass(slots=True)
class Sightings:
    """All that was seen on one link."""

    seen: list[Sighting] = field(default_factory=list)

    def of(self, name: tuple[str, ...]) -> list[Sighting]:
        """Every time this message was handed over."""
        return [each for each in self.seen if each.name == name]

    def by_name(self) -> dict[tuple[str, ...], list[Sighting]]:
        """The same by message."""
        found: dict[tuple[str, ...], list[Sighting]] = {}
        for each in self.seen:
            found.setdefault(each.name, []).append(each)
        return found

    def mail(self) -> "MailWitness":
        """A witness of an SMTP conversation."""
        return MailWitness(self.seen.append)

    def web(self) -> "WebWitness":
        """A witness of a request to the SMS gateway."""
        return WebWitness(self.seen.append)


class MailWitness:
    """Follows an SMTP conversation, message after message."""

    def __init__(self, tell: Callable[[Sighting], None]) -> None:
        self._tell = tell
        self._line = b""
        self._asked = False
        self._body: bytes | None = None
        self._now: Sighting | None = None

    def asks(self, data: bytes) -> None:
        """Look for DATA, then for the end of the message."""
        if self._body is not None:
            self._read(data)
            return
        *lines, self._line = (self._line + data).split(b"\r\n")
        self._asked = self._asked or any(line.strip().upper() == b"DATA" for line in lines)

    def answers(self, data: bytes) -> None:
        """Look for the word to go ahead, then for what became of the message."""
        code = int(data[:3]) if data[:3].isdigit() else 0
        if self._asked and code == 354:
            self._asked, self._body = False, b""
        elif self._now is not None and self._now.whole is not None and not self._now.answer:
            self._now.answer, self._now.answered = code, clock.now()

    def _read(self, data: bytes) -> None:
        assert self._body is not None
        if not self._body:
            self._now = Sighting((), clock.now())
            self._tell(self._now)
        assert self._now is not None
        self._body += data
        named = _MESSAGE_ID.search(self._body)
        if named is not None and not self._now.name:
            self._now.name = (named[1].decode("ascii", "replace"),)
        if self._body.endswith(_END):
            self._now.whole, self._body = clock.now(), None


class WebWitness:
    """Follows the one request of a connection; asking what the gateway has is none of a message."""

    def __init__(self, tell: Callable[[Sighting], None]) -> None:
        self._tell = tell
        self._request = b""
        self._now: Sighting | None = None

    def asks(self, data: bytes) -> None:
        """Look for a message in the body."""
        self._request += data
        head, between, body = self._request.partition(b"\r\n\r\n")
        if not between or not head.startswith(b"POST ") or not body:
            return
        if self._now is None:
            self._now = Sighting((), clock.now())
            self._tell(self._now)
        length = _LENGTH.search(head)
        if self._now.whole is None and length is not None and len(body) >= int(length[1]):
            form = parse_qs(body.decode("utf-8", "replace"))
            self._now.name = (form.get("To", [""])[0], form.get("Body", [""])[0])
            self._now.whole = clock.now()

    def answers(self, data: bytes) -> None:
        """Take the status."""
        if self._now is not None and not self._now.answer and data.startswith(b"HTTP/1."):
            self._now.answer, self._now.answered = int(data[9:12]), clock.now()
