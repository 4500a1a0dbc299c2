"""The tables. ``migrations`` brings a database to this shape; a test holds the two equal.

There are no foreign keys: every row names its customer by an opaque key that is never used again, and suppressions
and the audit outlive the profile they once belonged to.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from care.store.columns import Utc, Values

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

_NUMBER = BigInteger().with_variant(Integer, "sqlite")
_PLAIN = JSON(none_as_null=True)
_IS_ID = text("kind = 'id'")


def _word(name: str) -> Column[str]:
    """A text that is always there, if only empty."""
    return Column(name, String, nullable=False, default="")


def _moment(name: str, *, known: bool = False) -> Column[object]:
    return Column(name, Utc, nullable=not known)


customers = Table(
    "customers",
    metadata,
    Column("key", String, primary_key=True),
    _word("shop_id"),
    _word("name"),
    _word("email"),
    _word("phone"),
    _word("locale"),
    _word("timezone"),
    Column("fields", Values, nullable=False, default=dict),
    _moment("told_at"),
    _moment("appointment_at"),
    _moment("appointment_told_at"),
    _moment("created_at", known=True),
    _moment("last_at"),
    Column("state", Text),
)

identities = Table(
    "identities",
    metadata,
    Column("kind", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("customer", String, primary_key=True, index=True),
    Column("search", String, nullable=False, index=True),
    Index("uq_identities_id", "value", unique=True, sqlite_where=_IS_ID, postgresql_where=_IS_ID),
)

consents = Table(
    "consents",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("customer", String, nullable=False, index=True),
    _word("channel"),
    _word("purpose"),
    Column("given", Boolean, nullable=False),
    _word("wording"),
    _word("source"),
    _word("place"),
    _word("method"),
    _word("frequency"),
    _word("evidence"),
    _moment("at", known=True),
    _word("event"),
    UniqueConstraint("event", "channel", "purpose"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_key", String, primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("cause", String, primary_key=True),
    _word("channel"),
    _word("reason"),
    _moment("at", known=True),
    _word("event"),
    _moment("lifted_at"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("seq", _NUMBER, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    _word("source"),
    _word("event_id"),
    _word("type"),
    _moment("time", known=True),
    Column("customer", String, nullable=False, index=True),
    Column("order_id", String),
    Column("body", Values, nullable=False),
    _word("body_hash"),
    _moment("received_at", known=True),
    _word("status"),
    _word("decision"),
    _moment("decided_at"),
    UniqueConstraint("source", "event_id"),
    Index("ix_inbox_status", "status", "received_at"),
    Index("ix_inbox_parked", "order_id", "status"),
    sqlite_autoincrement=True,
)

purchases = Table(
    "purchases",
    metadata,
    Column("customer", String, primary_key=True),
    Column("order_id", String, primary_key=True, index=True),
    _word("status"),
    _moment("placed_at"),
    Column("total", Float(53)),
    Column("discounted", Boolean),
    Column("fields", Values, nullable=False),
    _moment("status_at"),
    Column("status_seq", _NUMBER, nullable=False, default=0),
    _moment("told_at", known=True),
    Column("told_seq", _NUMBER, nullable=False),
)

enrolments = Table(
    "enrolments",
    metadata,
    Column("id", String, primary_key=True),
    Column("customer", String, nullable=False, index=True),
    _word("journey"),
    _word("plan"),
    Column("revision", Integer, nullable=False),
    Column("order_id", String),
    _word("event"),
    _moment("entered_at", known=True),
    Column("frozen", Values, nullable=False),
    _moment("ended_at"),
    _word("reason"),
    Column("converted", Boolean, nullable=False, default=False),
    Index("ix_enrolments_running", "ended_at", "plan"),
)

holds = Table(
    "holds",
    metadata,
    Column("customer", String, primary_key=True),
    Column("messages", Integer, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("key", String, primary_key=True),
    Column("customer", String, nullable=False, index=True),
    _moment("at", known=True),
    Column("result", Text, nullable=False),
    Column("seen", Values, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    _word("decision"),
    Column("customer", String, nullable=False),
    _word("kind"),
    _moment("at", known=True),
    _word("what"),
    _word("journey"),
    _word("enrolment"),
    _word("step"),
    _word("file"),
    Column("line", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    _word("code"),
    _word("reason"),
    Column("event", String),
    _word("message"),
    _word("channel"),
    _word("template"),
    _word("verb"),
    Column("score", Float(53)),
    _moment("until"),
    Column("why", _PLAIN),
    Index("ix_entries_customer", "customer", "id"),
)

claims = Table(
    "claims",
    metadata,
    Column("key", String, primary_key=True),
    Column("step_key", String, nullable=False, index=True),
    Column("customer", String, nullable=False),
    _word("enrolment"),
    Column("order_id", String),
    _word("journey"),
    _word("step"),
    _word("template"),
    _word("channel"),
    _word("purpose"),
    _word("offer"),
    _word("survey"),
    _word("address_key"),
    _moment("at", known=True),
    _word("phase"),
    Column("attempts", Integer, nullable=False),
    Column("snapshot", _PLAIN),
    _moment("transmitting_at"),
    _moment("settled_at"),
    _word("outcome"),
    _word("reason"),
    _word("code"),
    _word("provider_id"),
    _word("provider"),
    _word("reference"),
    _moment("delivered_at"),
    Index("ix_claims_customer", "customer", "at"),
    Index("ix_claims_address", "address_key", "at"),
    Index("ix_claims_reference", "reference"),
    Index("ix_claims_provider", "provider_id"),
    Index("ix_claims_phase", "phase", "transmitting_at"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("id", String, nullable=False),
    _word("provider"),
    _word("message"),
    _word("channel"),
    Column("address_key", String, nullable=False),
    _word("kind"),
    _word("code"),
    _word("reason"),
    _word("detail"),
    _moment("at", known=True),
    _moment("heard_at", known=True),
    UniqueConstraint("provider", "id"),
    Index("ix_receipts_message", "message"),
    Index("ix_receipts_address", "address_key", "at"),
)

answers = Table(
    "answers",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("customer", String, nullable=False),
    _word("survey"),
    Column("score", Float(53), nullable=False),
    _word("comment"),
    _word("about"),
    Column("order_id", String),
    _moment("at", known=True),
    Column("event", String, nullable=False, unique=True),
    Index("ix_answers_customer", "customer", "survey", "at"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("customer", String, primary_key=True),
    Column("id", String, primary_key=True),
    _word("enrolment"),
    _word("journey"),
    _word("step"),
    _word("queue"),
    _word("about"),
    _word("priority"),
    _word("status"),
    _moment("opened_at", known=True),
    _moment("due_at"),
    _moment("escalated_at"),
    _moment("closed_at"),
    _word("closed_by"),
    _word("note"),
    Column("external", Boolean, nullable=False),
    Index("ix_tickets_status", "status", "due_at"),
)

offers = Table(
    "offers",
    metadata,
    Column("key", String, primary_key=True),
    Column("customer", String, nullable=False),
    _word("enrolment"),
    Column("order_id", String),
    _word("offer"),
    _word("code"),
    _moment("made_at", known=True),
    _moment("expires_at"),
    _moment("redeemed_at"),
    Column("redeemed_by", String),
    Index("ix_offers_customer", "customer", "code"),
)

plans = Table(
    "plans",
    metadata,
    Column("hash", String, primary_key=True),
    _word("journey"),
    Column("revision", Integer, nullable=False),
    Column("compiled", Text, nullable=False),
    UniqueConstraint("journey", "revision"),
)

publications = Table(
    "publications",
    metadata,
    Column("revision", Integer, primary_key=True, autoincrement=False),
    _moment("at", known=True),
    _word("by"),
    _word("note"),
    Column("catalogue", Text, nullable=False),
    Column("types", Text, nullable=False),
    Column("journeys", _PLAIN, nullable=False),
    Column("sources", _PLAIN, nullable=False),
    Column("choices", _PLAIN),
)

controls = Table(
    "controls",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    _word("journey"),
    _word("kind"),
    _word("clock"),
    _moment("since", known=True),
    _word("by"),
    _word("note"),
    _moment("until"),
    _word("ended_by"),
    Index("ix_controls_journey", "journey", "kind"),
)

batches = Table(
    "batches",
    metadata,
    Column("id", String, primary_key=True),
    _word("kind"),
    _word("journey"),
    _word("plan"),
    _moment("at", known=True),
    _word("by"),
    _word("note"),
    Column("revision", Integer, nullable=False),
    Column("members", Integer, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True),
    _word("name"),
    _word("hash"),
    _word("scopes"),
    _moment("created_at", known=True),
    _moment("last_used_at"),
    _moment("revoked_at"),
    Index(
        "uq_api_keys_name",
        "name",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("customer", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("wrapped", String, nullable=False),
    Column("master", String, nullable=False),
    _moment("at", known=True),
    UniqueConstraint("customer", "number"),
)

erasures = Table(
    "erasures",
    metadata,
    Column("id", String, primary_key=True),
    Column("customer", String, nullable=False, unique=True),
    Column("subject", String, nullable=False, index=True),
    _moment("at", known=True),
    _word("by"),
    _word("reason"),
    Column("counts", _PLAIN, nullable=False),
    _moment("finished_at"),
)

forgotten = Table(
    "forgotten",
    metadata,
    Column("hash", String, primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("cause", String, primary_key=True),
    _word("channel"),
    _word("reason"),
    _moment("at", known=True),
)
