"""E-mail over SMTP: a few connections carry message after message, and every failure is known by its phase."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from aiosmtplib import SMTPException

from activities.channels import dkim
from activities.channels.base import Callback, Channel, Delivery, Leave, Message, Receipt, Reply
from activities.channels.dkim import DkimKey
from activities.channels.domain_pace import DomainPace
from activities.channels.letterhead import AddressError, Letterhead, letterhead_of, mailbox
from activities.channels.mime import Letter, letter
from activities.channels.smtp_conversation import Conversation, SmtpServer
from activities.channels.smtp_pool import Pool
from activities.channels.smtp_replies import judged
from care.settings import Settings

_URGENT = ("transactional", "")


def open_channel(settings: Settings) -> Channel:
    """The plug-in ``smtp``.

    Raises:
        SettingsError: When the shop's addresses or keys cannot be used as they are set.
    """
    server = SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_username,
        settings.smtp_password,
        settings.smtp_tls,
        connections=settings.smtp_connections,
    )
    letterhead = letterhead_of(settings)
    keys = dkim.keys_of(settings, letterhead.sender.domain)
    return EmailChannel(server, letterhead, keys, settings.smtp_domain_rate)


class EmailChannel:
    """Delivers e-mail.

    Args:
        keys: Sign every e-mail; none when the relay does.
        domain_rate: Messages a second to one recipients' domain; 0 is no limit.
    """

    def __init__(
        self, server: SmtpServer, letterhead: Letterhead, keys: Sequence[DkimKey] = (), domain_rate: float = 0
    ) -> None:
        self._server = server
        self._letterhead = letterhead
        self._keys = keys
        self._pace = DomainPace(domain_rate, server.patience)
        self._pool = Pool(server, letterhead.sender.domain)

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        """Hand the message to the mail server when it is its turn."""
        urgent = message.purpose in _URGENT
        try:
            domain = mailbox(message.to).domain
        except AddressError as error:
            return Delivery("failed", "bad_address", str(error))
        if not await self._pace.turn(domain.lower(), urgent=urgent):
            words = "more mail to this address's domain is waiting than smtp_domain_rate lets out in a minute"
            return Delivery("retry", "domain_rate", words)
        try:
            async with asyncio.timeout(self._server.patience):
                await self._pool.enter(urgent=urgent)
        except TimeoutError:
            return Delivery("retry", "busy", "every connection to the mail server was in use for a minute")
        try:
            return await self._carry(message, leave)
        finally:
            self._pool.leave()

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        """A mail server cannot be asked."""
        return None

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        """A mail server does not call; bounces come as mail."""
        return ()

    async def close(self) -> None:
        """Say goodbye to the mail server."""
        await self._pool.close()

    async def _carry(self, message: Message, leave: Leave) -> Delivery:
        """Hand the message over, on a new connection when one used before turns out to have died since."""
        conversation = self._pool.take(fresh=False)
        delivery = await self._said(conversation, message, leave)
        if delivery is None:
            delivery = await self._said(self._pool.take(fresh=True), message, leave)
        assert delivery is not None
        return delivery

    async def _said(self, conversation: Conversation, message: Message, leave: Leave) -> Delivery | None:
        """What became of the message in this conversation; ``None`` when the connection was dead before it began."""
        try:
            written = await self._announced(conversation, message)
            if not isinstance(written, Letter):
                return written
            await leave()
            return await self._handed_over(conversation, written)
        finally:
            self._pool.give_back(conversation)

    async def _announced(self, conversation: Conversation, message: Message) -> Letter | Delivery | None:
        """The letter, when the server waits for it; else what became of it, or ``None`` on a dead connection."""
        try:
            async with asyncio.timeout(self._server.timeout):
                await conversation.begin()
                written = self._written(message, conversation)
                await conversation.announce(written)
        except AddressError as error:
            return Delivery("failed", "bad_address", str(error))
        except (SMTPException, OSError) as error:
            if conversation.was_stale(error):
                return None
            conversation.refused(error)
            return judged(conversation.phase, error)
        return written

    async def _handed_over(self, conversation: Conversation, written: Letter) -> Delivery:
        try:
            reply = await conversation.hand_over(written)
        except (SMTPException, OSError) as error:
            conversation.refused(error)
            return judged(conversation.phase, error)
        return Delivery("sent", provider_id=written.message_id, detail=reply)

    def _written(self, message: Message, conversation: Conversation) -> Letter:
        # A server further on may pack 8-bit text anew, which would break a signature (RFC 6376, 5.3).
        written = letter(message, self._letterhead, eight_bit=conversation.eight_bit and not self._keys)
        return written._replace(content=dkim.signed(written.content, self._keys)) if self._keys else written
