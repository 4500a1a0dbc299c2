"""Batches: one command for many customers, stored as one inbox row each, so that nothing is lost or done twice.

Once the batch is stored, the sweep would carry it out alone; whoever watches only makes it faster.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, insert, select

from care.domain.conditions import Value
from care.store import schema
from care.store.inbox import PENDING, accept_known
from care.store.incoming import IncomingEvent
from care.store.whereabouts import Whereabouts

Kind = Literal["move", "leave", "exit", "wake"]

_batches = schema.batches
_inbox = schema.inbox


@dataclass(frozen=True, slots=True)
class Batch:
    """One command for many customers.

    Attributes:
        kind: ``move`` to another plan, ``leave`` at a publication, ``exit`` of a whole journey, ``wake`` after a pause.
        plan: Hash of the plan to move to or to stay in, or empty.
        revision: Number of the publication it belongs to, or 0.
        members: How many customers.
    """

    id: str
    kind: Kind
    journey: str
    plan: str
    at: datetime
    by: str
    note: str
    revision: int
    members: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch has come."""

    decided: int
    members: int


def create(
    conn: Connection, batch: Batch, event_type: str, data: Mapping[str, Value], customers: Sequence[Whereabouts]
) -> Batch:
    """Store a batch with its command for every customer; ``members`` is counted here.

    Args:
        event_type: The operator's event, for example ``operator.moved``.
        data: Its payload, the same for everybody.
        customers: For whom; somebody listed twice gets one command.
    """
    who = {each.customer: each.shop_id for each in customers}
    batch = replace(batch, members=len(who))
    conn.execute(insert(_batches), {name: getattr(batch, name) for name in Batch.__dataclass_fields__})
    events = [
        (
            key,
            IncomingEvent(
                id=key,
                source=source(batch.id),
                type=event_type,
                time=batch.at,
                customer={"id": shop_id},
                data=dict(data),
                operator=batch.by,
            ),
        )
        for key, shop_id in who.items()
    ]
    accept_known(conn, events, batch.at)
    return batch


def source(batch_id: str) -> str:
    """The source of a batch's events."""
    return f"care:batch:{batch_id}"


def new_id(kind: Kind, journey: str, at: datetime) -> str:
    """An id for a batch that begins now."""
    return "b_" + hashlib.sha256(f"{kind}\n{journey}\n{at.isoformat()}".encode()).hexdigest()[:12]


def progress(conn: Connection, batch_id: str) -> Progress:
    """How many of a batch's commands are decided."""
    counted = select(_inbox.c.status, func.count()).where(_inbox.c.source == source(batch_id)).group_by(_inbox.c.status)
    by_status = {row[0]: row[1] for row in conn.execute(counted)}
    members = sum(by_status.values())
    return Progress(members - by_status.get(PENDING, 0), members)


def undecided(conn: Connection, batch_id: str) -> list[tuple[str, str]]:
    """A batch's commands that nobody decided yet, as (customer, inbox id)."""
    mine = (_inbox.c.source == source(batch_id), _inbox.c.status == PENDING)
    commands = select(_inbox.c.customer, _inbox.c.id).where(*mine).order_by(_inbox.c.seq)
    return [(row.customer, row.id) for row in conn.execute(commands)]


def listing(conn: Connection) -> list[Batch]:
    """Every batch, newest first."""
    return [Batch(**row._mapping) for row in conn.execute(select(_batches).order_by(_batches.c.at.desc()))]
