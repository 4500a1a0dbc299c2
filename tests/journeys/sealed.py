"""A store with keys, a client that seals, and a look at what Temporal was really given."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from google.protobuf.message import Message
from sqlalchemy import Engine
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from care.settings import Settings, load_settings
from care.store import inbox
from care.store.engine import migrate, open_store, writing
from care.store.incoming import IncomingEvent
from care.temporal.client import connect, workflow_id

SECRET = "a secret that nobody knows"
NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def a_store(folder: Path) -> Engine:
    engine = open_store(f"sqlite:///{folder / 'care.sqlite'}", durable=False)
    migrate(engine)
    return engine


def settings_of(address: str, **more: Any) -> Settings:
    return load_settings(temporal_address=address, **{"secret": SECRET, "data_dir": "nowhere", **more})


async def a_sealing_client(address: str, engine: Engine, **more: Any) -> Client:
    """A client as a process has it that was started a moment ago: with no key at hand."""
    return await connect(settings_of(address, **more), engine)


def a_kept_customer(engine: Engine) -> str:
    """The key of a customer whom the store knows."""
    name = uuid4().hex[:8]
    event = IncomingEvent(id=name, source="shop", type="customer.updated", time=NOON, customer={"id": f"KH-{name}"})
    with writing(engine) as conn:
        return inbox.accept(conn, event, NOON).customer


async def payloads_of(client: Client, customer: str, run: str | None = None) -> list[tuple[str, Payload]]:
    """Every payload in the history of a customer's run as the server has it, and where it stands."""
    history = await client.get_workflow_handle(workflow_id(customer), run_id=run).fetch_history()
    return [found for event in history.events for found in _payloads(event, "")]


def _payloads(message: Message, place: str) -> Iterator[tuple[str, Payload]]:
    if isinstance(message, Payload):
        yield place, message
        return
    for field, value in message.ListFields():
        here = f"{place}.{field.name}".removeprefix(".")
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            # Maps of plain words hold no payload.
            for key, each in value.items():
                if isinstance(each, Message):
                    yield from _payloads(each, f"{here}.{key}")
        elif isinstance(value, Message):
            yield from _payloads(value, here)
        else:
            for each in value:
                yield from _payloads(each, here)
