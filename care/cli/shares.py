"""Shares on the command line: ``30%``."""

from care.domain.errors import CareError
from care.rulebook.amounts import share
from care.rulebook.findings import PhraseError


class ShareError(CareError):
    """The words are no share; the message says how one is written."""


def share_of(words: str, option: str) -> float | None:
    """A share from 0 to 1, or ``None`` when none was given.

    Raises:
        ShareError: When it cannot be read.
    """
    if not words:
        return None
    try:
        found = share(words)
    except PhraseError:
        found = -1
    if not 0 <= found <= 1:
        raise ShareError(f"{option} {words!r} is no share; write it like 30%")
    return found
