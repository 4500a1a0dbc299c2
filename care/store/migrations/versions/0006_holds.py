"""Customers whose messages are held back right now stand in a table of their own, so that they can be counted."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, with whoever has a message held back; the next decision makes the count exact."""
    op.create_table(
        "holds",
        sa.Column("customer", sa.String(), primary_key=True),
        sa.Column("messages", sa.Integer(), nullable=False),
    )
    customers = sa.table("customers", sa.column("key", sa.String), sa.column("state", sa.Text))
    waits = customers.c.state.like('%"held":"%') & customers.c.state.not_like('%"held":""%')
    holds = sa.table("holds", sa.column("customer", sa.String), sa.column("messages", sa.Integer))
    op.execute(
        sa.insert(holds).from_select(["customer", "messages"], sa.select(customers.c.key, sa.literal(1)).where(waits))
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("holds")
