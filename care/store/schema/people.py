"""The tables of who customers are, what they agreed to, and what is left of the erased."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint, text

from care.store.columns import Values
from care.store.schema.base import NUMBER, PLAIN, metadata, moment, word

_IS_ID = text("kind = 'id'")

customers = Table(
    "customers",
    metadata,
    Column("key", String, primary_key=True),
    word("shop_id"),
    word("name"),
    word("email"),
    word("phone"),
    word("locale"),
    word("timezone"),
    Column("fields", Values, nullable=False, default=dict),
    moment("told_at"),
    moment("appointment_at"),
    moment("appointment_told_at"),
    moment("created_at", known=True),
    moment("last_at"),
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
    Column("number", NUMBER, primary_key=True),
    Column("customer", String, nullable=False, index=True),
    word("channel"),
    word("purpose"),
    Column("given", Boolean, nullable=False),
    word("wording"),
    word("source"),
    word("place"),
    word("method"),
    word("frequency"),
    word("evidence"),
    moment("at", known=True),
    word("event"),
    UniqueConstraint("event", "channel", "purpose"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_key", String, primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("cause", String, primary_key=True),
    word("channel"),
    word("reason"),
    moment("at", known=True),
    word("event"),
    moment("lifted_at"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("customer", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("wrapped", String, nullable=False),
    Column("master", String, nullable=False),
    moment("at", known=True),
    UniqueConstraint("customer", "number"),
)

erasures = Table(
    "erasures",
    metadata,
    Column("id", String, primary_key=True),
    Column("customer", String, nullable=False, unique=True),
    Column("subject", String, nullable=False, index=True),
    moment("at", known=True),
    word("by"),
    word("reason"),
    Column("counts", PLAIN, nullable=False),
    moment("finished_at"),
)

forgotten = Table(
    "forgotten",
    metadata,
    Column("hash", String, primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("cause", String, primary_key=True),
    word("channel"),
    word("reason"),
    moment("at", known=True),
)
