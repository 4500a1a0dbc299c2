"""One durable workflow per customer: it hears, has decisions taken, has orders carried out, and sleeps.

It holds no rule. What to do comes from ``decide``; what was done comes back as a happening. State is explicit data, so
a run may end and the next one goes on from ``CareStart``.

A new run starts when the history has grown and nothing is in flight: an order issued by two runs at once would find
its own claim being transmitted and be called ``unknown``. Only past the server's own limit is that risk taken.
"""

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception
from temporalio.exceptions import TimeoutError as OutOfTime

from activities.contract import (
    Calling,
    CareStart,
    Decided,
    DecideRequest,
    Deciding,
    HandingOver,
    Position,
    Sending,
    Standing,
    channel_queue,
)
from care.domain.happenings import Happening, Heard, Settled
from care.domain.orders import CallWebhook, EscalateTicket, OpenTicket, Order, SendMessage

# A wake-up after days replays the whole history: 35 events cost 5 ms, 4,205 cost 421 ms.
HISTORY_LIMIT = 150
SHORTEST_SLEEP = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=2)

# Of a decision with the messages that leave within it; the worker itself gives up on a store that does not answer.
DECIDE_TIMEOUT = timedelta(minutes=15)
ONE_TRY = RetryPolicy(maximum_attempts=1)
FIRST_PAUSE = timedelta(milliseconds=200)

# Longer than any delivery takes (a mail server has 5 minutes after the final dot); the pulse tells of a dead worker.
ORDER_OPTIONS = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(minutes=15),
    heartbeat_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
)
# A message that no worker could hand over for so long is decided again, so that people see why it is late.
MESSAGE_FRESHNESS = timedelta(hours=1)
URGENCY = {"transactional": Priority(priority_key=1), "marketing": Priority(priority_key=4)}


