"""Splitting: which side of a split a customer is on, by a hash and not by chance, so that it never changes."""

import hashlib

from care.domain.steps import Share, Split

_WHOLE = 2**64


def side_of(split: Split, customer: str) -> Share | None:
    """The side of a customer, or ``None`` when the customer is held out.

    Who is held out and who takes which side are drawn from different bytes of SHA-256(name, customer): another holdout
    leaves everybody else on the side they had.
    """
    drawn = hashlib.sha256(f"{split.name}\n{customer}".encode()).digest()
    if int.from_bytes(drawn[8:16], "big") / _WHOLE < split.holdout:
        return None
    place, reached = int.from_bytes(drawn[:8], "big") / _WHOLE, 0.0
    for share in split.shares:
        reached += share.part
        if place < reached:
            return share
    return split.shares[-1]
