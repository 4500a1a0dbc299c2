"""What a provider's code means for the message: the tables of the gateways are written in these words."""

from collections.abc import Mapping
from typing import Literal

from activities.channels.base import NOT_SERVED, SETUP, Delivery

Meaning = Literal["number", "gone", "withdrew", "setup", "later", "refused", "elsewhere", "unknown"]
"""What follows from a code.

``number``: the number is at fault; ``gone``: it is dead, nothing more should go there; ``withdrew``: its owner told the
provider to stop; ``setup``: the shop's own set-up is at fault; ``later``: certainly not sent, try again;
``refused``: this message never will be; ``elsewhere``: not by this provider, the next in line may; ``unknown``: nobody
can tell.
"""

Codes = Mapping[str, tuple[Meaning, str]]


def judged(provider: str, codes: Codes, code: str, detail: str = "") -> Delivery:
    """What became of a message that a provider answered with this code; one that is in no table refuses it.

    Args:
        provider: As people know it, for example ``eSMS``.
        detail: The provider's own words.
    """
    meaning, words = codes.get(code, ("refused", "it gives a code that is in none of its tables"))
    said = f"{words} ({provider} code {code})"
    match meaning:
        case "number":
            return Delivery("failed", "bad_address", said, detail=detail)
        case "gone":
            return Delivery("failed", "bad_address", said, detail=detail, suppress="bounced")
        case "withdrew":
            return Delivery("failed", "opted_out", said, detail=detail, suppress="withdrew")
        case "setup":
            return Delivery("retry", SETUP, f"{provider} refuses the shop's own set-up: {said}", detail=detail)
        case "later":
            return Delivery("retry", "try_later", f"{provider} asks to try later: {said}", detail=detail)
        case "refused":
            return Delivery("failed", "refused", f"{provider} refuses the message: {said}", detail=detail)
        case "elsewhere":
            return Delivery("failed", NOT_SERVED, said, detail=detail)
        case "unknown":
            return Delivery("unknown", "unanswered", f"{said}, so it may or may not have been sent", detail=detail)
