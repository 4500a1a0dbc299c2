"""The past as the store kept it: every customer's events in the order of their times, for a back-test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from care.backtest.past import Past, Told
from care.backtest.sources import Stretch, Stretches
from care.domain.orders import asking_key
from care.store import schema
from care.store.claims import MAY_HAVE_LEFT
from care.store.engine import open_store, reading
from care.store.inbox import ERASED
from care.store.incoming import about

_inbox = schema.inbox
_claims = schema.claims
_tickets = schema.tickets


@dataclass
class StorePast:
    """The events of a store up to an instant; what arrives while a back-test runs stays out.

    Attributes:
        url: The store's URL: every process opens it for itself.
        until: The end of the period (UTC).
        newest: Number of the last event that counts.
    """

    url: str
    until: datetime
    newest: int
    recorded: frozenset[str] = frozenset()
    _engine: Engine | None = field(default=None, repr=False)

    def stretches(self) -> Sequence[Stretch]:
        """Everybody who was heard of before the end."""
        found = Stretches()
        counted = select(_inbox.c.customer, func.count()).where(*self._wanted())
        engine = open_store(self.url)
        try:
            with reading(engine) as conn:
                for customer, events in conn.execute(counted.group_by(_inbox.c.customer).order_by(_inbox.c.customer)):
                    found.add(customer, events)
        finally:
            engine.dispose()
        return found.close()

    def open(self) -> None:
        """Open the store."""
        self._engine = open_store(self.url)

    def close(self) -> None:
        """Close the store."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def read(self, stretch: Stretch) -> Iterator[Past]:
        """The pasts of a stretch."""
        assert self._engine is not None
        with reading(self._engine) as conn:
            yield from self._read(conn, stretch)

    def _wanted(self) -> tuple[Any, ...]:
        return _inbox.c.time < self.until, _inbox.c.seq <= self.newest, _inbox.c.status != ERASED

    def _read(self, conn: Connection, stretch: Stretch) -> Iterator[Past]:
        names = _names(conn, stretch)
        done = _done(conn, stretch)
        query = select(_inbox).where(_inbox.c.customer.between(stretch.first, stretch.last), *self._wanted())
        rows = conn.execute(query.order_by(_inbox.c.customer, _inbox.c.time, _inbox.c.seq))
        for customer, told in groupby(rows, key=lambda row: str(row.customer)):
            events = [_told(row) for row in told]
            yield Past(customer, names.get(customer, customer), events, frozenset(done.get(customer, ())))


def newest_event(conn: Connection) -> tuple[int, datetime | None]:
    """Number and time of the last event that was accepted; 0 and ``None`` in an empty store."""
    row = conn.execute(select(func.max(_inbox.c.seq), func.max(_inbox.c.time)).where(_inbox.c.status != ERASED)).one()
    return row[0] or 0, row[1]


def _names(conn: Connection, stretch: Stretch) -> dict[str, str]:
    known = schema.customers
    query = select(known.c.key, known.c.shop_id).where(known.c.key.between(stretch.first, stretch.last))
    return {row.key: row.shop_id for row in conn.execute(query) if row.shop_id}


def _done(conn: Connection, stretch: Stretch) -> dict[str, set[str]]:
    """The surveys that were asked and the tickets that were opened, by customer."""
    found: dict[str, set[str]] = {}
    asked = select(_claims.c.customer, _claims.c.step_key).where(
        _claims.c.customer.between(stretch.first, stretch.last),
        _claims.c.survey != "",
        _claims.c.phase.in_(MAY_HAVE_LEFT),
    )
    for row in conn.execute(asked):
        found.setdefault(row.customer, set()).add(asking_key(row.step_key))
    opened = select(_tickets.c.customer, _tickets.c.id).where(
        _tickets.c.customer.between(stretch.first, stretch.last), ~_tickets.c.external
    )
    for row in conn.execute(opened):
        found.setdefault(row.customer, set()).add(row.id)
    return found


def _told(row: Row[Any]) -> Told:
    body = row.body
    data = {name: value for name, value in (body.get("data") or {}).items() if value is not None}
    return Told(
        id=row.id,
        type=row.type,
        at=row.time,
        customer=body.get("customer") or {},
        order_id=row.order_id,
        order=body.get("order") or {},
        data=data,
        about=about(data),
        operator=str(body.get("operator") or ""),
    )
