"""The catalogue: every name a journey may use, agreed once with the data team."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

FieldType = Literal["choice", "number", "percent", "date", "list", "yes/no", "text"]
Purpose = Literal["marketing", "care", "transactional"]
OncePer = Literal["customer", "order"]
Consenting = Literal["explicit", "as the law allows"]

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

    Attributes:
        topic: What it is about, as far as customers may choose; whoever muted that topic does not get it.
    """

    name: str
    channels: tuple[str, ...]
    purpose: Purpose
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """What messages are about, as customers choose it on their preference page.

    Example:
        topics:
          offers: {vi: Ưu đãi, en: Offers}

    Attributes:
        words: What customers read, by language tag.
    """

    name: str
    words: Mapping[str, str]

    def called(self, locale: str) -> str:
        """What it is called in a language, or in the first one it has."""
        base = locale.partition("-")[0]
        return self.words.get(locale) or self.words.get(base) or next(iter(self.words.values()), self.name)


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
        survey_cap: How often one customer is asked at most, over all journeys; a reminder asks nothing new.
        locale: Language used where a customer's is not known.
        holidays: Local dates on which the business is closed whatever the weekday.
        double_opt_in: Channels on which consent to marketing counts only after the customer confirmed it.
        marketing_consent: Whether marketing always needs an explicit yes, or what the law of the customer's country
            asks for is enough.
        spread: Over how many seconds messages leave that were held until a window opens; 0 lets all leave at once.
        sms_opt_out: How advertising by SMS is ended by an answer: ``TC to 19001234``; empty shows the link instead.
        sms_route: What the SMS gateways take, by the name of a route (``care.domain.routes``).
        sms_marks: Whether SMS leave without Vietnamese marks; empty leaves it to the route.
    """

    name: str = "Aftercare"
    timezone: str = "Asia/Ho_Chi_Minh"
    locale: str = "vi"
    quiet_hours: Window | None = None
    business_hours: Week = (None,) * 7
    frequency_cap: Cap | None = None
    survey_cap: Cap | None = None
    address: str = ""
    phone: str = ""
    website: str = ""
    email: str = ""
    holidays: tuple[date, ...] = ()
    double_opt_in: tuple[str, ...] = ()
    marketing_consent: Consenting = "explicit"
    spread: int = 0
    sms_opt_out: str = ""
    sms_route: str = "international"
    sms_marks: Literal["", "strip", "keep"] = ""

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
    topics: Mapping[str, Topic] = field(default_factory=dict)
