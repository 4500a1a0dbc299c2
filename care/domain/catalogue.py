"""The catalogue: every name a journey may use, agreed once with the data team."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

FieldType = Literal["choice", "number", "percent", "date", "list", "yes/no", "text"]
Purpose = Literal["marketing", "care", "transactional"]
OncePer = Literal["customer", "order"]

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Field:
    """A fact a condition may test, with its type and range.

    Example:
        fields:
          customer.type: {type: choice, choices: [new, regular, vip, at_risk], always: yes}

    Attributes:
        name: Dotted name as written in rule files, for example ``order.total``.
        choices: The allowed words of a ``choice`` field.
        low: Smallest allowed number (inclusive); a percent is a share from 0 to 1.
        high: Largest allowed number (inclusive).
        whole: Whether only whole numbers are allowed.
        always: Whether the value is known for every customer.
        set_by: The step that gives the value, for example ``survey csat``.
        same_as: The field this one mirrors for the event at hand (``event.category`` as ``order.category``).
    """

    name: str
    type: FieldType
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    whole: bool = False
    always: bool = False
    set_by: str = ""
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A message. Its purpose decides which guard-rails hold.

    Example:
        templates:
          thank_you: {channels: [email, sms], purpose: care}
    """

    name: str
    channels: tuple[str, ...]
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Offer:
    """A tracked offer: the message that carries it, its code, and the event that redeems it.

    Example:
        offers:
          kit: {template: kit, code: 'KIT-{unique}', redeemed_by: offer.redeemed, once_per: customer}
    """

    name: str
    template: str
    code: str
    redeemed_by: str
    once_per: OncePer


@dataclass(frozen=True, slots=True)
class Queue:
    """People who take tickets.

    Example:
        queues:
          care_team: {email: care@shop.example}

    Attributes:
        email: Where they are told; empty means the journey's owner.
    """

    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place outside that webhook steps may post to, such as a CRM or a chatbot.

    Example:
        endpoints:
          crm: {url: https://crm.example/hooks}

    Attributes:
        url: Where to post; the secret that signs the posts is a setting.
    """

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Window:
    """A daily stretch of local time in minutes since midnight; ``start > end`` runs over midnight."""

    start: int
    end: int


Week = tuple[Window | None, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the business is open: by weekday, Monday first, but never on a holiday (a date on local calendars).

    A window belongs to the day it starts on; one that runs over midnight is cut short by a holiday. A business without
    any window has no business hours and counts as always open.
    """

    week: Week
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``count`` messages in any ``seconds`` (a sliding window)."""

    count: int
    seconds: int


@dataclass(frozen=True)
class Company:
    """The shop's own defaults.

    Example:
        company:
          timezone: Asia/Ho_Chi_Minh
          quiet_hours: 21:00 to 08:00
          holidays: {new_year: 2027-01-01, tet: 2027-02-05 to 2027-02-11}

    Attributes:
        timezone: IANA name, used where a customer's own zone is not known.
        quiet_hours: When nothing is sent, in the customer's local time.
        business_hours: Seven entries, Monday first; ``None`` is a closed day. Minutes since midnight, end exclusive.
        frequency_cap: How many messages one customer gets at most.
        locale: Language used where a customer's is not known.
        holidays: Local dates on which the business is closed whatever the weekday.
    """

    name: str = "Aftercare"
    timezone: str = "Asia/Ho_Chi_Minh"
    locale: str = "vi"
    quiet_hours: Window | None = None
    business_hours: Week = (None,) * 7
    frequency_cap: Cap | None = None
    address: str = ""
    phone: str = ""
    website: str = ""
    email: str = ""
    holidays: tuple[date, ...] = ()

    @cached_property
    def calendar(self) -> Calendar:
        """The business hours with the holidays."""
        return Calendar(self.business_hours, frozenset(self.holidays))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every name a journey may use, agreed once with the data team.

    Example:
        events: [order.placed, order.delivered, csat.answered]
    """

    company: Company
    fields: Mapping[str, Field]
    events: tuple[str, ...]
    templates: Mapping[str, Template]
    queues: Mapping[str, Queue]
    offers: Mapping[str, Offer]
    prices: Mapping[str, str] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
