"""Counts over time as one line of blocks: ``▁▂▅█``."""

from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"


def spark(counts: Sequence[float], most: float = 0) -> str:
    """A line of blocks, one for each count; nothing at all is a blank.

    Args:
        counts: From left to right.
        most: The count of a full block; else the largest.
    """
    top = most or max(counts, default=0)
    return "".join(_block(count, top) for count in counts)


def _block(count: float, top: float) -> str:
    if count <= 0 or top <= 0:
        return " "
    return _BLOCKS[min(int(count / top * len(_BLOCKS)), len(_BLOCKS) - 1)]


def squeezed(counts: Sequence[float], most: int) -> list[float]:
    """The counts in at most so many places: neighbours are added up."""
    every = -(-len(counts) // most) or 1
    return [sum(counts[at : at + every]) for at in range(0, len(counts), every)]
