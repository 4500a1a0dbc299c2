"""A story of ``tests.builders`` lived on the real engine: workflow, decider, sender and store, on a virtual clock."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from activities.contract import CareStart
from care import clock
from care.domain.audit import Entry
from care.domain.simulation import Scripted
from care.settings import load_settings, with_secrets
from care.store import audit, batches, inbox, plans, tickets
from care.store.engine import migrate, open_store, reading, writing
from care.store.incoming import IncomingEvent
from care.store.plans import Draft
from care.temporal.client import position, tell, workflow_id
from care.temporal.timeskipping import VirtualTime
from care.temporal.tuning import SYNC_ACTIVITIES, tuned_worker
from tests.builders import Story
from tests.journeys.operators import carry_out
from tests.journeys.scripted import PATIENCE, events_of, eventually, handle_of
from tests.operated import Act, Operated
from tests.temporal_server import SANDBOX, on_a_busy_machine
from worker import activities_of
from workflows.customer_care import CustomerCare

BLINK = timedelta(seconds=1)
TEMPLATES = ("hello", "hint", "ask", "sorry", "bye", "deal", "receipt")


def write_templates(folder: Path) -> None:
    for name in TEMPLATES:
        for path, source in ((f"email/{name}.vi.txt", f"Subject: {name}\n\n{name}\n"), (f"sms/{name}.vi.txt", name)):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(source, encoding="utf-8")


class RealShop:
    """Everything behind the API, real but for the time and the mail, which goes to the outbox."""

    def __init__(self, engine: Engine, client: Client, task_queue: str) -> None:
        self._engine = engine
        self._virtual = VirtualTime(client, skips_at_once=False)
        self._task_queue = task_queue
        self._number = uuid4().hex[:8]
        self._customer = ""
        self._stories = 0

    def new_customer(self) -> None:
        """Let the next story happen to somebody else."""
        self._number = uuid4().hex[:8]

    async def live(self, story: Story) -> list[Entry]:
        """Live the story to its end; returns the timeline that a support lead would read."""
        async with asyncio.timeout(4 * PATIENCE):
            customer = self._customer = await self._live(story)
        with reading(self._engine) as conn:
            return [line.entry for line in audit.timeline(conn, customer)]

    async def _live(self, story: Story) -> str:
        self._stories += 1
        await asyncio.to_thread(self._publish, story)
        customer = ""
        acts = story.acts if isinstance(story, Operated) else ()
        happens = sorted((*story.script, *acts), key=lambda each: each.at)
        for each in happens:
            if customer:
                await self._move_to(customer, each.at)
            if isinstance(each, Scripted):
                customer = await self._hear(story, each)
            else:
                await self._operate(customer, each)
        while (stands := await position(self._virtual.client, customer)) is not None:
            await self._move_to(customer, (stands.wake_at or happens[-1].at) + BLINK)
        return customer

    async def _operate(self, customer: str, act: Act) -> None:
        """Let an operator do something at its virtual instant; whom it concerns has heard of it at the end."""
        with writing(self._engine) as conn:
            told = [row for batch in carry_out(conn, act) for _, row in batches.undecided(conn, batch.id)]
        for row in told:
            await tell(self._virtual.client, customer, row, task_queue=self._task_queue)
            await eventually(lambda row=row: self._is_decided(row))  # type: ignore[misc]

    @property
    def customer(self) -> str:
        """The key of the customer whose story was lived last."""
        return self._customer

    async def events(self) -> Counter[str]:
        """How many events of each type the history of the customer's last run has."""
        return await events_of(handle_of(self._virtual.client, self._customer))

    def _publish(self, story: Story) -> None:
        book = story.rulebook
        with writing(self._engine) as conn:
            entering = tuple(walked.plan for walked in book.entering.values())
            plans.publish(conn, Draft(clock.now(), "tester", "", book.catalogue, book.types, entering, {}))

    async def _hear(self, story: Story, scripted: Scripted) -> str:
        """Accept one event at its virtual instant and wait until it was decided."""
        event = await asyncio.to_thread(self._incoming, story, scripted)
        with writing(self._engine) as conn:
            receipt = inbox.accept(conn, event, scripted.at)
        if await position(self._virtual.client, receipt.customer) is None:
            await self._begin(receipt.customer, receipt.id, scripted.at)
        else:
            await tell(self._virtual.client, receipt.customer, receipt.id, task_queue=self._task_queue)
        await eventually(lambda: self._is_decided(receipt.id))
        return receipt.customer

    async def _begin(self, customer: str, row: str, at: datetime) -> None:
        """Start a run whose clock begins at this virtual instant."""
        delay = max(at - clock.now(), BLINK)
        handle = await self._virtual.client.start_workflow(
            CustomerCare.run,
            CareStart(customer),
            id=workflow_id(customer),
            task_queue=self._task_queue,
            start_signal="hear",
            start_signal_args=[row],
            start_delay=delay,
        )
        await self._skip(handle, delay + BLINK)

    async def _move_to(self, customer: str, at: datetime) -> None:
        handle = handle_of(self._virtual.client, customer)
        if await position(self._virtual.client, customer) is not None:
            await self._skip(handle, max(at - await self._virtual.now(handle), BLINK))

    async def _skip(self, handle: WorkflowHandle[Any, Any], by: timedelta) -> None:
        try:
            await self._virtual.move_on(handle, by)
        except RPCError as error:  # It completed on the way.
            if error.status != RPCStatusCode.NOT_FOUND:
                raise

    def _is_decided(self, row: str) -> bool:
        with reading(self._engine) as conn:
            return inbox.rows(conn, [row])[0].status == inbox.DECIDED

    def _incoming(self, story: Story, scripted: Scripted) -> IncomingEvent:
        event, shop_id = scripted.event, f"KH-{self._number}"
        customer: dict[str, Any] = {"id": shop_id, "locale": "vi", "timezone": story.person.zone}
        if "email" in story.person.reach:
            customer["email"] = f"{self._number}@example.vn"
        if "sms" in story.person.reach:
            customer["phone"] = f"+8491{int(self._number, 16) % 10**7:07d}"
        data = dict(event.data)
        if event.type == "ticket.closed":
            with reading(self._engine) as conn:
                data["ticket"] = tickets.listing(conn, open_only=True)[0].id
        order = {"id": f"{event.order_id}-{self._stories}", **_bare(scripted)} if event.order_id else None
        return IncomingEvent(
            id=f"{self._number}-{self._stories}-{event.id}",
            source="shop",
            type=event.type,
            time=scripted.at,
            customer=customer,
            order=order,
            data=data,
            operator=event.operator,
        )


def _bare(scripted: Scripted) -> dict[str, Any]:
    return {name.removeprefix("order."): value for name, value in scripted.order.items()}


@asynccontextmanager
async def a_real_shop(
    client: Client, folder: Path, task_queue: str, *, cached: int = 100, **more: Any
) -> AsyncIterator[RealShop]:
    """A shop with an empty store and a worker; ``more`` are further settings."""
    own = {"templates_dir": folder / "templates", "email_channel": "outbox", "sms_channel": "outbox"}
    settings = with_secrets(load_settings(data_dir=folder, **own, **more))
    write_templates(settings.templates_dir)
    engine = open_store(settings.database_url, durable=False)
    migrate(engine)
    with ThreadPoolExecutor(SYNC_ACTIVITIES) as threads:
        async with activities_of(settings, engine, client) as made:
            activities: Sequence[Any] = made
            async with tuned_worker(
                client, activities, threads, task_queue=task_queue, runner=SANDBOX, cached=cached
            ) as worker:
                on_a_busy_machine(worker)
                yield RealShop(engine, client, task_queue)
    engine.dispose()
