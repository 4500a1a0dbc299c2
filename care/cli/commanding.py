"""Operators' commands: stored as events like any other, then decided at once where a worker runs."""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Engine

from activities.contract import Position
from care import clock
from care.domain.conditions import Value
from care.domain.errors import CareError
from care.settings import Settings
from care.store import inbox
from care.store.customers import Person
from care.store.engine import writing
from care.store.incoming import IncomingEvent
from care.temporal import client as temporal

SOURCE = "care"
_PATIENCE = timedelta(seconds=3)


class OperatorError(CareError):
    """A command needs the name of the person who gives it."""


def give_command(
    settings: Settings, engine: Engine, person: Person, command: str, operator: str, data: Mapping[str, Value]
) -> Position | None:
    """Store a command, and have it decided now if that is possible.

    Args:
        command: The event's type, for example ``operator.paused`` or ``ticket.closed``.
        operator: The named person who gives it.

    Returns:
        Where the customer stands after it, or ``None`` when nobody decided it yet: it is stored and will be.

    Raises:
        OperatorError: The name is empty.
        StoreUnavailable: It could not be stored.
    """
    name = " ".join(operator.split())
    if not name:
        raise OperatorError("say who you are with --by NAME; the audit keeps it")
    event = IncomingEvent(
        id=f"{command}-{secrets.token_hex(8)}",
        source=SOURCE,
        type=command,
        time=clock.now(),
        customer={"id": person.id},
        data=dict(data),
        operator=name,
    )
    with writing(engine) as conn:
        receipt = inbox.accept(conn, event, clock.now())
    return asyncio.run(_decided(settings, engine, receipt))


async def _decided(settings: Settings, engine: Engine, receipt: inbox.Receipt) -> Position | None:
    try:
        client = await temporal.connect(settings, engine, patience=_PATIENCE)
    except temporal.UnreachableError:
        return None
    return await temporal.command(client, receipt.customer, receipt.id, task_queue=settings.task_queue)
