"""Previews: what a marketer asks to see of a journey, and what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from care.domain.audit import Entry
from care.domain.customers import Facts
from care.domain.enrolment import Enrolment
from care.domain.errors import CareError
from care.domain.journey import Plan
from care.domain.orders import SendMessage

NAME = "Nguyễn Thị Lan"
ANSWERS = "next day 10:00"
CLOSES = "1 day"
NEVER = "never"


class PreviewError(CareError):
    """The preview cannot be played as it was asked for; the message says what to change, one line for each fault."""


@dataclass(frozen=True)
class Preview:
    """What to try, as it was typed; whatever is empty gets a plausible value.

    Attributes:
        types: Values of worked-out fields the customer starts with, such as ``vip``.
        buys: When the journey's first event happens, on the customer's clock (see ``local_moment``).
        score: Answer to the survey that is asked first.
        scores: Answers by survey, such as ``nps`` to ``9``.
        answers: When the customer answers after being asked (see ``later``).
        closes: How long after it was opened a ticket is closed, or ``never``.
        given: Facts by field name, consents (``consent.email.marketing``) and ``reach``, as in a rule test.
        happens: Further events, such as ``day 7 20:00 order.returned``.
        sides: Side by split, or ``holdout``.
        replies: What a webhook's endpoint answers: ``crm.customer.tier`` to a value.
    """

    journey: str
    types: tuple[str, ...] = ()
    timezone: str = ""
    locale: str = ""
    name: str = NAME
    buys: str = ""
    score: str = ""
    scores: Mapping[str, str] = field(default_factory=dict)
    answers: str = ""
    closes: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    happens: tuple[str, ...] = ()
    sides: Mapping[str, str] = field(default_factory=dict)
    replies: Mapping[str, str] = field(default_factory=dict)


class Assumed(NamedTuple):
    """Something nobody said, and why it was taken so."""

    name: str
    value: str
    why: str = ""


@dataclass(frozen=True)
class Sending:
    """A message that leaves, with what is known at that instant."""

    order: SendMessage
    facts: Facts
    run: Enrolment


@dataclass(frozen=True)
class Previewed:
    """A journey, played.

    Attributes:
        zone: The customer's.
        starts: When the journey's first event happens (UTC).
        types: The worked-out fields as they are then.
        given: The facts that were asked for, in words.
        entries: The timeline, oldest first.
        notes: What did not come about as it was asked for.
    """

    plan: Plan
    name: str
    locale: str
    zone: ZoneInfo
    starts: datetime
    types: Mapping[str, str]
    given: Mapping[str, str]
    assumed: tuple[Assumed, ...]
    entries: tuple[Entry, ...]
    sendings: tuple[Sending, ...]
    notes: tuple[str, ...] = ()

    @property
    def entered(self) -> bool:
        """Whether the customer was let in."""
        return any(entry.kind == "entered" for entry in self.entries)


def named_values(texts: Iterable[str], what: str) -> dict[str, str]:
    """``NAME=VALUE`` words as a mapping.

    Args:
        what: How the words are called where they are typed, for the message.

    Raises:
        PreviewError: When one has no name or no value.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if not name or not value:
            raise PreviewError(f"{what} {text!r} is no NAME=VALUE; write for example order.total=5,000,000")
        found[name] = value
    return found
