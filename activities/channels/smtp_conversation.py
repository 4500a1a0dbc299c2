"""One conversation with the mail server: message after message, and at any instant it is known how far one came."""

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from activities.channels.mime import Letter
from activities.channels.smtp_replies import Phase

_LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)
_GO_AHEAD = 354
_TAKEN = 250
_REFUSED = 400
_CLOSING = 421
_NEVER = 500
# Seconds: a line that answers NOOP at all does so at once.
_CHECK = 10.0
_OF_A_MESSAGE: tuple[Phase, ...] = ("sender", "recipient", "data", "dot")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The mail server messages are handed to.

    Attributes:
        tls: ``starttls`` and ``tls`` check the server's certificate; ``off`` belongs on this machine only.
        tls_context: Replaces the system's certificates.
        timeout: Seconds for everything up to the message itself.
        dot_timeout: Seconds to wait after the final dot; RFC 5321 asks for patience here, since giving up early makes
            a delivered message ``unknown``.
        connections: How many there are at most at one time.
        patience: Seconds a message waits for one of them at most.
        longest: Messages after which a connection is replaced.
        oldest: Seconds after which it is.
        idle: Seconds without a message after which it is closed; mail servers wait some minutes, a busy one 10 seconds.
        trusted: Seconds without a message after which the server is asked whether it is still there.
    """

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    tls: Literal["off", "starttls", "tls"] = "off"
    tls_context: ssl.SSLContext | None = None
    timeout: float = 60
    dot_timeout: float = 300
    connections: int = 8
    patience: float = 60
    longest: int = 100
    oldest: float = 300
    idle: float = 30
    trusted: float = 5


class Conversation:
    """A connection and what is said over it; ``phase`` says how far the message at hand came."""

    def __init__(self, server: SmtpServer, own_name: str) -> None:
        self.phase: Phase = "connect"
        self._server = server
        self._messages = 0
        self._opened_at = self._parked_at = _clock()
        self._reset_due = False
        self._clean = False
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

    @property
    def alive(self) -> bool:
        """Whether the connection stands, as far as anybody noticed."""
        return self._smtp.is_connected

    @property
    def reusable(self) -> bool:
        """Whether another message may follow: the last one ended in words both sides understood."""
        young = self._messages < self._server.longest and _clock() - self._opened_at < self._server.oldest
        return self._clean and self.alive and young

    async def begin(self) -> None:
        """Get ready for a message: connect, or see that the server is still there and has forgotten the last one."""
        self._messages += 1
        self._clean = False
        if self._messages == 1:
            await self._open()
        else:
            await self._check()
        self._clean = True
        self.phase = "sender"

    async def announce(self, letter: Letter) -> None:
        """Name sender and recipient and ask to send, up to the server's word to go ahead."""
        utf8 = not letter.recipient.isascii()
        options = ["BODY=8BITMIME"] if self.eight_bit else []
        if utf8 and not self._smtp.supports_extension("smtputf8"):
            self.phase = "recipient"
            raise SMTPNotSupported("the server has no SMTPUTF8")
        self._clean = False
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
        if protocol is None or not self.alive:
            raise SMTPServerDisconnected("Connection lost")
        protocol.write(_LINE_START_DOT.sub(b"..", letter.content) + b".\r\n")
        self.phase = "dot"
        reply = await protocol.read_response(timeout=self._server.dot_timeout)
        if reply.code != _TAKEN:
            raise SMTPDataError(reply.code, reply.message)
        self._clean = True
        return reply.message

    def refused(self, error: Exception) -> None:
        """Hear how the message at hand ended: after a plain refusal the connection is good for another one."""
        if self.phase in _OF_A_MESSAGE and _plainly(error):
            self._clean = self._reset_due = True

    def was_stale(self, error: Exception) -> bool:
        """Whether the error only says that a connection used before has died since, so that a new one is in order."""
        return self._messages > 1 and (self.phase == "greet" or (self.phase == "sender" and not _plainly(error)))

    def park(self) -> None:
        """Hear that no message follows for now."""
        self._parked_at = _clock()

    async def say_goodbye(self) -> None:
        """End the connection, with the server's answer if that comes soon."""
        with suppress(SMTPException, OSError):
            await self._smtp.quit(timeout=1)
        self._smtp.close()

    def close(self) -> None:
        """Say goodbye without waiting for an answer: the outcome is already known."""
        with suppress(SMTPException):
            # Where the server waits for an e-mail, the word would be its first line.
            if self._smtp.protocol is not None and self.phase != "data":
                self._smtp.protocol.write(b"QUIT\r\n")
        self._smtp.close()

    async def _open(self) -> None:
        """Connect, greet, secure the line and log in, as far as the server's settings ask for it."""
        await self._smtp.connect()
        self._opened_at = _clock()
        self.phase = "greet"
        await self._greet()
        if self._server.tls == "starttls":
            self.phase = "secure"
            await self._smtp.starttls()
            await self._greet()
        if self._server.username:
            self.phase = "login"
            await self._smtp.login(self._server.username, self._server.password)

    async def _check(self) -> None:
        """See that the server is still there and has forgotten the last message."""
        self.phase = "greet"
        patience = min(_CHECK, self._server.timeout)
        if self._reset_due:
            await self._smtp.rset(timeout=patience)
            self._reset_due = False
        elif _clock() - self._parked_at > self._server.trusted:
            await self._smtp.noop(timeout=patience)

    async def _greet(self) -> None:
        try:
            await self._smtp.ehlo()
        except SMTPHeloError as refused:
            if refused.code < _NEVER:
                raise
            await self._smtp.helo()


def _plainly(error: Exception) -> bool:
    """Whether the error is a refusal after which the server goes on listening."""
    return isinstance(error, SMTPResponseException) and error.code >= _REFUSED and error.code != _CLOSING


def _clock() -> float:
    """Seconds of the event loop: how long something took, not when it was."""
    return asyncio.get_running_loop().time()
