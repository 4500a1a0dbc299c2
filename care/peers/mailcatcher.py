"""A real SMTP server that keeps what it is given, and misbehaves when the address asks for it.

The part of the address before the ``@``, up to a ``+``, chooses how it misbehaves:

    bounce            550 5.1.1  no such mailbox
    full              552 5.2.2  the mailbox is full
    greylist          451 4.7.1  the first time this recipient is tried, then taken
    policy            554 5.7.1  refused after the whole message was read
    drop-before-data  the connection ends before the message
    drop-after-dot    the message is kept and the connection ends without an answer
    bounces-later     the message is kept; a report that there is no such mailbox (5.1.1) comes back to its sender
    full-later        the same with a full mailbox (5.2.2)
    complains         the message is kept; the reader's complaint comes back to its sender

A message that cannot be kept, because the disk is full, is answered with 452 4.3.1, as relays do.
What comes back lies in the maildir ``bounces`` beside the mails.
"""

import asyncio
import sqlite3
from asyncio import Server
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from care import clock
from care.peers.mailbox import Mailbox
from care.peers.returning import MOODS, ReturningPost

_REFUSED = {
    "bounce": "550 5.1.1 There is no such mailbox here",
    "full": "552 5.2.2 The mailbox is full",
}
_POLICY = "554 5.7.1 The message is refused by policy"
_GREYLISTED = "451 4.7.1 Greylisted, try again later"
_TAKEN = "250 2.0.0 Kept"
_NO_ROOM = "452 4.3.1 It cannot be kept right now, try again later"
_LARGEST = 32 * 1024 * 1024


class _Dropped(asyncio.CancelledError):
    """Ends the conversation without an answer: aiosmtpd closes the connection on cancellation and logs nothing."""


class Catcher:
    """What the server does with recipients and messages (aiosmtpd's handler).

    Args:
        post: Takes back what comes back later; without one nothing does.
    """

    def __init__(self, mailbox: Mailbox, post: ReturningPost | None = None) -> None:
        self._mailbox = mailbox
        self._post = post
        self._tried: set[str] = set()

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a recipient, or not."""
        mood = _mood(address)
        if mood in _REFUSED:
            return _REFUSED[mood]
        if mood == "drop-before-data":
            raise _Dropped
        if mood == "greylist" and address not in self._tried:
            self._tried.add(address)
            return _GREYLISTED
        envelope.rcpt_tos.append(address)
        return _TAKEN

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message before saying so."""
        moods = {_mood(address) for address in envelope.rcpt_tos}
        if "policy" in moods:
            return _POLICY
        content = envelope.original_content or b""
        sender, now = envelope.mail_from or "", clock.now()
        try:
            await asyncio.to_thread(self._mailbox.add, content, sender, envelope.rcpt_tos, now)
        except sqlite3.Error:
            return _NO_ROOM
        for recipient in envelope.rcpt_tos:
            if self._post is not None and (mood := _mood(recipient)) in MOODS:
                await asyncio.to_thread(self._post.send_back, mood, content, sender, recipient, now)
        if "drop-after-dot" in moods:
            raise _Dropped
        return _TAKEN


async def serve_mail(mailbox: Mailbox, host: str, port: int, bounces: Path | None = None) -> Server:
    """Start the mail server; port 0 takes any that is free.

    Args:
        bounces: The maildir for what comes back later; it is made when it is missing.
    """
    loop = asyncio.get_running_loop()
    catcher = Catcher(mailbox, ReturningPost(bounces) if bounces is not None else None)

    def conversation() -> SMTP:
        return SMTP(catcher, data_size_limit=_LARGEST, enable_SMTPUTF8=True, hostname="mail.localhost", loop=loop)

    return await loop.create_server(conversation, host, port)


def _mood(address: str) -> str:
    return address.rpartition("@")[0].partition("+")[0].casefold()
