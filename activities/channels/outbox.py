"""The outbox of a shop without a provider: the message stays readable in the store and goes nowhere else."""

from datetime import datetime

from activities.channels.base import Callback, Channel, Delivery, Leave, Message, Receipt, Reply
from care.settings import Settings


def open_channel(settings: Settings) -> Channel:
    """The plug-in ``outbox``."""
    return Outbox()


class Outbox:
    """Takes every message; people read it where the store keeps it."""

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        """Take the message."""
        await leave()
        return Delivery("sent", provider_id="outbox")

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        """Whatever was to be taken was."""
        return Delivery("sent", provider_id="outbox")

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        """Nobody calls back."""
        return ()

    async def close(self) -> None:
        """Nothing is open."""
