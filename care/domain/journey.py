"""A journey, compiled: what the planner walks. Immutable and named by its hash."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from care.domain.catalogue import Cap, Window
from care.domain.conditions import Condition, Test
from care.domain.steps import Scope, Step

Rank = Literal["low", "normal", "high"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a decision table: a test per given field (``None`` accepts anything) and a value per chosen name."""

    tests: tuple[Test | None, ...]
    values: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table: each row tests the given fields and gives a word for each chosen name.

    Example:
        accessory:
          given: [customer.type]
          choose: [offer, discount]
          rows:
            - [vip, premium_care_kit, 20%]
            - otherwise: [stand_and_cover, 5%]

    Attributes:
        rows: The first that matches is taken; ``otherwise`` is a row whose tests are all ``None``.
        file: The CSV file that its rows stand in, for example ``prices.csv``; empty when they stand in the journey.
    """

    name: str
    given: tuple[str, ...]
    choose: tuple[str, ...]
    rows: tuple[Row, ...]
    line: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """The event that lets a customer in, with tests if not every such event does.

    Example:
        trigger:
          event: order.delivered
          when: {order.category: washing_machine}
    """

    event: str
    when: Condition | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class ReEntry:
    """When a customer may enter again; ``seconds`` belongs to ``after``."""

    kind: Literal["never", "always", "once per order", "after"] = "never"
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class EndRule:
    """An event that ends the journey early: an exit, or a goal when ``within`` (seconds after entry) is kept."""

    event: str
    when: Condition | None = None
    of: Scope = "order"
    within: int | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Sending:
    """A journey's own limits on its messages. They hold besides the company's; they cannot loosen them.

    Example:
        sending:
          quiet_hours: 20:00 to 09:00
          frequency_cap: 2 messages in 7 days

    Attributes:
        quiet_hours: When this journey sends nothing, in the customer's local time, besides the company's.
        frequency_cap: Holds besides the company's: messages of every journey count.
        timezone: IANA name of a zone in which quiet hours must be over as well, besides the customer's own.
    """

    quiet_hours: Window | None = None
    frequency_cap: Cap | None = None
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One file is one journey: whom it lets in, what it does, and what ends it.

    Example:
        journey: thank_buyers
        trigger:
          event: order.delivered
        steps:
          - send: thank_you
            by: email

    Attributes:
        hash: SHA-256 in hex of everything that decides how the journey behaves.
        revision: The published plan's number; 0 for a draft.
        file: The rule file as shown to people, for example ``washing_machine_care.yaml``.
        paths: Step lists by name; the main list is ``steps``.
        priority: When several messages want one slot: among messages of one kind, those of a higher journey go first.
    """

    journey: str
    title: str
    owner: str
    file: str
    trigger: Trigger
    paths: Mapping[str, tuple[Step, ...]]
    audience: Condition | None = None
    audience_line: int = 0
    re_entry: ReEntry = ReEntry()
    goal: EndRule | None = None
    exit_when: tuple[EndRule, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    priority: Rank = "normal"
    sending: Sending | None = None
    hash: str = ""
    revision: int = 0


MAIN = "steps"
