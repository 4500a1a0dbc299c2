"""The tables of what happened, what was decided, and the plans by which."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from care.store.columns import Values
from care.store.schema.base import NUMBER, PLAIN, metadata, moment, word

inbox = Table(
    "inbox",
    metadata,
    Column("seq", NUMBER, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    word("source"),
    word("event_id"),
    word("type"),
    moment("time", known=True),
    Column("customer", String, nullable=False, index=True),
    Column("order_id", String),
    Column("body", Values, nullable=False),
    word("body_hash"),
    moment("received_at", known=True),
    word("status"),
    word("decision"),
    moment("decided_at"),
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
    word("status"),
    moment("placed_at"),
    Column("total", Float(53)),
    Column("discounted", Boolean),
    Column("fields", Values, nullable=False),
    moment("status_at"),
    Column("status_seq", NUMBER, nullable=False, default=0),
    moment("told_at", known=True),
    Column("told_seq", NUMBER, nullable=False),
)

enrolments = Table(
    "enrolments",
    metadata,
    Column("id", String, primary_key=True),
    Column("customer", String, nullable=False, index=True),
    word("journey"),
    word("plan"),
    Column("revision", Integer, nullable=False),
    Column("order_id", String),
    word("event"),
    moment("entered_at", known=True),
    Column("frozen", Values, nullable=False),
    moment("ended_at"),
    word("reason"),
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
    moment("at", known=True),
    Column("result", Text, nullable=False),
    Column("seen", Values, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("id", NUMBER, primary_key=True),
    word("decision"),
    Column("customer", String, nullable=False),
    word("kind"),
    moment("at", known=True),
    word("what"),
    word("journey"),
    word("enrolment"),
    word("step"),
    word("file"),
    Column("line", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    word("code"),
    word("reason"),
    Column("event", String),
    word("message"),
    word("channel"),
    word("template"),
    word("verb"),
    Column("score", Float(53)),
    moment("until"),
    Column("why", PLAIN),
    Index("ix_entries_customer", "customer", "id"),
)

plans = Table(
    "plans",
    metadata,
    Column("hash", String, primary_key=True),
    word("journey"),
    Column("revision", Integer, nullable=False),
    Column("compiled", Text, nullable=False),
    UniqueConstraint("journey", "revision"),
)

publications = Table(
    "publications",
    metadata,
    Column("revision", Integer, primary_key=True, autoincrement=False),
    moment("at", known=True),
    word("by"),
    word("note"),
    Column("catalogue", Text, nullable=False),
    Column("types", Text, nullable=False),
    Column("journeys", PLAIN, nullable=False),
    Column("sources", PLAIN, nullable=False),
    Column("choices", PLAIN),
)

controls = Table(
    "controls",
    metadata,
    Column("number", NUMBER, primary_key=True),
    word("journey"),
    word("kind"),
    word("clock"),
    moment("since", known=True),
    word("by"),
    word("note"),
    moment("until"),
    word("ended_by"),
    Index("ix_controls_journey", "journey", "kind"),
)

batches = Table(
    "batches",
    metadata,
    Column("id", String, primary_key=True),
    word("kind"),
    word("journey"),
    word("plan"),
    moment("at", known=True),
    word("by"),
    word("note"),
    Column("revision", Integer, nullable=False),
    Column("members", Integer, nullable=False),
)
