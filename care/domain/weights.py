"""What one written message weighs and costs, as the marketer is shown it and the store keeps it."""

from decimal import Decimal
from typing import NamedTuple

from care.domain.catalogue import Catalogue
from care.domain.prices import money_words, price_of
from care.domain.routes import writing_of
from care.domain.segments import Segments


class Weight(NamedTuple):
    """What one message weighs and costs.

    Attributes:
        segments: How an SMS travels; ``None`` on other channels.
        cost: At the catalogue's price; ``None`` when it names none for the channel.
    """

    segments: Segments | None
    cost: Decimal | None
    currency: str

    def as_plain(self) -> dict[str, str | int]:
        """For the store: ``encoding``, ``segments`` and ``cost`` (``700 dong``), as far as they are known."""
        plain: dict[str, str | int] = {}
        if self.segments is not None:
            plain |= {"encoding": self.segments.encoding, "segments": self.segments.parts}
        return plain if self.cost is None else {**plain, "cost": money_words(self.cost, self.currency)}


def weigh(catalogue: Catalogue, channel: str, purpose: str, text: str) -> Weight:
    """Weigh a message in its text as it is sent."""
    parts = writing_of(catalogue.company, purpose).count(text) if channel == "sms" else None
    words = catalogue.prices.get(channel)
    if not words:
        return Weight(parts, None, "")
    price = price_of(words)
    return Weight(parts, price.of(parts.parts if parts is not None else 1), price.currency)
