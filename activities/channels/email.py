"""E-mail over SMTP, one conversation a message, so that every failure is known by the phase it happened in."""

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPHeloError, SMTPNotSupported, SMTPServerDisconnected

from activities.channels.base import Callback, Delivery, Message, Receipt, Reply
from activities.channels.mime import AddressError, Letter, Mailbox, letter, mailbox
from activities.channels.smtp_replies import Phase, judged

_LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)
_GO_AHEAD = 354
_TAKEN = 250
_NEVER = 500


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The mail server messages are handed to.

    Attributes:
        tls: ``starttls`` and ``tls`` check the server's certificate; ``off`` belongs on this machine only.
        tls_context: Replaces the system's certificates.
        timeout: Seconds for everything up to the message itself.
        dot_timeout: Seconds to wait after the final dot; RFC 5321 asks for patience here, since giving up early makes
            a delivered message ``unknown``.
    """

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    tls: Literal["off", "starttls", "tls"] = "off"
    tls_context: ssl.SSLContext | None = None
    timeout: float = 60
    dot_timeout: float = 300


class EmailChannel:
    """Delivers e-mail.

    Args:
        sender: ``Name <address>`` in From; the address is also the envelope's sender.
        reply_to: A mailbox people read; empty when that is the sender.

    Raises:
        AddressError: When the sender or the reply address is not an e-mail address.
    """

    def __init__(self, server: SmtpServer, sender: str, reply_to: str = "") -> None:
        self._server = server
        self._sender = _own(sender)
        self._reply_to = _own(reply_to) if reply_to else None

    async def deliver(self, message: Message) -> Delivery:
        """Hand the message to the mail server over a connection of its own."""
        conversation = _Conversation(self._server, self._sender.domain)
        try:
            async with asyncio.timeout(self._server.timeout):
                await conversation.open()
                written = letter(message, self._sender, self._reply_to, eight_bit=conversation.eight_bit)
                await conversation.announce(written)
            reply = await conversation.hand_over(written)
        except AddressError as error:
            return Delivery("failed", "bad_address", str(error))
        except (SMTPException, OSError) as error:
            return judged(conversation.phase, error)
        finally:
            conversation.close()
        return Delivery("sent", provider_id=written.message_id, detail=reply)

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        """A mail server cannot be asked."""
        return None

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        """A mail server does not call; bounces come as mail."""
        return ()

    async def close(self) -> None:
        """Every conversation is closed when its message is delivered."""


def _own(text: str) -> Mailbox:
    own = mailbox(text)
    if not own.address.isascii():
        raise AddressError("the shop's own e-mail address has letters outside ASCII; many servers would refuse it")
    return own


class _Conversation:
    """One SMTP conversation; ``phase`` says how far it came."""

    def __init__(self, server: SmtpServer, own_name: str) -> None:
        self.phase: Phase = "connect"
        self._server = server
        self._smtp = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=own_name,
            timeout=server.timeout,
            use_tls=server.tls == "tls",
            start_tls=False,
            tls_context=server.tls_context,
        )

    @property
    def eight_bit(self) -> bool:
        """Whether the server takes bytes above 127 in a body."""
        return self._smtp.supports_extension("8bitmime")

    async def open(self) -> None:
        """Connect, greet, secure the line and log in, as far as the server's settings ask for it."""
        await self._smtp.connect()
        self.phase = "greet"
        await self._greet()
        if self._server.tls == "starttls":
            self.phase = "secure"
            await self._smtp.starttls()
            await self._greet()
        if self._server.username:
            self.phase = "login"
            await self._smtp.login(self._server.username, self._server.password)

    async def announce(self, letter: Letter) -> None:
        """Name sender and recipient and ask to send, up to the server's word to go ahead."""
        utf8 = not letter.recipient.isascii()
        options = ["BODY=8BITMIME"] if self.eight_bit else []
        self.phase = "recipient"
        if utf8 and not self._smtp.supports_extension("smtputf8"):
            raise SMTPNotSupported("the server has no SMTPUTF8")
        self.phase = "sender"
        await self._smtp.mail(letter.sender, options=[*options, "SMTPUTF8"] if utf8 else options)
        self.phase = "recipient"
        await self._smtp.rcpt(letter.recipient, encoding="utf-8" if utf8 else "ascii")
        self.phase = "data"
        go_ahead = await self._smtp.execute_command(b"DATA")
        if go_ahead.code != _GO_AHEAD:
            raise SMTPDataError(go_ahead.code, go_ahead.message)

    async def hand_over(self, letter: Letter) -> str:
        """Send the e-mail with its final dot and return the server's words of acceptance."""
        # SMTP.data() would ask and send in one go, and a lost connection would not tell whether the dot had been sent.
        protocol = self._smtp.protocol
        if protocol is None:
            raise SMTPServerDisconnected("Connection lost")
        protocol.write(_LINE_START_DOT.sub(b"..", letter.content) + b".\r\n")
        self.phase = "dot"
        reply = await protocol.read_response(timeout=self._server.dot_timeout)
        if reply.code != _TAKEN:
            raise SMTPDataError(reply.code, reply.message)
        return reply.message

    def close(self) -> None:
        """Say goodbye without waiting for an answer: the outcome is already known."""
        with suppress(SMTPException):
            if self._smtp.protocol is not None:
                self._smtp.protocol.write(b"QUIT\r\n")
        self._smtp.close()

    async def _greet(self) -> None:
        try:
            await self._smtp.ehlo()
        except SMTPHeloError as refused:
            if refused.code < _NEVER:
                raise
            await self._smtp.helo()
