"""What a mail that came back can say."""

from dataclasses import dataclass, field
from typing import Literal

Returned = Literal["delivered", "delayed", "failed", "soft", "bounced"]


@dataclass(frozen=True, slots=True)
class Report:
    """A mail server's report on a message.

    Attributes:
        outcome: ``soft`` and ``bounced`` are about the address, ``failed`` is not.
        status: Enhanced status (RFC 3463), or empty.
        words: The server's own words; they may hold the address.
        recipients: The addresses it names, in small letters.
    """

    outcome: Returned
    status: str = ""
    words: str = field(default="", repr=False)
    recipients: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Complaint:
    """A reader called a message unwanted (RFC 5965); ``sort`` is for example ``abuse``."""

    sort: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """A reader unsubscribes by mail; the token is signed, and not checked yet."""

    token: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing anybody has to do anything about."""

    why: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Left for people."""

    why: str


Said = Report | Complaint | Leaving | Ignored | Unclear
