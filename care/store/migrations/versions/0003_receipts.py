"""Messages have a reference that providers repeat, what providers say later is kept, and consents bear their proof."""

import hashlib

import sqlalchemy as sa
from alembic import op

from care.store.columns import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WORDS = ("provider", "message", "channel", "address_key", "kind", "code", "reason", "detail")


def upgrade() -> None:
    """Add the columns and the table, and give every message its reference."""
    _add_words("consents", "place", "method", "frequency", "evidence")
    _add_words("claims", "provider", "reference")
    with op.batch_alter_table("claims") as table:
        table.add_column(sa.Column("delivered_at", Utc()))
    _refer()
    op.create_index("ix_claims_reference", "claims", ["reference"])
    op.create_index("ix_claims_provider", "claims", ["provider_id"])
    op.create_index("ix_claims_phase", "claims", ["phase", "transmitting_at"])
    op.create_table(
        "receipts",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _WORDS),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("heard_at", Utc(), nullable=False),
        sa.UniqueConstraint("provider", "id", name="uq_receipts_provider_id"),
    )
    op.create_index("ix_receipts_message", "receipts", ["message"])
    op.create_index("ix_receipts_address", "receipts", ["address_key", "at"])


def _add_words(table_name: str, *names: str) -> None:
    with op.batch_alter_table(table_name) as table:
        for name in names:
            table.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table(table_name) as table:
        for name in names:
            table.alter_column(name, server_default=None)


def _refer() -> None:
    claims = sa.table("claims", sa.column("key", sa.String), sa.column("reference", sa.String))
    connection = op.get_bind()
    keys = connection.execute(sa.select(claims.c.key)).scalars().all()
    rows = [{"claim": key, "made": hashlib.sha256(key.encode()).hexdigest()[:32]} for key in keys]
    if rows:
        named = sa.update(claims).where(claims.c.key == sa.bindparam("claim")).values(reference=sa.bindparam("made"))
        connection.execute(named, rows)


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("receipts")
    for index in ("ix_claims_reference", "ix_claims_provider", "ix_claims_phase"):
        op.drop_index(index, "claims")
    _drop("claims", "provider", "reference", "delivered_at")
    _drop("consents", "place", "method", "frequency", "evidence")


def _drop(table_name: str, *names: str) -> None:
    with op.batch_alter_table(table_name) as table:
        for name in names:
            table.drop_column(name)
