"""Policy packs: what the law of a country, or a mailbox provider, asks of a message. Plain data, each with its source.

Nothing here is legal advice; an operator may replace a pack by a file of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from care.domain.catalogue import Cap, Purpose, Week

Medium = Literal["email", "sms", "call"]
Consent = Literal[
    "express prior",
    "prior express written",
    "express or implied",
    "opt in or similar products of one's own",
    "opt out",
    "not needed",
]
Spot = Literal["start of the subject", "start of the text"]
Ending = Literal["anywhere", "end of the text"]


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a rule comes from.

    Attributes:
        law: The law or guideline, as people cite it.
        source: The address of a page that says so.
        since: When it came into force, where that is known.
        noted: When it was noted here.
        believed: Whether it is believed only, and its text was not read: check it before relying on it.
    """

    law: str
    source: str
    noted: date
    since: date | None = None
    believed: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A mark that tells advertising from other messages; one of several is enough."""

    any_of: tuple[str, ...]
    where: Spot


@dataclass(frozen=True, slots=True)
class OptOut:
    """How a message must say how to stop it, and what must follow.

    Attributes:
        words: Answers by which a customer may stop it.
        within: How long it may take until nothing is sent any more, in words; empty for at once.
        confirm: What may or must be answered, in words.
        lasts_days: How long the way out must work after the message.
    """

    where: Ending = "anywhere"
    words: tuple[str, ...] = ()
    within: str = ""
    confirm: str = ""
    lasts_days: int = 0


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a country whose rules are stricter; ``cap_believed`` when its cap was not read in a source."""

    name: str
    window: Week | None = None
    cap: Cap | None = None
    cap_believed: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of one kind of message.

    Attributes:
        window: When it may be sent, by weekday (Monday first), on the recipient's clock; at any time when ``None``.
        cap: How many one recipient may get from one sender; a sliding window.
        identify: What a message must show of the company, by field of the catalogue's ``company``.
        identify_one_of: Of these one is enough.
        duties: What else is asked, in words, by a short name.
        basis: Names of the pack's bases.
    """

    medium: Medium
    purpose: Purpose
    basis: tuple[str, ...]
    consent: Consent = "not needed"
    window: Week | None = None
    cap: Cap | None = None
    label: Label | None = None
    opt_out: OptOut | None = None
    identify: tuple[str, ...] = ()
    identify_one_of: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()
    duties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signs:
    """What tells that a company trades, or a recipient lives, somewhere.

    Attributes:
        timezones: IANA names; one that ends in ``/`` stands for all that begin so.
        languages: Language tags, such as ``vi`` or ``en-GB``.
        phones: Beginnings of international phone numbers.
    """

    timezones: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()

    def show(self, timezone: str, language: str, phone: str) -> bool:
        """Whether any of them is there; a phone number counts when it is written with its country."""
        zone = any(timezone == each or (each.endswith("/") and timezone.startswith(each)) for each in self.timezones)
        digits = "".join(letter for letter in phone if letter.isdigit() or letter == "+")
        return zone or language in self.languages or any(digits.startswith(each) for each in self.phones)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one country, group of countries or kind of provider.

    Attributes:
        where: As messages say it: "in Vietnam".
        everywhere: Whether it holds wherever the company trades.
        deadlines: How long the company has to do what a customer asks for, in words.
    """

    name: str
    where: str
    signs: Signs
    rules: tuple[Rule, ...]
    bases: Mapping[str, Basis]
    everywhere: bool = False
    deadlines: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def rules_for(self, medium: str, purpose: str) -> list[Rule]:
        """What it asks of such a message."""
        return [rule for rule in self.rules if rule.medium == medium and rule.purpose == purpose]
