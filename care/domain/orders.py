"""Orders: what the planner asks the world to do."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field as Discriminated

REMINDER = "+remind"


def asking_key(step_key: str) -> str:
    """What answers refer to: the step key of the question, for a reminder of it too."""
    return step_key.replace(f"{REMINDER}/", "/")


def reference(key: str) -> str:
    """What providers are told of a message: 32 hexadecimal digits, the same for its claim key for ever."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


@dataclass(slots=True)
class SendMessage:
    """Deliver one message. Its key is claimed once for ever.

    Attributes:
        key: ``<step key>:<channel>``; the step key is ``<enrolment>/<step>[+remind]/<visit>``.
        plan: Hash of the plan, for the rule file's words.
        at: The instant of the decision (UTC); the activity takes its time from here.
        expires_at: Not to be sent after this (UTC).
        offer: Catalogue offer this message carries, or empty.
        survey: ``csat``, ``nps`` or ``ces`` when the message asks for a score, or empty.
        values: Words for the template that the rule file gave (``with``, table columns).
    """

    key: str
    customer: str
    enrolment: str
    journey: str
    plan: str
    step: str
    template: str
    channel: str
    purpose: str
    at: datetime
    expires_at: datetime
    part: str = ""
    offer: str = ""
    offer_expires_at: datetime | None = None
    survey: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["send"] = "send"

    @property
    def step_key(self) -> str:
        """The key without its channel: what may reach the customer at most once."""
        return self.key.rsplit(":", 1)[0]

    @property
    def asks(self) -> str:
        """The survey it asks; empty for a reminder, which asks nothing new, and for every other message."""
        return "" if self.part else self.survey

    @property
    def survey_id(self) -> str:
        """What an answer to this message refers to, also when it only reminds of the question."""
        return asking_key(self.step_key)


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Hand the customer to the people of a queue. ``about`` is the rule file's text, still a template."""

    key: str
    customer: str
    enrolment: str
    journey: str
    plan: str
    step: str
    queue: str
    about: str
    priority: str
    at: datetime
    due_at: datetime | None = None
    kind: Literal["ticket"] = "ticket"


@dataclass(frozen=True, slots=True)
class EscalateTicket:
    """Move an open ticket whose time ran out to another queue."""

    key: str
    customer: str
    enrolment: str
    ticket: str
    queue: str
    at: datetime
    kind: Literal["escalate"] = "escalate"


@dataclass(frozen=True, slots=True)
class CallWebhook:
    """Post to an endpoint of the catalogue. The receiver may see the same ``key`` again and must count it once.

    Attributes:
        key: ``<step key>:webhook``; sent along as the message's id.
        values: Words to post by name, still templates.
        save: Journey field to the dotted place of its value in the JSON answer.
    """

    key: str
    customer: str
    enrolment: str
    journey: str
    plan: str
    step: str
    endpoint: str
    at: datetime
    expires_at: datetime
    values: Mapping[str, str] = field(default_factory=dict)
    save: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["webhook"] = "webhook"


Order = Annotated[SendMessage | OpenTicket | EscalateTicket | CallWebhook, Discriminated(discriminator="kind")]
