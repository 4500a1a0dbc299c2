"""What a message costs, by the words of the catalogue: ``20 dong``, ``350 dong per segment``."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from care.domain.errors import CareError

_PRICE = re.compile(
    r"(?P<amount>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(?P<currency>[^\W\d_]+|[₫$€£¥])"
    r"(?:\s+(?:per|a|each)\s+(?P<unit>segment|message))?",
    re.IGNORECASE,
)
_LONGEST = 60


class PriceError(CareError):
    """The words are no price; the message says how one is written."""


class Price(NamedTuple):
    """The price of one message on one channel.

    Attributes:
        amount: For one message, or for one segment of it.
        currency: As the catalogue writes it, for example ``dong``.
        per_segment: Whether every segment of the text is billed.
    """

    amount: Decimal
    currency: str
    per_segment: bool = False

    def of(self, parts: int) -> Decimal:
        """What a message of so many segments costs."""
        return self.amount * parts if self.per_segment else self.amount


@lru_cache(maxsize=64)
def price_of(text: str) -> Price:
    """The price that these words say.

    Raises:
        PriceError: When they cannot be read, or could be read in two ways.
    """
    match = _PRICE.fullmatch(" ".join(text.split())) if len(text) <= _LONGEST else None
    if match is None:
        raise PriceError(
            f"{text[:_LONGEST]!r} is not a price; write an amount and a currency, for example "
            "'20 dong' or '350 dong per segment'"
        )
    per_segment = (match["unit"] or "").lower() == "segment"
    return Price(Decimal(match["amount"].replace(",", "")), match["currency"], per_segment)


def total(costs: Iterable[tuple[Decimal, str]]) -> Mapping[str, Decimal]:
    """Sums by currency: amounts of different currencies are never added up."""
    sums: dict[str, Decimal] = {}
    for amount, currency in costs:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums


def money_words(amount: Decimal, currency: str) -> str:
    """An amount as people read it: ``1,420 dong``, ``0.0395 USD``."""
    digits = f"{amount:,f}"
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits} {currency}"
