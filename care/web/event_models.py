"""The shapes of an event over HTTP: the plain one, its payloads, and its CloudEvents envelope."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints, WithJsonSchema

from care.domain.consents import Method

EXAMPLE_EVENT: dict[str, Any] = {
    "id": "delivery-8812",
    "source": "shop",
    "type": "order.delivered",
    "time": "2026-03-02T10:00:00+07:00",
    "customer": {
        "id": "KH-1042",
        "name": "Nguyễn Thị Lan",
        "email": "lan@example.vn",
        "phone": "0912 345 678",
        "locale": "vi",
        "timezone": "Asia/Ho_Chi_Minh",
    },
    "order": {"id": "DH-20418", "category": "washing_machine", "total": 12500000},
}


def _unpadded(value: Any) -> Any:
    if isinstance(value, str) and (value != value.strip() or not value.isprintable()):
        raise ValueError("has a space around it or a control character in it")
    return value


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), BeforeValidator(_unpadded)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Comment = Annotated[str, StringConstraints(max_length=4_000)]
Channel = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Values = dict[str, JsonValue]
# Read by hand, for words that help; the description says what is taken.
Moment = Annotated[JsonValue, WithJsonSchema({"type": "string", "format": "date-time"})]
Score = Annotated[JsonValue, WithJsonSchema({"type": "number"})]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class CustomerIn(BaseModel):
    """Who it happened to. Any other ``customer.*`` field of the catalogue may stand here by its bare name."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    id: Name = Field(description="The shop's own id of the customer", examples=["KH-1042"])
    email: Line | None = Field(None, description="One bare address", examples=["lan@example.vn"])
    phone: Line | None = Field(None, description="Any usual spelling; Vietnamese unless it starts with +")
    name: Line | None = Field(None, description="How the customer is called in messages")
    locale: Line | None = Field(None, description="Language tag", examples=["vi", "en"])
    timezone: Line | None = Field(None, description="IANA name", examples=["Asia/Ho_Chi_Minh"])


class OrderIn(BaseModel):
    """The purchase it is about. Every ``order.*`` field of the catalogue may stand here by its bare name."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    id: Name = Field(description="The shop's order id", examples=["DH-20418"])
    discounted: bool | None = Field(None, description="Whether it was bought with a discount")


class EventIn(_Strict):
    """Something that happened to a customer."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_EVENT]})

    id: Name = Field(description="Unique within its source; send the same id again and it counts once")
    source: Name = Field(description="The system that sends it", examples=["shop"])
    type: Name = Field(description="One of the catalogue's events", examples=["order.delivered"])
    time: Moment = Field(
        description="When it happened: RFC 3339 with an offset", examples=["2026-03-02T10:00:00+07:00"]
    )
    customer: CustomerIn
    order: OrderIn | None = None
    data: Values | None = Field(None, description="What else is to say, by the type of the event")


class CloudEventData(_Strict):
    """What stands in the ``data`` of a CloudEvent."""

    customer: CustomerIn
    order: OrderIn | None = None
    data: Values | None = None


class CloudEventIn(BaseModel):
    """A CloudEvent 1.0 in structured mode. Extension attributes are allowed and not kept."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Name
    time: Moment = Field(description="Optional in CloudEvents, required here")
    subject: Line | None = None
    datacontenttype: Line | None = Field(None, description="application/json, also when left out")
    dataschema: Line | None = None
    data: CloudEventData


class Batch(_Strict):
    """Up to 1,000 events that are accepted together or not at all."""

    events: list[EventIn] = Field(min_length=1, max_length=1_000)


class Answered(_Strict):
    """``csat.answered``, ``nps.answered`` and ``ces.answered``."""

    score: Score
    comment: Comment | None = None
    survey: Name | None = None


class ConsentChanged(_Strict):
    """``consent.given`` and ``consent.withdrawn``, with the proof: what was said, where, how and for how often."""

    channel: Channel
    purpose: Literal["marketing", "care"]
    wording: Comment | None = Field(None, description="What the customer read or heard, word for word")
    place: Line | None = Field(None, description="Where: the address of the page, or the shop")
    method: Method | None = Field(None, description="How it was said; soft opt-in: collected in a sale, with a way out")
    frequency: Line | None = Field(None, description="How often the customer agreed to be written to, in words")
    evidence: Line | None = Field(None, description="Where the proof is kept: a reference, never the proof itself")


class ConsentRequested(ConsentChanged):
    """``consent.requested``: a customer is to be asked by a message whether they agree; nothing is agreed yet."""


class TopicChosen(_Strict):
    """``topic.muted`` and ``topic.wanted``: a topic of the catalogue the customer hears no more of, or again."""

    topic: Name


class TicketOpened(_Strict):
    """``ticket.opened``: a ticket of the shop's own ticket system."""

    ticket: Name
    queue: Name | None = None
    about: Comment | None = None


class TicketClosed(_Strict):
    """``ticket.closed``."""

    ticket: Name
    note: Comment | None = None


class AppointmentBooked(_Strict):
    """``appointment.booked``."""

    at: Moment


class MessageBounced(_Strict):
    """``message.bounced``; only a permanent bounce closes the address."""

    channel: Channel
    permanent: bool
    address: Line | None = None
    reason: Comment | None = None


class MessageComplained(_Strict):
    """``message.complained``."""

    channel: Channel


class OfferRedeemed(_Strict):
    """``offer.redeemed``."""

    code: Name


PAYLOADS: dict[str, type[BaseModel]] = {
    "csat.answered": Answered,
    "nps.answered": Answered,
    "ces.answered": Answered,
    "consent.given": ConsentChanged,
    "consent.withdrawn": ConsentChanged,
    "consent.requested": ConsentRequested,
    "topic.muted": TopicChosen,
    "topic.wanted": TopicChosen,
    "ticket.opened": TicketOpened,
    "ticket.closed": TicketClosed,
    "appointment.booked": AppointmentBooked,
    "message.bounced": MessageBounced,
    "message.complained": MessageComplained,
    "offer.redeemed": OfferRedeemed,
}
