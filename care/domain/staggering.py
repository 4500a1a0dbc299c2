"""Staggering: held messages leave over a while after a window opens, in order of what they are for."""

from hashlib import blake2b

_BYTES = 8
_RANGE: int = 256**_BYTES
_RANKS = {"transactional": 0, "care": 1, "marketing": 2}


def offset_of(customer: str, purpose: str, span: int) -> float:
    """How many seconds after the opening a customer's message leaves, the same for ever.

    Args:
        customer: The opaque customer key, whose hash spreads customers evenly.
        span: Over how many seconds all messages are spread; each purpose has a third of it.
    """
    drawn = int.from_bytes(blake2b(customer.encode(), digest_size=_BYTES).digest(), "big") / _RANGE
    return span / len(_RANKS) * (_RANKS.get(purpose, 0) + drawn)
