"""Keys: what seals the payloads of each customer, wrapped by a master key that the database does not know.

A customer's newest key seals; the ones before it stay, so that what they sealed can be read. The key of nobody
(``INSTALLATION``) is the installation's own: with it the addresses of erased customers are hashed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from care.store import schema
from care.store.inserting import insert_all_new, insert_new

INSTALLATION = ""

_keys = schema.keys
_NEWEST = select(_keys).where(_keys.c.customer == bindparam("of")).order_by(_keys.c.number.desc()).limit(1)
_ALL = select(_keys).where(_keys.c.customer == bindparam("of")).order_by(_keys.c.number)
_OF_MANY = (
    select(_keys)
    .where(_keys.c.customer.in_(bindparam("of", expanding=True)))
    .order_by(_keys.c.customer, _keys.c.number)
)
_OWNER = select(_keys.c.customer).where(_keys.c.id == bindparam("named")).scalar_subquery()
_BESIDE = select(_keys).where(_keys.c.customer == _OWNER).order_by(_keys.c.number)
_REWRAP = (
    update(_keys)
    .where(_keys.c.id == bindparam("named"))
    .values(wrapped=bindparam("anew"), master=bindparam("by_master"))
)


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key as the database has it.

    Attributes:
        number: 1 for a customer's first key.
        wrapped: The key, sealed under the master key, in base64.
        master: Id of the master key.
        at: When it was made (UTC).
    """

    id: str
    customer: str
    number: int
    wrapped: str
    master: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How many keys one master key wraps, and of how many customers; ``oldest`` is the age of the oldest (UTC)."""

    master: str
    keys: int
    customers: int
    oldest: datetime | None


def newest(conn: Connection, customer: str) -> KeptKey | None:
    """The key that seals for a customer now."""
    row = conn.execute(_NEWEST, {"of": customer}).first()
    return None if row is None else _kept(row)


def every(conn: Connection, customer: str) -> list[KeptKey]:
    """All keys of a customer, the oldest first."""
    return [_kept(row) for row in conn.execute(_ALL, {"of": customer})]


def of_many(conn: Connection, customers: Sequence[str]) -> dict[str, list[KeptKey]]:
    """All keys of these customers, the oldest first; whoever has none is left out."""
    found: dict[str, list[KeptKey]] = {}
    for row in conn.execute(_OF_MANY, {"of": list(customers)}):
        found.setdefault(row.customer, []).append(_kept(row))
    return found


def beside(conn: Connection, id: str) -> list[KeptKey]:
    """All keys of the customer who has this one, the oldest first; none when it never was or was destroyed."""
    return [_kept(row) for row in conn.execute(_BESIDE, {"named": id})]


def add(conn: Connection, key: KeptKey) -> bool:
    """Keep a new key; false when its number is taken: somebody was faster."""
    return insert_new(conn, _keys, _row(key))


def add_all(conn: Connection, new: Sequence[KeptKey]) -> None:
    """Keep new keys, but for those whose number is taken."""
    insert_all_new(conn, _keys, [_row(key) for key in new])


def newest_after(conn: Connection, customer: str, limit: int) -> list[KeptKey]:
    """The newest keys of the customers whose opaque key comes after this one, in that order."""
    few = select(_keys.c.customer, func.max(_keys.c.number).label("number")).where(_keys.c.customer > customer)
    last = few.group_by(_keys.c.customer).order_by(_keys.c.customer).limit(limit).subquery()
    of = (last.c.customer == _keys.c.customer) & (last.c.number == _keys.c.number)
    return [_kept(row) for row in conn.execute(select(_keys).join(last, of).order_by(_keys.c.customer))]


def foreign_after(conn: Connection, id: str, master: str, limit: int) -> list[KeptKey]:
    """Keys that another master key wraps and whose id comes after this one, in that order."""
    query = select(_keys).where(_keys.c.id > id, _keys.c.master != master).order_by(_keys.c.id)
    return [_kept(row) for row in conn.execute(query.limit(limit))]


def rewrap(conn: Connection, keys: Sequence[KeptKey]) -> None:
    """Write these keys' wrapping anew."""
    conn.execute(_REWRAP, [{"named": key.id, "anew": key.wrapped, "by_master": key.master} for key in keys])


def counts(conn: Connection) -> list[KeyCount]:
    """How many keys there are, by the master key that wraps them; the installation's own is not counted."""
    query = select(
        _keys.c.master,
        func.count().label("keys"),
        func.count(_keys.c.customer.distinct()).label("customers"),
        func.min(_keys.c.at).label("oldest"),
    ).where(_keys.c.customer != INSTALLATION)
    rows = conn.execute(query.group_by(_keys.c.master).order_by(_keys.c.master))
    return [KeyCount(row.master, row.keys, row.customers, row.oldest) for row in rows]


def _row(key: KeptKey) -> dict[str, object]:
    return {name: getattr(key, name) for name in KeptKey.__dataclass_fields__}


def _kept(row: Row[Any]) -> KeptKey:
    return KeptKey(**{name: getattr(row, name) for name in KeptKey.__dataclass_fields__})
