"""The first shape of the store."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table."""
    _answers()
    _claims()
    _consents()
    _customers()
    _decisions()
    _enrolments()
    _entries()
    _identities()
    _inbox()
    _offers()
    _plans()
    _publications()
    _purchases()
    _suppressions()
    _tickets()


def downgrade() -> None:
    """Drop every table."""
    for name in (
        "answers",
        "claims",
        "consents",
        "customers",
        "decisions",
        "enrolments",
        "entries",
        "identities",
        "inbox",
        "offers",
        "plans",
        "publications",
        "purchases",
        "suppressions",
        "tickets",
    ):
        op.drop_table(name)


def _word(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=null)


def _words(*names: str) -> list[sa.Column[Any]]:
    return [_word(name) for name in names]


def _text(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=null)


def _json(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("number", _NUMBER, nullable=False),
        *_words("customer", "survey"),
        sa.Column("score", sa.Float(53), nullable=False),
        *_words("comment", "about"),
        _word("order_id", null=True),
        _moment("at"),
        _word("event"),
        sa.PrimaryKeyConstraint("number", name="pk_answers"),
        sa.UniqueConstraint("event", name="uq_answers_event"),
    )
    op.create_index("ix_answers_customer", "answers", ["customer", "survey", "at"])


def _claims() -> None:
    op.create_table(
        "claims",
        *_words("key", "step_key", "customer", "enrolment"),
        _word("order_id", null=True),
        *_words("journey", "step", "template", "channel", "purpose", "offer", "survey", "address_key"),
        _moment("at"),
        _word("phase"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _json("snapshot", null=True),
        _moment("transmitting_at", null=True),
        _moment("settled_at", null=True),
        *_words("outcome", "reason", "code", "provider_id"),
        sa.PrimaryKeyConstraint("key", name="pk_claims"),
    )
    op.create_index("ix_claims_address", "claims", ["address_key", "at"])
    op.create_index("ix_claims_customer", "claims", ["customer", "at"])
    op.create_index("ix_claims_step_key", "claims", ["step_key"])


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("number", _NUMBER, nullable=False),
        *_words("customer", "channel", "purpose"),
        sa.Column("given", sa.Boolean(), nullable=False),
        *_words("wording", "source"),
        _moment("at"),
        _word("event"),
        sa.PrimaryKeyConstraint("number", name="pk_consents"),
        sa.UniqueConstraint("event", "channel", "purpose", name="uq_consents_event_channel_purpose"),
    )
    op.create_index("ix_consents_customer", "consents", ["customer"])


def _customers() -> None:
    op.create_table(
        "customers",
        *_words("key", "shop_id", "name", "email", "phone", "locale", "timezone"),
        _json("fields"),
        _moment("told_at", null=True),
        _moment("appointment_at", null=True),
        _moment("appointment_told_at", null=True),
        _moment("created_at"),
        _moment("last_at", null=True),
        _text("state", null=True),
        sa.PrimaryKeyConstraint("key", name="pk_customers"),
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        *_words("key", "customer"),
        _moment("at"),
        _text("result"),
        _json("seen"),
        sa.PrimaryKeyConstraint("key", name="pk_decisions"),
    )
    op.create_index("ix_decisions_customer", "decisions", ["customer"])


def _enrolments() -> None:
    op.create_table(
        "enrolments",
        *_words("id", "customer", "journey", "plan"),
        sa.Column("revision", sa.Integer(), nullable=False),
        _word("order_id", null=True),
        _word("event"),
        _moment("entered_at"),
        _json("frozen"),
        _moment("ended_at", null=True),
        _word("reason"),
        sa.Column("converted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_enrolments"),
    )
    op.create_index("ix_enrolments_customer", "enrolments", ["customer"])
    op.create_index("ix_enrolments_running", "enrolments", ["ended_at", "plan"])


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("id", _NUMBER, nullable=False),
        *_words("decision", "customer", "kind"),
        _moment("at"),
        *_words("what", "journey", "enrolment", "step", "file"),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        *_words("code", "reason"),
        _word("event", null=True),
        *_words("message", "channel", "template", "verb"),
        sa.Column("score", sa.Float(53), nullable=True),
        _moment("until", null=True),
        _json("why", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
    )
    op.create_index("ix_entries_customer", "entries", ["customer", "id"])
    op.create_index("ix_entries_event", "entries", ["event"])


