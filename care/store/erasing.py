"""Erasing a customer: everything the store knows of them goes, in one transaction, and a proof without a name stays.

Every table says here what becomes of a customer's rows in it; a test walks the schema, so that no table is forgotten.
What is outside the store (the workflow, its histories) is ended afterwards and then noted in the proof; whatever stops
in between, the proof says what is left to do, and doing it again changes nothing.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Table, delete, func, or_, select, update

from care.domain.errors import CareError
from care.store import customers, forgotten, inbox, schema
from care.store.addresses import CHANNEL_KINDS, address_key, search_form

# Rows that name their customer, in the order they go: without its identity an event that comes now begins anew.
BY_CUSTOMER = (
    schema.identities,
    schema.keys,
    schema.consents,
    schema.purchases,
    schema.enrolments,
    schema.holds,
    schema.decisions,
    schema.entries,
    schema.claims,
    schema.answers,
    schema.tickets,
    schema.offers,
    schema.customers,
)
# Rows that name an address or a message instead.
BY_ADDRESS = (schema.receipts, schema.suppressions)
BLANKED = (schema.inbox,)
# Tables that know no customer.
IMPERSONAL: Mapping[str, str] = {
    "plans": "compiled journeys",
    "publications": "rule files as they were published, and by whom",
    "controls": "journeys that an operator paused",
    "batches": "how many customers an operator's command reached",
    "api_keys": "hashes of the keys that the shop's systems use",
    "erasures": "the proof: when, by whom, why and how much, without a name",
    "forgotten": "keyed hashes of addresses that must stay closed",
}

_erasures = schema.erasures
_identities = schema.identities
_claims = schema.claims
_receipts = schema.receipts
_SUBJECT = "customer\n"


class ErasureError(CareError):
    """A customer cannot be erased like this; the message says why."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """The proof that a customer was erased.

    Attributes:
        id: Names the erasure.
        customer: The opaque key that the customer had; it names nobody any more.
        at: When it was done (UTC).
        by: The operator.
        reason: Why, in the operator's words.
        counts: How many rows were erased, by table.
        finished_at: When the workflow and its histories were gone, too (UTC); ``None`` while they may be there.
    """

    id: str
    customer: str
    at: datetime
    by: str
    reason: str
    counts: Mapping[str, int]
    finished_at: datetime | None


def counted(conn: Connection, customer: str) -> dict[str, int]:
    """How many rows of a customer there are to erase, by table; empty ones are left out."""
    found = {table.name: _how_many(conn, table, _owner(table) == customer) for table in (*BY_CUSTOMER, *BLANKED)}
    found["receipts"] = _how_many(conn, _receipts, _heard_of(conn, customer))
    return {name: count for name, count in found.items() if count}


def erase(conn: Connection, customer: str, pepper: bytes, *, by: str, reason: str, at: datetime) -> Erasure:
    """Erase a customer from the store; who was erased before stays so, and the first proof comes back.

    Args:
        customer: The opaque key.
        pepper: The installation's own key (``Keyring.pepper``).
        by: The operator's name.
        reason: Why; it is kept, so it must not name the customer.
        at: The present instant (UTC).

    Raises:
        ErasureError: There is no such customer, or nobody says who does it and why.
    """
    if not by.strip() or not reason.strip():
        raise ErasureError("say who erases the customer and why; the proof keeps both")
    if not customers.lock(conn, customer):
        done = of_key(conn, customer)
        if done is None:
            raise ErasureError(f"there is no customer {customer!r}")
        return done
    person = customers.person(conn, customer)
    assert person is not None
    if any(
        word and word.casefold() in reason.casefold() for word in (person.id, person.name, person.email, person.phone)
    ):
        raise ErasureError("the reason names the customer, and the proof keeps it; say it without the name")
    proof = {
        "id": "x_" + secrets.token_hex(8),
        "customer": customer,
        "subject": forgotten.hashed(pepper, _SUBJECT + person.id),
        "at": at,
        "by": by,
        "reason": reason,
        "counts": counted(conn, customer),
    }
    conn.execute(_erasures.insert(), proof)
    addresses, heard = _own_addresses(conn, customer), _heard_of(conn, customer)
    conn.execute(delete(_receipts).where(heard))
    forgotten.forget(conn, pepper, addresses, at)
    _wipe(conn, customer, at)
    erasure = of_key(conn, customer)
    assert erasure is not None
    return erasure


def finish(conn: Connection, customer: str, at: datetime) -> None:
    """Note that the workflow is gone, too; what it may have written in its last moments goes with it."""
    _wipe(conn, customer, at)
    open_still = (_erasures.c.customer == customer, _erasures.c.finished_at.is_(None))
    conn.execute(update(_erasures).where(*open_still).values(finished_at=at))


def unfinished(conn: Connection, limit: int = 100) -> list[Erasure]:
    """Erasures whose workflow may still be there, the oldest first."""
    query = select(_erasures).where(_erasures.c.finished_at.is_(None)).order_by(_erasures.c.at).limit(limit)
    return [_read(row) for row in conn.execute(query)]


def of_key(conn: Connection, customer: str) -> Erasure | None:
    """The proof for a customer's opaque key."""
    row = conn.execute(select(_erasures).where(_erasures.c.customer == customer)).first()
    return None if row is None else _read(row)


