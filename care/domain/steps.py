"""The steps of a journey, compiled: what each verb of a rule file becomes.

The docstrings of the steps are what people read too: ``care rules explain`` and rules/README.md show their first
sentences and their examples.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field as Discriminated

from care.domain.conditions import Argument, Condition
from care.domain.moments import Duration, Until

Verb = Literal[
    "send",
    "survey",
    "offer",
    "ticket",
    "wait",
    "wait_for",
    "branch",
    "split",
    "set",
    "webhook",
    "repeat",
    "exit",
]
SurveyKind = Literal["csat", "nps", "ces"]
TicketPriority = Literal["low", "normal", "high"]
Scope = Literal["order", "customer"]

CONTINUE = "continue"
EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message. Its template's purpose, set in the catalogue, decides which guard-rails hold.

    Example:
        - send: thank_you
          by: email
          fallback: sms
          expires: 2 days

    Attributes:
        template: A template, or a decision table that chooses one; so is each channel of ``by``.
        by: Channels in the order in which they are tried.
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
    """Ask for a score and wait for the answer: csat (1 to 5), nps (0 to 10) or ces (1 to 7).

    Example:
        - survey: csat
          ask: csat_washing_machine
          by: email
          up_to: 7 days
          remind: after 3 days

    Attributes:
        ask: The template that asks, or a table that chooses it.
        up_to: Counted from the asking.
        remind: Counted from the asking, too.
    """

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
    """Make a tracked offer of the catalogue: a marketing message with a code. A table may choose it; 'none' skips.

    Example:
        - offer: accessory
          by: email
          valid_for: 14 days
          only_if: {satisfied: yes}
    """

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
    """Hand the customer to a person. The journey is quiet until the ticket is closed, or until 'up_to' has passed.

    Example:
        - ticket: care_team
          about: Khách chấm {{ csat.score }}/5
          sla: 24 hours
          up_to: 7 days

    Attributes:
        queue: Who takes it, or a table that chooses who does.
        about: A short template.
    """

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
    """Wait a fixed length, or until a moment on the customer's own clock.

    Example:
        - wait: until day 7 at 09:00

    Attributes:
        if_past: What happens when the moment is gone: ``continue``, ``exit`` or a path.
    """

    id: str
    line: int
    until: Until
    text: str
    if_past: str = CONTINUE
    only_if: Condition | None = None
    verb: Literal["wait"] = "wait"


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Wait for an event of this order; of any order of the customer with 'of: customer'.

    Example:
        - wait_for: appointment.booked
          up_to: 14 days
          otherwise: call_them

    Attributes:
        otherwise: What happens when it does not come: ``continue``, ``exit``, a path or a table that chooses one.
    """

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
    """One line of a branch or of a customer type: when the tests hold, then this.

    Example:
        - when: {csat.score: at most 2}
          then: make_it_right
        - otherwise: continue

    Attributes:
        when: ``None`` for ``otherwise``.
        then: A path, ``continue`` or ``exit``.
    """

    when: Condition | None
    then: str
    line: int


@dataclass(frozen=True, slots=True)
class Branch:
    """Go on along the first rule that holds; a path returns to the step after the branch.

    Example:
        - branch:
            - when: {csat.score: at most 2}
              then: make_it_right
            - otherwise: continue
    """

    id: str
    line: int
    rules: tuple[Rule, ...]
    only_if: Condition | None = None
    verb: Literal["branch"] = "branch"


@dataclass(frozen=True, slots=True)
class Share:
    """One side of a split; ``part`` is its share of the customers who are not held out, from 0 to 1."""

    then: str
    part: float
    line: int


@dataclass(frozen=True, slots=True)
class Split:
    """Divide customers by chance; each stays on the same side for ever. A path returns to the step after the split.

    Example:
        - split: referral_gift
          between: {with_voucher: 50%, with_points: 50%}
          holdout: 10%

    Attributes:
        name: Names the experiment: the same name gives a customer the same side in every journey and revision.
        holdout: Share of all customers, from 0 to 1, who walk none of the sides and go on behind the split.
    """

    id: str
    line: int
    name: str
    shares: tuple[Share, ...]
    holdout: float = 0.0
    only_if: Condition | None = None
    verb: Literal["split"] = "split"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One value to set: a ``journey.*`` field ``is`` a value; a list of the customer's gets one added or removed."""

    field: str
    how: Literal["is", "add", "remove"]
    value: Argument
    line: int


@dataclass(frozen=True, slots=True)
class SetStep:
    """Note something: a journey.* value of the catalogue, or a word added to or removed from a customer's list.

    Example:
        - set: {journey.mood: unhappy, customer.tags: add complained}
    """

    id: str
    line: int
    assignments: tuple[Assignment, ...]
    only_if: Condition | None = None
    verb: Literal["set"] = "set"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Post to an endpoint of the catalogue, such as a CRM. Its answer may fill journey.* values.

    Example:
        - webhook: crm
          with: {score: "{{ csat.score }}"}
          save: {journey.tier: customer.tier}
          up_to: 1 hour

    Attributes:
        values: Words to post by name; each is a short template such as ``{{ csat.score }}``.
        save: Journey field to the dotted place of its value in the JSON answer.
        up_to: How long to try at most before the journey goes on without an answer.
    """

    id: str
    line: int
    endpoint: str
    up_to: Duration
    values: Mapping[str, str] = field(default_factory=dict)
    save: Mapping[str, str] = field(default_factory=dict)
    only_if: Condition | None = None
    verb: Literal["webhook"] = "webhook"


@dataclass(frozen=True, slots=True)
class Repeat:
    """Walk a path again and again, a fixed number of times at most.

    Example:
        - repeat: change_the_filter
          times: 4
          every: 90 days
          until: {ticket.open: yes}

    Attributes:
        times: How often at most.
        every: From the beginning of one pass to the beginning of the next; at once when it is not given.
        until: Asked before each pass, the first included; no further pass once it is true.
    """

    id: str
    line: int
    path: str
    times: int
    every: Duration | None = None
    until: Condition | None = None
    only_if: Condition | None = None
    verb: Literal["repeat"] = "repeat"


@dataclass(frozen=True, slots=True)
class Exit:
    """End the journey, saying why.

    Example:
        - exit: the customer wants no more messages
    """

    id: str
    line: int
    reason: str
    only_if: Condition | None = None
    verb: Literal["exit"] = "exit"


Step = Annotated[
    Send | Survey | OfferStep | Ticket | Wait | WaitFor | Branch | Split | SetStep | Webhook | Repeat | Exit,
    Discriminated(discriminator="verb"),
]
