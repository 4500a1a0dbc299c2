"""Customers have keys of their own; those who are erased leave a proof, and keyed hashes of their addresses."""

import sqlalchemy as sa
from alembic import op

from care.store.columns import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the three tables."""
    op.create_table(
        "keys",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.String(), nullable=False),
        sa.Column("master", sa.String(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.UniqueConstraint("customer", "number", name="uq_keys_customer_number"),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("finished_at", Utc()),
        sa.UniqueConstraint("customer", name="uq_erasures_customer"),
    )
    op.create_index("ix_erasures_subject", "erasures", ["subject"])
    op.create_table(
        "forgotten",
        sa.Column("hash", sa.String(), primary_key=True),
        sa.Column("purpose", sa.String(), primary_key=True),
        sa.Column("cause", sa.String(), primary_key=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
    )


def downgrade() -> None:
    """Take them away again; what customers' keys had sealed can be read by nobody from then on."""
    for name in ("forgotten", "erasures", "keys"):
        op.drop_table(name)
