"""A scripted planner and a small world behind the contract, to watch the interpreter by itself."""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from activities.contract import Decided, DecideRequest, Deciding, HandingOver, Sending
from care.domain.enrolment import CustomerState, Enrolment
from care.domain.happenings import Settled
from care.domain.orders import EscalateTicket, OpenTicket, Order, SendMessage
from care.temporal.client import workflow_id

Script = Callable[[DecideRequest], Decided]
Deliver = Callable[[SendMessage], Awaitable[Settled]]
# Seconds; what goes well takes none of them, and a busy machine takes what it needs.
PATIENCE = 60.0


class ScriptedDecider(Deciding):
    """Answers by a script; like the real one it keeps every answer by its key."""

    def __init__(self, script: Script) -> None:
        self.asked: list[DecideRequest] = []
        self.answers: dict[str, Decided] = {}
        self._script = script
        self._lock = threading.Lock()

    @activity.defn(name="decide")
    def decide(self, request: DecideRequest) -> Decided:
        with self._lock:
            self.asked.append(request)
        stored = self.answers.get(request.key)
        if stored is None:
            stored = self.answers[request.key] = self._script(request)
        return stored

    @property
    def heard(self) -> list[str]:
        """Ids in the order they were decided, each decision once."""
        return [each for answer in self.answers.values() for each in answer.consumed]


class ScriptedWorld(Sending, HandingOver):
    """Carries out every order at once, or as ``deliver`` says."""

    def __init__(self, deliver: Deliver | None = None) -> None:
        self.sent: list[SendMessage] = []
        self.tickets: list[OpenTicket] = []
        self._deliver = deliver

    @activity.defn(name="send_message")
    async def send_message(self, order: SendMessage) -> Settled:
        self.sent.append(order)
        return await self._deliver(order) if self._deliver else Settled(order.key, "sent")

    @activity.defn(name="open_ticket")
    async def open_ticket(self, order: OpenTicket) -> Settled:
        self.tickets.append(order)
        return Settled(order.key, "done")

    @activity.defn(name="escalate_ticket")
    async def escalate_ticket(self, order: EscalateTicket) -> Settled:
        return Settled(order.key, "done")


def carried_out_by(decider: ScriptedDecider, world: ScriptedWorld) -> list[object]:
    """The activities of a worker."""
    return [decider.decide, world.send_message, world.open_ticket, world.escalate_ticket]


def a_customer() -> str:
    return f"c_{uuid4().hex[:20]}"


def an_enrolment(at: datetime, step: str = "thanks") -> Enrolment:
    return Enrolment("e_0123456789abcdef", "first_purchase", "0" * 64, at, "i_1", at=(step,), doing="wait")


def a_message(customer: str, at: datetime, name: str = "thanks", *, purpose: str = "care") -> SendMessage:
    return SendMessage(
        key=f"e_0123456789abcdef/{name}/1:email",
        customer=customer,
        enrolment="e_0123456789abcdef",
        journey="first_purchase",
        plan="0" * 64,
        step=name,
        template=name,
        channel="email",
        purpose=purpose,
        at=at,
        expires_at=at + timedelta(days=3),
    )


def a_ticket(customer: str, at: datetime) -> OpenTicket:
    return OpenTicket(
        key="e_0123456789abcdef/sorry/1",
        customer=customer,
        enrolment="e_0123456789abcdef",
        journey="first_purchase",
        plan="0" * 64,
        step="sorry",
        queue="care_team",
        about="",
        priority="high",
        at=at,
    )


def decided(
    request: DecideRequest,
    *,
    orders: tuple[Order, ...] = (),
    wake_in: timedelta | None = None,
    active: bool = True,
    paused: bool = False,
    consumed: tuple[str, ...] | None = None,
) -> Decided:
    """An answer that consumes everything and leaves the customer in one journey, unless said otherwise."""
    settled = {happening.id for happening in request.happenings if happening.kind == "settled"}
    flying = request.state.in_flight if request.state else ()
    state = CustomerState(
        request.customer,
        last=request.now,
        enrolments=(an_enrolment(request.now),) if active else (),
        in_flight=(*(order for order in flying if order.key not in settled), *orders),
        paused=paused,
    )
    heard = consumed if consumed is not None else tuple(happening.id for happening in request.happenings)
    return Decided(state, heard, orders, request.now + wake_in if wake_in else None)


def step_by_step(*steps: Callable[[DecideRequest], Decided]) -> Script:
    """A script that answers the first decision with the first step, and so on."""
    left: Iterator[Callable[[DecideRequest], Decided]] = iter(steps)
    return lambda request: next(left)(request)


def until_landed(request: DecideRequest) -> Decided:
    """Stay in the journey until no order is in flight."""
    settled = {happening.id for happening in request.happenings}
    flying = request.state.in_flight if request.state else ()
    return decided(request, active=any(order.key not in settled for order in flying))


def until_told(*ending: str) -> Script:
    """A script that stays in its journey, asleep for a month at a time, until one of these ids is heard."""

    def script(request: DecideRequest) -> Decided:
        over = any(happening.id in ending for happening in request.happenings)
        return decided(request, active=not over, wake_in=None if over else timedelta(days=30))

    return script


def handle_of(client: Client, customer: str) -> WorkflowHandle[Any, Any]:
    return client.get_workflow_handle(workflow_id(customer))


async def finished(client: Client, customer: str) -> None:
    """Wait until the customer's run has completed."""
    await asyncio.wait_for(handle_of(client, customer).result(), PATIENCE)


async def terminate(client: Client, customer: str) -> None:
    """End the customer's run, unless it ended by itself or was never started: who is impatient may start nothing."""
    try:
        await handle_of(client, customer).terminate()
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise


async def events_of(handle: WorkflowHandle[Any, Any]) -> Counter[str]:
    """How many events of each type the history has, by the name without its prefix."""
    history = await handle.fetch_history()
    return Counter(EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events)


async def eventually(condition: Callable[[], Any], *, within: float = PATIENCE) -> Any:
    """Poll until the condition, plain or awaitable, is true; its value."""
    async with asyncio.timeout(within):
        while True:
            value = condition()
            value = await value if asyncio.iscoroutine(value) else value
            if value:
                return value
            await asyncio.sleep(0.01)
