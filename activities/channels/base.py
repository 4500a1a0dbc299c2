"""What every channel is: four methods by which one way of sending, such as a mail server or an SMS gateway, is used.

A channel is a plug-in: the entry point group ``aftercare.channels`` names a function for each (``registry``), and
``tests/integration/sending/channel_contract.py`` is what each of them must pass.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from care.domain.errors import CareError
from care.domain.orders import reference

DeliveryOutcome = Literal["sent", "failed", "retry", "unknown"]

Suppress = Literal["", "bounced", "withdrew"]

# The shop's own set-up is at fault: it is tried again later, and an operator should look at once.
SETUP = "provider_setup"
# This provider does not serve such a message, for example a number abroad: the next one in line may.
NOT_SERVED = "not_served"
# An answer of ``reconcile`` with ``retry``: the provider may have the message, and handed over again it sends it once.
REPEATABLE = "repeatable"


# Awaited by a channel right before the first byte goes out from which a provider could make a message: from then on it
# may have been sent. Until then nothing is claimed, and whoever dies has left nothing behind.
Leave = Callable[[], Awaitable[None]]


class HeldBack(CareError):
    """The message must not leave after all. A channel lets go of its connection and lets this through."""


class ForgedCallback(CareError):
    """A callback that its provider cannot have sent; the message says what was wrong with it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered message on its way.

    Attributes:
        key: The claim key; names the message for ever and carries no personal data.
        to: The address in the channel's own form: an e-mail address, or a phone number in E.164.
        at: The instant of the order (UTC), the date the message bears.
        text: What it says; for a channel whose providers keep the templates, the values one a line (``name: value``).
        subject: Empty where the channel has none; the provider's template id where providers keep the templates.
        html: Empty when there is only text.
        unsubscribe_url: Where the reader ends such messages; empty on a transactional one.
        purpose: ``marketing``, ``care`` or ``transactional``; empty for a message to the shop's own people.
        template: Its name in the catalogue, or empty.
        journey: The journey that sends it, or empty.
        provider: The provider that may have it already, when that is known; only ``reconcile`` looks at it.
    """

    key: str
    to: str
    at: datetime
    text: str
    subject: str = ""
    html: str = field(default="", repr=False)
    unsubscribe_url: str = ""
    purpose: str = ""
    template: str = ""
    journey: str = ""
    provider: str = ""

    @property
    def reference(self) -> str:
        """What providers are told of it."""
        return reference(self.key)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one message.

    Attributes:
        outcome: ``sent``: the provider took it; ``failed``: it never will; ``retry``: certainly not sent, try later;
            ``unknown``: it may or may not have been sent, and must not be sent again blindly.
        code: A countable word, empty when sent.
        reason: The same in a sentence without the address.
        provider_id: What the provider calls the message.
        detail: The provider's own words; they may hold the address, so they are stored and go nowhere else.
        suppress: Why nothing more should go to this address: it ``bounced``, or its owner ``withdrew`` at the
            provider; empty when it is fine.
        provider: The name of the plug-in it was given to; a channel over several providers says so, a plug-in need not.
    """

    outcome: DeliveryOutcome
    code: str = ""
    reason: str = ""
    provider_id: str = ""
    detail: str = ""
    suppress: Suppress = ""
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Callback:
    """A request by which a provider tells us something, as it came.

    Attributes:
        url: The whole address it was sent to, with its query, as the provider knows it (the public one).
        headers: By name in lower case.
        query: The last value of each name.
        body: Unread.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider says, later, of a message it was given.

    Attributes:
        id: Names this very news, so that hearing it twice changes nothing.
        provider_id: What the provider calls the message; empty when it only tells ``reference``.
        reference: What we called it (``Message.reference``); empty when the provider does not repeat it.
        delivery: ``sent`` is on the recipient's phone or in the mailbox; ``failed`` never will be; ``retry`` and
            ``unknown`` change nothing yet.
        at: When it happened (UTC); ``None`` when the provider does not say.
    """

    id: str
    delivery: Delivery
    provider_id: str = ""
    reference: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person wrote to the shop's number.

    Attributes:
        id: The provider's id of the incoming message.
        sender: The person's address in the channel's own form.
        stopped: Whether the provider itself took it for a stop and will refuse further messages.
    """

    id: str
    sender: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime | None = None
    stopped: bool = False


class Channel(Protocol):
    """A way to deliver messages."""

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        """Deliver once; whatever goes wrong comes back as a ``Delivery``.

        Args:
            leave: Awaited at the last moment, when all that is missing is what makes it a message: on an open
                connection, logged in, after the provider has agreed to listen. Awaited again it changes nothing.

        Raises:
            HeldBack: By ``leave``, when the message must stay; nothing of it may go out then.
        """
        ...

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        """Ask the provider what became of a message that may have left; nothing is sent.

        Args:
            since: From when on it may have left (UTC).

        Returns:
            ``sent`` or ``failed`` when the provider has it, ``retry`` when it certainly does not or, with the code
            ``REPEATABLE``, when it takes the same message once however often it is handed over; ``None`` when the
            provider cannot tell.
        """
        ...

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        """Read what the provider tells us; nothing when it is of no interest.

        Raises:
            ForgedCallback: When the provider cannot have sent it.
        """
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...