@workflow.defn(name="CustomerCare")
class CustomerCare:
    """Carries one customer through all of their journeys; completes when none is active."""

    @workflow.init
    def __init__(self, start: CareStart) -> None:
        self._customer = start.customer
        self._state = start.state
        self._inbox: list[Happening] = list(start.inbox)
        self._wake_at = start.wake_at
        self._decisions = 0
        self._running: dict[str, asyncio.Task[None]] = {}
        self._closing = False

    @workflow.run
    async def run(self, start: CareStart) -> None:
        """Hear, decide, order, sleep, until nothing is left to do."""
        if self._state is not None:
            self._issue(self._state.in_flight)
        while True:
            if self._state is not None:
                await self._sleep()
            await self._decide()
            if await self._can_close():
                return
            if await self._can_renew():
                workflow.continue_as_new(
                    replace(start, state=self._state, inbox=tuple(self._inbox), wake_at=self._wake_at)
                )

    @workflow.signal
    def hear(self, id: str) -> None:
        """Take an event into the inbox by the id of its row."""
        if all(happening.id != id for happening in self._inbox):
            self._inbox.append(Heard(id))

    @workflow.update
    async def command(self, id: str) -> Position:
        """Take in an operator's command by the id of its row; answer when it was decided."""
        self.hear(id)
        await workflow.wait_condition(lambda: all(happening.id != id for happening in self._inbox))
        return self.care()

    @command.validator
    def _accept_command(self, id: str) -> None:
        if not id:
            raise ApplicationError("A command needs the id of its inbox row.", type="EmptyCommand")
        if self._closing:
            raise ApplicationError("This run is closing; send the command again.", type="Closing")

    @workflow.query
    def care(self) -> Position:
        """Where the customer stands right now."""
        enrolments = self._state.enrolments if self._state is not None else ()
        return Position(
            customer=self._customer,
            paused=self._state is not None and self._state.paused,
            enrolments=tuple(Standing(e.id, e.journey, e.at[-1] if e.at else "", e.doing, e.until) for e in enrolments),
            in_flight=tuple(self._running),
            wake_at=self._wake_at,
            inbox=len(self._inbox),
        )

    async def _sleep(self) -> None:
        if self._inbox:
            return
        until_wake = None if self._wake_at is None else max(self._wake_at - workflow.now(), SHORTEST_SLEEP)
        with contextlib.suppress(asyncio.TimeoutError):
            await workflow.wait_condition(lambda: bool(self._inbox), timeout=until_wake)

    async def _decide(self) -> None:
        heard = bool(self._inbox)
        decided = await self._ask()
        self._decisions += 1
        self._state, self._wake_at = decided.state, decided.wake_at
        self._inbox = [happening for happening in self._inbox if happening.id not in decided.consumed]
        for freed in decided.freed:
            self.hear(freed)
        self._issue(decided.orders)
        if heard and not decided.consumed:
            await workflow.sleep(LONGEST_PAUSE)  # A planner that consumes nothing must not fill the history.

    async def _ask(self) -> Decided:
        """Ask for the decision until it is given: a store that is down, or a bug, never ends a customer's care.

        Each new question keeps the key, so a decision that was stored comes back, and tells the time anew.
        """
        pause = FIRST_PAUSE
        while True:
            request = DecideRequest(
                key=f"{workflow.info().run_id}:{self._decisions}",
                customer=self._customer,
                state=self._state,
                happenings=tuple(self._inbox),
                now=workflow.now(),
            )
            try:
                return await workflow.execute_local_activity_method(
                    Deciding.decide, request, start_to_close_timeout=DECIDE_TIMEOUT, retry_policy=ONE_TRY
                )
            except FailureError as error:  # The failure of a local activity comes without an ActivityError around it.
                if is_cancelled_exception(error):
                    raise
            await workflow.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _issue(self, orders: tuple[Order, ...]) -> None:
        known = {*self._running, *(happening.id for happening in self._inbox)}
        for order in orders:
            if order.key not in known:
                self._running[order.key] = asyncio.create_task(self._carry_out(order))

    async def _carry_out(self, order: Order) -> None:
        try:
            settled = await _perform(order)
        except ActivityError as error:
            settled = _given_up(order, error)
        del self._running[order.key]
        self._inbox.append(settled)

    async def _can_close(self) -> bool:
        """Whether nothing is left to do, with every handler finished and nothing heard meanwhile."""
        state = self._state
        if self._inbox or self._running or (state is not None and (state.enrolments or state.in_flight)):
            return False
        self._closing = True
        self._closing = await self._handlers_finished() and not self._inbox
        return self._closing

    async def _can_renew(self) -> bool:
        """Whether to go on in a new run, so that the next wake-up replays little."""
        info = workflow.info()
        if info.is_continue_as_new_suggested():
            return await self._handlers_finished()
        if info.get_current_history_length() < HISTORY_LIMIT or self._inbox or self._running:
            return False
        return await self._handlers_finished() and not self._inbox

    async def _handlers_finished(self) -> bool:
        """Let handlers whose command was decided answer; one whose command is still in the inbox needs a decision."""
        await workflow.wait_condition(lambda: bool(self._inbox) or workflow.all_handlers_finished())
        return workflow.all_handlers_finished()


async def _perform(order: Order) -> Settled:
    match order:
        case SendMessage():
            options = ORDER_OPTIONS.copy()
            options["schedule_to_close_timeout"] = MESSAGE_FRESHNESS
            options["priority"] = URGENCY.get(order.purpose, Priority.default)
            options["task_queue"] = channel_queue(workflow.info().task_queue, order.channel)
            return await workflow.execute_activity_method(Sending.send_message, order, **options)
        case OpenTicket():
            return await workflow.execute_activity_method(HandingOver.open_ticket, order, **ORDER_OPTIONS)
        case EscalateTicket():
            return await workflow.execute_activity_method(HandingOver.escalate_ticket, order, **ORDER_OPTIONS)
        case CallWebhook():
            return await workflow.execute_activity_method(Calling.call_webhook, order, **ORDER_OPTIONS)
        case _:
            assert_never(order)


def _given_up(order: Order, error: ActivityError) -> Settled:
    """The outcome of an order whose activity will not be tried again."""
    if isinstance(error.cause, OutOfTime):
        return Settled(order.key, "retry", "no worker could carry it out within an hour", code="out_of_time")
    reason = error.cause.message if isinstance(error.cause, FailureError) else error.message
    return Settled(order.key, "failed", reason, code="error")
