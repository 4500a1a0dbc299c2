"""The tables of who may call the API."""

from sqlalchemy import Column, Index, String, Table, text

from care.store.schema.base import metadata, moment, word

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True),
    word("name"),
    word("hash"),
    word("scopes"),
    moment("created_at", known=True),
    moment("last_used_at"),
    moment("revoked_at"),
    Index(
        "uq_api_keys_name",
        "name",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
)
