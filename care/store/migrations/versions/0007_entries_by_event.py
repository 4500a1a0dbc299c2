"""Nobody looks entries up by their event: it names its customer, and theirs are few."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the index away."""
    op.drop_index("ix_entries_event", "entries")


def downgrade() -> None:
    """Make it again."""
    op.create_index("ix_entries_event", "entries", ["event"])
