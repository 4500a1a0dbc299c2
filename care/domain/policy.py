"""Policy packs: what the law of a country, or a mailbox provider, asks of a message. Plain data, each with its source.

Nothing here is legal advice; an operator may replace a pack by a file of their own, ``rules/policies/<name>.yaml``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from care.domain.catalogue import Cap, Company, Purpose, Week

Medium = Literal["email", "sms", "zalo", "call"]
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
        law: The law or guideline in full.
        source: The address of a page that says so.
        short: How people cite it, for example ``Decree 91/2020``; the whole of ``law`` when empty.
        since: When it came into force, where that is known.
        noted: When it was noted here.
        believed: Whether it is believed only, and its text was not read: check it before relying on it.
    """

    law: str
    source: str
    noted: date
    since: date | None = None
    believed: bool = False
    short: str = ""

    @property
    def cited(self) -> str:
        """As people cite it, with a warning when its text was not read."""
        return (self.short or self.law) + (", believed" if self.believed else "")


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
class Sender:
    """Who a message must come from.

    Attributes:
        brand_name: Whether it must be a registered name, and a plain number is forbidden.
        longest: How many characters the name may have; 0 for any number.
    """

    brand_name: bool = False
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Implied:
    """For how many months (by the calendar, to the day) consent follows from what a customer did; 0 for never."""

    purchase: int = 0
    inquiry: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a country, such as a state.

    Attributes:
        code: As it is written in addresses, for example ``TX``.
        area_codes: The beginnings of phone numbers there, behind the country's.
    """

    code: str
    name: str
    area_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """What one part of a country asks besides; ``cap_believed`` when its cap was not read in a source.

    Attributes:
        part: The part's code.
        basis: Names of the pack's bases; those of the rule when empty.
    """

    part: str
    name: str
    window: Week | None = None
    cap: Cap | None = None
    cap_believed: bool = False
    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of one kind of message.

    Attributes:
        window: When it may be sent, by weekday (Monday first), on the recipient's clock; at any time when ``None``.
        cap: How many one address may get from one sender; a sliding window over messages of this kind.
        implied: What a customer did that counts as consent, where ``consent`` allows that.
        identify: What a message must show of the company, by field of the catalogue's ``company``.
        identify_one_of: Of these one is enough.
        duties: What else is asked, in words, by a short name.
        basis: Names of the pack's bases, the main one first.
    """

    medium: Medium
    purpose: Purpose
    basis: tuple[str, ...]
    consent: Consent = "not needed"
    window: Week | None = None
    cap: Cap | None = None
    implied: Implied = Implied()
    label: Label | None = None
    opt_out: OptOut | None = None
    sender: Sender | None = None
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
        countries: Codes of two letters (ISO 3166), and names as people write them.
    """

    timezones: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()

    def show(self, timezone: str, language: str, phone: str) -> bool:
        """Whether any of them is there; a phone number counts when it is written with its country."""
        digits = "".join(letter for letter in phone if letter.isdigit() or letter == "+")
        return (
            self.has_zone(timezone)
            or self.has_language(language)
            or any(digits.startswith(each) for each in self.phones)
        )

    def has_zone(self, timezone: str) -> bool:
        """Whether clocks go so there."""
        return any(timezone == each or (each.endswith("/") and timezone.startswith(each)) for each in self.timezones)

    def has_language(self, language: str) -> bool:
        """Whether that is a language of people there."""
        return language.replace("_", "-").lower() in {each.lower() for each in self.languages}

    def has_country(self, country: str) -> bool:
        """Whether that is the place, by code or by name."""
        return country.strip().casefold() in {each.casefold() for each in self.countries}


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one country, group of countries or kind of provider.

    Attributes:
        title: As people call the place: "Vietnam".
        where: As messages say it: "in Vietnam".
        everywhere: Whether it holds wherever the company trades and the customer lives.
        parts: The parts of the country that have rules of their own, and those that have none.
        deadlines: How long the company has to do what a customer asks for, in words.
        proof: What the record of a consent to advertising must hold besides its time: ``wording``, ``method``,
            ``place`` or ``frequency``.
    """

    name: str
    title: str
    where: str
    signs: Signs
    rules: tuple[Rule, ...]
    bases: Mapping[str, Basis]
    everywhere: bool = False
    parts: tuple[Part, ...] = ()
    deadlines: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()

    def rules_for(self, medium: str, purpose: str) -> list[Rule]:
        """What it asks of such a message."""
        return [rule for rule in self.rules if rule.medium == medium and rule.purpose == purpose]

    def cited(self, basis: tuple[str, ...]) -> str:
        """The main law among these, as people cite it."""
        return self.bases[basis[0]].cited


def packs_for(company: Company, packs: Iterable[Policy]) -> tuple[Policy, ...]:
    """The packs of the places where a company trades, and those that hold everywhere.

    Where it trades is told by its time zone, its language and its phone number.
    """
    there = (company.timezone, company.locale, company.phone)
    return tuple(pack for pack in packs if pack.everywhere or pack.signs.show(*there))
