"""A journey, compiled: what the planner walks. Immutable and named by its hash."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field as Discriminated

from care.domain.conditions import Condition, Test

Verb = Literal["send", "survey", "offer", "ticket", "wait", "wait_for", "branch", "exit"]
SurveyKind = Literal["csat", "nps", "ces"]
TicketPriority = Literal["low", "normal", "high"]
Scope = Literal["order", "customer"]

CONTINUE = "continue"
EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Duration:
    """A fixed length in seconds; ``business`` counts only the company's business hours."""

    seconds: int
    business: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class For:
    """Wait an exact length: ``3 days`` is 72 hours."""

    duration: Duration
    kind: Literal["for"] = "for"


@dataclass(frozen=True, slots=True)
class UntilDay:
    """Wait until calendar day ``day`` after entry (entry day is 0); ``at`` in minutes, else the clock time of entry."""

    day: int
    at: int | None = None
    kind: Literal["day"] = "day"


@dataclass(frozen=True, slots=True)
class UntilWeekday:
    """Wait until the next such weekday (Monday is 0) at ``at`` minutes since midnight."""

    weekday: int
    at: int
    kind: Literal["weekday"] = "weekday"


@dataclass(frozen=True, slots=True)
class UntilBusiness:
    """Wait until the business is open."""

    kind: Literal["business"] = "business"


@dataclass(frozen=True, slots=True)
class UntilMoment:
    """Wait until ``offset`` seconds from a date field (negative is before), moved to ``at`` local minutes if given."""

    field: str
    offset: int
    at: int | None = None
    kind: Literal["moment"] = "moment"


Until = Annotated[For | UntilDay | UntilWeekday | UntilBusiness | UntilMoment, Discriminated(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Send:
    """Send a template over the first channel of ``by`` that may be used.

    ``template`` and each channel may be the name of a decision table that chooses it.
    """

    id: str
    line: int
    template: str
    by: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    expires: Duration | None = None
    only_if: Condition | None = None
    verb: Literal["send"] = "send"


@dataclass(frozen=True, slots=True)
class Survey:
    """Ask for a score, then wait for the answer up to ``up_to`` after the asking."""

    id: str
    line: int
    survey: SurveyKind
    ask: str
    by: tuple[str, ...]
    up_to: Duration
    remind: Duration | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    expires: Duration | None = None
    only_if: Condition | None = None
    verb: Literal["survey"] = "survey"


@dataclass(frozen=True, slots=True)
class OfferStep:
    """Make a tracked offer of the catalogue; a table may choose it, and ``none`` skips."""

    id: str
    line: int
    offer: str
    by: tuple[str, ...]
    valid_for: Duration | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    expires: Duration | None = None
    only_if: Condition | None = None
    verb: Literal["offer"] = "offer"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Hand over to a person; the journey is quiet until the ticket is closed or ``up_to`` has passed."""

    id: str
    line: int
    queue: str
    about: str
    up_to: Duration
    priority: TicketPriority = "normal"
    sla: Duration | None = None
    escalate_to: str = ""
    only_if: Condition | None = None
    verb: Literal["ticket"] = "ticket"


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait. ``if_past`` names what happens when the moment is gone: ``continue``, ``exit`` or a path."""

    id: str
    line: int
    until: Until
    text: str
    if_past: str = CONTINUE
    only_if: Condition | None = None
    verb: Literal["wait"] = "wait"


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Wait for an event, at most ``up_to``; ``otherwise`` names what happens when it does not come."""

    id: str
    line: int
    event: str
    up_to: Duration
    when: Condition | None = None
    of: Scope = "order"
    otherwise: str = CONTINUE
    only_if: Condition | None = None
    verb: Literal["wait_for"] = "wait_for"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a branch; ``when`` is ``None`` for ``otherwise``. ``then`` is a path, ``continue`` or ``exit``."""

    when: Condition | None
    then: str
    line: int


@dataclass(frozen=True, slots=True)
class Branch:
    """Take the first rule that is true."""

    id: str
    line: int
    rules: tuple[Rule, ...]
    only_if: Condition | None = None
    verb: Literal["branch"] = "branch"


@dataclass(frozen=True, slots=True)
class Exit:
    """Leave the journey, saying why."""

    id: str
    line: int
    reason: str
    only_if: Condition | None = None
    verb: Literal["exit"] = "exit"


Step = Annotated[
    Send | Survey | OfferStep | Ticket | Wait | WaitFor | Branch | Exit, Discriminated(discriminator="verb")
]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a decision table: a test per given field (``None`` accepts anything) and a value per chosen name."""

    tests: tuple[Test | None, ...]
    values: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table. ``otherwise`` is a row whose tests are all ``None``; the first matching row is taken."""

    name: str
    given: tuple[str, ...]
    choose: tuple[str, ...]
    rows: tuple[Row, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Trigger:
    """The event that lets a customer in."""

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
class Plan:
    """One journey, ready to walk.

    Attributes:
        hash: SHA-256 in hex of everything that decides how the journey behaves.
        revision: The published plan's number; 0 for a draft.
        file: The rule file as shown to people, for example ``washing_machine_care.yaml``.
        paths: Step lists by name; the main list is ``steps``.
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
    hash: str = ""
    revision: int = 0


MAIN = "steps"
