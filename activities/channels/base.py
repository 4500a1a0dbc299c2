"""What every channel is: it delivers one rendered message and says what became of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

DeliveryOutcome = Literal["sent", "failed", "retry", "unknown"]

Suppress = Literal["", "bounced", "withdrew"]

# The shop's own set-up is at fault: it is tried again later, and an operator should look at once.
SETUP = "provider_setup"


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered message on its way.

    Attributes:
        key: The claim key; names the message for ever and carries no personal data.
        to: The address in the channel's own form: an e-mail address, or a phone number in E.164.
        at: The instant of the order (UTC), the date the message bears.
        subject: Empty where the channel has none.
        html: Empty when there is only text.
        unsubscribe_url: Where the reader ends such messages; empty on a transactional one.
    """

    key: str
    to: str
    at: datetime
    text: str
    subject: str = ""
    html: str = field(default="", repr=False)
    unsubscribe_url: str = ""


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
    """

    outcome: DeliveryOutcome
    code: str = ""
    reason: str = ""
    provider_id: str = ""
    detail: str = ""
    suppress: Suppress = ""


class Channel(Protocol):
    """A way to deliver messages."""

    async def deliver(self, message: Message) -> Delivery:
        """Deliver once; whatever goes wrong comes back as a ``Delivery``."""
        ...
