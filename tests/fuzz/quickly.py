"""Whether something ends in time, whatever machine it runs on."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import thread_time

LONGEST = 15.0
"""Seconds of one processor; here the slowest takes a third of it, and machines that test may be slower."""


@contextmanager
def quickly() -> Iterator[None]:
    """Fail when the block takes longer."""
    begun = thread_time()
    yield
    took = thread_time() - begun
    assert took < LONGEST, f"it took {took:.1f} s"