def of_shop_id(conn: Connection, pepper: bytes | None, shop_id: str) -> list[Erasure]:
    """The proofs for the shop's id of a customer, the oldest first; each time the customer came back has its own."""
    if pepper is None:
        return []
    subject = forgotten.hashed(pepper, _SUBJECT + shop_id)
    query = select(_erasures).where(_erasures.c.subject == subject).order_by(_erasures.c.at)
    return [_read(row) for row in conn.execute(query)]


def listing(conn: Connection, limit: int = 100) -> list[Erasure]:
    """The proofs, the newest first."""
    return [_read(row) for row in conn.execute(select(_erasures).order_by(_erasures.c.at.desc()).limit(limit))]


def scrub(engine: Engine) -> bool:
    """Have what was erased leave SQLite's write-ahead log now; PostgreSQL sees to its own files (autovacuum).

    Returns:
        Whether it has; a reader that holds the log keeps it until the next checkpoint.
    """
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as conn:
        conn.rollback()  # A checkpoint runs outside of any transaction.
        raw = conn.connection.driver_connection
        assert raw is not None
        busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _wipe(conn: Connection, customer: str, at: datetime) -> None:
    for table in BY_CUSTOMER:
        conn.execute(delete(table).where(_owner(table) == customer))
    inbox.blank(conn, customer, at)


def _owner(table: Table) -> ColumnElement[str]:
    """The column that names a row's customer."""
    column: ColumnElement[str] = table.c.key if table is schema.customers else table.c.customer
    return column


def _heard_of(conn: Connection, customer: str) -> ColumnElement[bool]:
    """What providers said of the customer's messages, and of addresses that are nobody else's."""
    theirs = select(_claims.c.key).where(_claims.c.customer == customer)
    return or_(_receipts.c.message.in_(theirs), _receipts.c.address_key.in_(list(_own_addresses(conn, customer))))


def _own_addresses(conn: Connection, customer: str) -> dict[str, str]:
    """Address key to channel, of every address the customer ever had that no other customer has."""
    own, others = _identities.c.customer == customer, _identities.c.customer != customer
    found: dict[str, str] = {}
    for row in conn.execute(select(_identities).where(own, _identities.c.kind != "id")):
        same = select(_identities.c.value).where(
            others, _identities.c.kind == row.kind, _identities.c.search == search_form(row.kind, row.value)
        )
        elsewhere = list(conn.execute(same).scalars())
        for channel in (each for each, kind in CHANNEL_KINDS.items() if kind == row.kind):
            key = address_key(channel, row.value)
            if all(address_key(channel, value) != key for value in elsewhere):
                found[key] = channel
    return found


def _how_many(conn: Connection, table: Table, wanted: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(wanted)).scalar_one())


def _read(row: Row[Any]) -> Erasure:
    return Erasure(**{name: getattr(row, name) for name in Erasure.__dataclass_fields__})
