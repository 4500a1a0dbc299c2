"""Keys of the API have names and scopes, and are stored as hashes."""

import sqlalchemy as sa
from alembic import op

from care.store.columns import Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("name", "hash", "scopes")),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("last_used_at", Utc()),
        sa.Column("revoked_at", Utc()),
    )
    in_use = sa.text("revoked_at IS NULL")
    op.create_index("uq_api_keys_name", "api_keys", ["name"], unique=True, sqlite_where=in_use, postgresql_where=in_use)


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("api_keys")
