"""What is known of a customer at the instant of a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from care.domain.conditions import Value
from care.domain.consents import Statement
from care.domain.happenings import Event
from care.domain.places import NOWHERE, Phone, Where, where_of


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier or running enrolment, for the re-entry rule."""

    journey: str
    order_id: str | None
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that counts against the frequency cap.

    Attributes:
        at: When it was claimed (UTC).
        step_key: Names it.
        asks: The survey it asks; empty for a reminder, which asks nothing new, and for every other message.
        purpose: What it is for: a law counts messages of one kind only.
        channel: What it left over.
    """

    at: datetime
    step_key: str
    asks: str = ""
    purpose: str = ""
    channel: str = ""


@dataclass(slots=True)
class Facts:
    """Everything the planner may know, read fresh just before the decision.

    Attributes:
        customer: The opaque customer key.
        fields: ``customer.*``, ``csat.last``, ``ticket.open``, ``appointment.at`` and whatever else the catalogue
            names for a customer. A missing key is "not known". ``customer.type`` is worked out, not stored here.
        zone: The customer's IANA time zone: the one that was told, else that of their phone number; empty when
            neither is known.
        phone: What their phone number tells of where they live.
        locale: Language tag such as ``vi`` or ``en``; empty when not known.
        addresses: Channel to an opaque key of the normalised address; a channel without an address is absent.
        suppressed: ``(channel, purpose)`` pairs that must not be used, with the reason a person reads.
        consents: ``(channel, purpose)`` to whether consent was given (``True``) or withdrawn (``False``), as far as
            that was said in so many words and confirmed where that is asked for.
        statements: The same with its worth and since when; ask ``statement``, which knows both. The last purchase,
            on which implied consent rests, is ``customer.last_order_at`` of ``fields``.
        muted: Topics the customer wants to hear nothing of.
        frozen: Per enrolment id, the ``order.*`` fields as they were at entry.
        event: The one outside event this decision hears, if any.
        order: ``order.*`` of that event's order as known now.
        ledger: Messages claimed lately on any of the customer's addresses, transactional ones left out.
        past: Enrolments for the re-entry rule.
        begun: Per enrolment id, the ids of the steps it ever began; only there while a move is under way.
        offers_made: ``(offer name, order id)`` of every offer that was sent or may have been.
    """

    customer: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    zone: str = ""
    locale: str = ""
    phone: Phone = NOWHERE
    addresses: Mapping[str, str] = field(default_factory=dict)
    suppressed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    consents: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    statements: Mapping[tuple[str, str], Statement] = field(default_factory=dict)
    muted: frozenset[str] = frozenset()
    frozen: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    event: Event | None = None
    order: Mapping[str, Value] = field(default_factory=dict)
    ledger: tuple[Claimed, ...] = ()
    past: tuple[Past, ...] = ()
    begun: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    offers_made: frozenset[tuple[str, str | None]] = frozenset()

    def statement(self, channel: str, purpose: str) -> Statement | None:
        """What the customer said of a channel and purpose, as it stands; ``None`` when nothing was said."""
        known = self.statements.get((channel, purpose))
        if known is not None:
            return known
        plain = self.consents.get((channel, purpose))
        return Statement(plain) if plain is not None else None

    @property
    def where(self) -> Where:
        """Everything that tells where the customer lives."""
        orders = (self.order, *self.frozen.values())
        return where_of(self.phone, self.zone, self.locale, self.fields, orders)
