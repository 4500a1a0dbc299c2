"""Whereabouts: who stands where in a journey right now, by name."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from care.domain.enrolment import Enrolment
from care.store import schema
from care.store.customers import STATE

_customers = schema.customers
_enrolments = schema.enrolments


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """One customer in one journey.

    Attributes:
        customer: The opaque key; ``shop_id`` and ``name`` are how people know them.
    """

    customer: str
    shop_id: str
    name: str
    enrolment: Enrolment


def whereabouts(conn: Connection, journeys: Collection[str] = ()) -> list[Whereabouts]:
    """Everybody who is on the way in these journeys (in any, when none is named), by the shop's id."""
    running = select(_enrolments.c.customer).where(_enrolments.c.ended_at.is_(None))
    if journeys:
        running = running.where(_enrolments.c.journey.in_(journeys))
    columns = (_customers.c.key, _customers.c.shop_id, _customers.c.name, _customers.c.state)
    query = select(*columns).where(_customers.c.key.in_(running)).order_by(_customers.c.shop_id)
    return [
        Whereabouts(row.key, row.shop_id, row.name, each)
        for row in conn.execute(query)
        if row.state is not None
        for each in STATE.validate_json(row.state).enrolments
        if not journeys or each.journey in journeys
    ]
