"""The outbox of a shop without a provider: the message stays readable in the store and goes nowhere else."""

from activities.channels.base import Delivery, Message


class Outbox:
    """Takes every message; people read it where the store keeps it."""

    async def deliver(self, message: Message) -> Delivery:
        """Take the message."""
        return Delivery("sent", provider_id="outbox")
