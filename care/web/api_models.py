"""What the API answers."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from care.domain.audit import place, why_lines
from care.store.audit import TimelineEntry
from care.store.event_receipts import ReceiptLine, ReceiptView


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class Effect(_Out):
    """What an event did in one journey."""

    journey: str
    enrolment: str = Field(description="Opaque id of the enrolment; empty when there is none")
    code: str = Field(description="The reason as a countable word; empty when none was needed")
    reason: str
    why: list[str] = Field(description="The explanation line by line, with the values that were seen")

    @classmethod
    def of(cls, line: ReceiptLine) -> "Effect":
        """The effect a receipt line tells."""
        return cls(
            journey=line.journey, enrolment=line.enrolment, code=line.code, reason=line.reason, why=list(line.why)
        )


class ReceiptOut(_Out):
    """What became of an event."""

    id: str = Field(description="The id it was sent with")
    source: str
    type: str
    status: Literal["pending", "decided", "parked", "erased"] = Field(
        description="pending: committed, not decided yet; parked: it waits for the order it speaks of; decided: done; "
        "erased: it was forgotten with its customer"
    )
    duplicate: bool = Field(False, description="Whether the same event had been accepted before")
    received_at: datetime
    customer: str = Field(description="Our opaque key of the customer")
    receipt: str = Field(description="Where this receipt can be asked for again")
    entered: list[Effect] = Field(default_factory=list, description="Journeys it let the customer into")
    ended: list[Effect] = Field(default_factory=list, description="Journeys it ended")
    not_entered: list[Effect] = Field(default_factory=list, description="Journeys it could have opened, and why not")

    @classmethod
    def of(cls, view: ReceiptView, path: str, *, duplicate: bool = False) -> "ReceiptOut":
        """The receipt as the store has it."""
        return cls(
            id=view.event_id,
            source=view.source,
            type=view.type,
            status=view.status,
            duplicate=duplicate,
            received_at=view.received_at,
            customer=view.customer,
            receipt=path,
            entered=[Effect.of(line) for line in view.entered],
            ended=[Effect.of(line) for line in view.ended],
            not_entered=[Effect.of(line) for line in view.not_entered],
        )


class BatchOut(_Out):
    """What became of a batch: one receipt an event, in the order they were sent."""

    accepted: int = Field(description="How many were new")
    duplicates: int = Field(description="How many had been accepted before")
    receipts: list[ReceiptOut]


class OutcomeOut(_Out):
    """What became of a message."""

    phase: str = Field(description="claimed, transmitting, sent, unknown, failed or released")
    outcome: str
    reason: str
    code: str
    at: datetime


class EntryOut(_Out):
    """One line of a timeline."""

    id: int
    at: datetime
    kind: str
    what: str
    reason: str
    code: str
    journey: str
    enrolment: str
    step: str
    channel: str
    template: str
    score: float | None
    until: datetime | None
    message: str = Field(description="Key of the message it speaks of, or empty")
    place: str = Field(description="Where the rule stands: file, line and revision")
    why: list[str] = Field(description="The explanation line by line")
    outcome: OutcomeOut | None

    @classmethod
    def of(cls, found: TimelineEntry) -> "EntryOut":
        """The line as the store has it."""
        entry = found.entry
        return cls(
            id=found.id,
            at=entry.at,
            kind=entry.kind,
            what=entry.what,
            reason=entry.reason,
            code=entry.code,
            journey=entry.journey,
            enrolment=entry.enrolment,
            step=entry.step,
            channel=entry.channel,
            template=entry.template,
            score=entry.score,
            until=entry.until,
            message=entry.message,
            place=place(entry),
            why=why_lines(entry.why),
            outcome=OutcomeOut.model_validate(found.outcome) if found.outcome is not None else None,
        )


class TimelineOut(_Out):
    """Everything that was decided for a customer, oldest first."""

    customer: str
    timezone: str
    entries: list[EntryOut]


class PartOut(_Out):
    """Something the server works with."""

    ok: bool
    needed: bool = Field(description="Whether events cannot be taken without it")
    detail: str = Field(description="What is wrong, or empty")


class HealthOut(_Out):
    """Whether the server can do its work."""

    status: Literal["ok", "degraded"] = "ok"
    revision: int | None = Field(None, description="Number of the published rules")
    parts: dict[str, PartOut] | None = Field(None, description="How each part is, by name")


class CustomerOut(_Out):
    """A customer as the console shows one."""

    id: str = Field(description="The shop's id")
    key: str = Field(description="Our opaque key")
    name: str
    email: str
    phone: str
    locale: str
    timezone: str
    fields: dict[str, Any] = Field(description="Other customer.* fields that were sent")
    types: dict[str, str] = Field(description="What the first-match tables make of the customer, by field")
    titles: dict[str, str] = Field(description="What journeys are called, by name")
    paused: bool
    live: bool = Field(description="Whether the position was confirmed by the running workflow just now")
    live_note: str = Field(description="Why it was not, or what the workflow is busy with")
    consents: list[Any]
    permissions: list[Any] = Field(description="What may be sent over which channel, why, and what would be needed")
    receipts: list[Any] = Field(description="What providers said later of this customer's messages")
    standing: list[Any] = Field(description="Running journeys: what they do now, until when, and what follows")
    journeys: list[Any] = Field(description="Every journey entered, with how it ended")
    orders: list[Any]
    answers: list[Any]
    tickets: list[Any]
    offers: list[Any]