def _identities() -> None:
    op.create_table(
        "identities",
        *_words("kind", "value", "customer", "search"),
        sa.PrimaryKeyConstraint("kind", "value", "customer", name="pk_identities"),
    )
    op.create_index("ix_identities_customer", "identities", ["customer"])
    op.create_index("ix_identities_search", "identities", ["search"])
    op.create_index(
        "uq_identities_id",
        "identities",
        ["value"],
        unique=True,
        sqlite_where=sa.text("kind = 'id'"),
        postgresql_where=sa.text("kind = 'id'"),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("seq", _NUMBER, nullable=False),
        *_words("id", "source", "event_id", "type"),
        _moment("time"),
        _word("customer"),
        _word("order_id", null=True),
        _json("body"),
        _word("body_hash"),
        _moment("received_at"),
        *_words("status", "decision"),
        _moment("decided_at", null=True),
        sa.PrimaryKeyConstraint("seq", name="pk_inbox"),
        sa.UniqueConstraint("id", name="uq_inbox_id"),
        sa.UniqueConstraint("source", "event_id", name="uq_inbox_source_event_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_customer", "inbox", ["customer"])
    op.create_index("ix_inbox_parked", "inbox", ["order_id", "status"])
    op.create_index("ix_inbox_status", "inbox", ["status", "received_at"])


def _offers() -> None:
    op.create_table(
        "offers",
        *_words("key", "customer", "enrolment"),
        _word("order_id", null=True),
        *_words("offer", "code"),
        _moment("made_at"),
        _moment("expires_at", null=True),
        _moment("redeemed_at", null=True),
        _word("redeemed_by", null=True),
        sa.PrimaryKeyConstraint("key", name="pk_offers"),
    )
    op.create_index("ix_offers_customer", "offers", ["customer", "code"])


def _plans() -> None:
    op.create_table(
        "plans",
        *_words("hash", "journey"),
        sa.Column("revision", sa.Integer(), nullable=False),
        _text("compiled"),
        sa.PrimaryKeyConstraint("hash", name="pk_plans"),
        sa.UniqueConstraint("journey", "revision", name="uq_plans_journey_revision"),
    )


def _publications() -> None:
    op.create_table(
        "publications",
        sa.Column("revision", sa.Integer(), nullable=False, autoincrement=False),
        _moment("at"),
        *_words("by", "note"),
        _text("catalogue"),
        _text("types"),
        _json("journeys"),
        _json("sources"),
        sa.PrimaryKeyConstraint("revision", name="pk_publications"),
    )


def _purchases() -> None:
    op.create_table(
        "purchases",
        *_words("customer", "order_id", "status"),
        _moment("placed_at", null=True),
        sa.Column("total", sa.Float(53), nullable=True),
        sa.Column("discounted", sa.Boolean(), nullable=True),
        _json("fields"),
        _moment("status_at", null=True),
        sa.Column("status_seq", _NUMBER, nullable=False),
        _moment("told_at"),
        sa.Column("told_seq", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("customer", "order_id", name="pk_purchases"),
    )
    op.create_index("ix_purchases_order_id", "purchases", ["order_id"])


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        *_words("address_key", "purpose", "cause", "channel", "reason"),
        _moment("at"),
        _word("event"),
        _moment("lifted_at", null=True),
        sa.PrimaryKeyConstraint("address_key", "purpose", "cause", name="pk_suppressions"),
    )


def _tickets() -> None:
    op.create_table(
        "tickets",
        *_words("customer", "id", "enrolment", "journey", "step", "queue", "about", "priority", "status"),
        _moment("opened_at"),
        _moment("due_at", null=True),
        _moment("escalated_at", null=True),
        _moment("closed_at", null=True),
        *_words("closed_by", "note"),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("customer", "id", name="pk_tickets"),
    )
    op.create_index("ix_tickets_status", "tickets", ["status", "due_at"])
