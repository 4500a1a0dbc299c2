"""Reads where webhooks may post to."""

from care.domain.endpoints import endpoint_url_trouble
from care.rulebook.findings import PhraseError


def address(text: str) -> str:
    """A web address that customers' data may be posted to.

    Raises:
        PhraseError: J012 when it is none, or data or secrets would travel in plain sight.
    """
    trouble, _, hint = endpoint_url_trouble(text).partition("; ")
    if trouble:
        raise PhraseError("J012", trouble, hint)
    return text
