"""Journeys can be paused and closed, and customers moved in batches; a publication keeps its author's choices."""

import sqlalchemy as sa
from alembic import op

from care.store.columns import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the two tables and the column."""
    with op.batch_alter_table("publications") as table:
        table.add_column(sa.Column("choices", sa.JSON(none_as_null=True)))
    op.create_table(
        "controls",
        sa.Column("number", _NUMBER, primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("journey", "kind", "clock")),
        sa.Column("since", Utc(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("by", "note")),
        sa.Column("until", Utc()),
        sa.Column("ended_by", sa.String(), nullable=False),
    )
    op.create_index("ix_controls_journey", "controls", ["journey", "kind"])
    op.create_table(
        "batches",
        sa.Column("id", sa.String(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "journey", "plan")),
        sa.Column("at", Utc(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("by", "note")),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("batches")
    op.drop_index("ix_controls_journey", "controls")
    op.drop_table("controls")
    with op.batch_alter_table("publications") as table:
        table.drop_column("choices")
