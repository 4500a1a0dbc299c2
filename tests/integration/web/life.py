"""A shop's days pass: the real deciding, sending and handing over, driven by a clock instead of a Temporal server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from temporalio.testing import ActivityEnvironment

from activities.channels.outbox import Outbox
from activities.contract import DecideRequest
from activities.deciding import Decider
from activities.dispatch import Dispatch
from activities.handing_over import TicketDesk
from activities.sending import MessageSender
from care.domain.enrolment import CustomerState
from care.domain.happenings import Happening, Heard, Settled
from care.domain.orders import CallWebhook, EscalateTicket, OpenTicket, Order, SendMessage
from care.rendering import Renderer
from care.store import inbox
from care.store.engine import reading
from care.store.plans import RulebookCache
from tests.integration.web.shop import Shop


@dataclass
class Life:
    """Lets time pass for every customer of a shop."""

    shop: Shop
    states: dict[str, CustomerState] = field(default_factory=dict)
    wakes: dict[str, datetime] = field(default_factory=dict)
    decisions: int = 0

    def __post_init__(self) -> None:
        rulebooks = RulebookCache(self.shop.engine)
        renderer = Renderer(self.shop.settings.templates_dir)
        outlet = Dispatch(self.shop.engine, {"email": Outbox(), "sms": Outbox()})
        self.decider = Decider(self.shop.engine, rulebooks)
        self.sender = MessageSender(self.shop.engine, rulebooks, renderer, self.shop.links, outlet)
        self.desk = TicketDesk(self.shop.engine, rulebooks, renderer, outlet, self.shop.settings.public_url)

    async def pass_(self, **length: float) -> None:
        """Let time pass, hearing what is in the inbox now and waking everybody when they asked for it."""
        until = self.shop.clock() + timedelta(**length)
        await self.hear()
        while True:
            due = min(self.wakes.items(), key=lambda wake: wake[1], default=None)
            if due is None or due[1] > until:
                break
            self.shop.clock.now = max(self.shop.clock.now, due[1])
            await self._decide(due[0], [])
        self.shop.clock.now = until

    async def hear(self) -> None:
        """Decide whatever is pending, now."""
        with reading(self.shop.engine) as conn:
            waiting = inbox.pending(conn, older_than=self.shop.clock() + timedelta(seconds=1))
        for customer, row in waiting:
            await self._decide(customer, [Heard(row)])

    async def _decide(self, customer: str, heard: list[Happening]) -> None:
        happenings = heard
        while True:
            self.decisions += 1
            state = self.states.get(customer) or CustomerState(customer)
            request = DecideRequest(f"test:{self.decisions}", customer, state, tuple(happenings), self.shop.clock())
            decided = await asyncio.to_thread(self.decider.decide, request)
            self.states[customer] = decided.state
            self.wakes.pop(customer, None)
            if decided.wake_at is not None:
                self.wakes[customer] = decided.wake_at
            happenings = [each for each in happenings if each.id not in decided.consumed]
            happenings += [await self._carry_out(order) for order in decided.orders]
            happenings += [Heard(freed) for freed in decided.freed]
            if not happenings:
                return

    async def _carry_out(self, order: Order) -> Settled:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=self.shop.clock())
        match order:
            case SendMessage():
                return await environment.run(self.sender.send_message, order)
            case OpenTicket():
                return await environment.run(self.desk.open_ticket, order)
            case EscalateTicket():
                return await environment.run(self.desk.escalate_ticket, order)
            case CallWebhook():
                raise AssertionError("the journeys of this test call nothing")
