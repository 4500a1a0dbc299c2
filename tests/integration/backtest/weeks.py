"""Some weeks of a small shop, lived by the real deciding and sending, with what customers do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from care.store import inbox, schema
from care.store.engine import reading, writing
from care.store.incoming import IncomingEvent
from tests.integration.web.life import Life
from tests.integration.web.shop import Shop

BUYERS = 6
# What each customer does, in hours after they were asked (a score) or after the delivery (anything else).
ANSWERS: Mapping[int, tuple[int, float]] = {0: (5, 3), 1: (2, 30), 3: (4, 50)}
EVENTS: Mapping[int, tuple[str, float, dict[str, Any]]] = {
    2: ("consent.withdrawn", 100, {"channel": "email", "purpose": "care"}),
    4: ("order.returned", 60, {}),
}
CLOSED_AFTER = timedelta(hours=20)


@dataclass
class Weeks:
    """A shop after some weeks."""

    shop: Shop
    life: Life
    told: int = 0
    answered: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)

    def tell(self, customer: int, kind: str, at: datetime, **more: Any) -> None:
        self.told += 1
        who = {"id": f"KH-{customer}", "email": f"lan{customer}@example.vn", "phone": f"+8491234500{customer}"}
        event = IncomingEvent(id=f"ev-{self.told}", source="shop", type=kind, time=at, **{"customer": who, **more})
        with writing(self.shop.engine) as conn:
            inbox.accept(conn, event, at)

    def sent(self) -> list[tuple[datetime, str, str]]:
        """What really left: when, which template, over which channel."""
        claims = schema.claims
        with reading(self.shop.engine) as conn:
            # Notices to the care team are claimed too, but no journey sends them.
            rows = conn.execute(select(claims).where(claims.c.phase == "sent", claims.c.template != "ticket"))
            return sorted((row.at, row.offer or row.template, row.channel) for row in rows)

    async def go_on(self, length: timedelta) -> None:
        """Let time pass in steps of an hour, with the answers and closings that are due."""
        until = self.shop.clock() + length
        while self.shop.clock() < until:
            self._do_what_is_due()
            await self.life.pass_(hours=1)

    def _do_what_is_due(self) -> None:
        now = self.shop.clock()
        claims, tickets, people = schema.claims, schema.tickets, schema.customers
        with reading(self.shop.engine) as conn:
            names = {row.key: int(row.shop_id.removeprefix("KH-")) for row in conn.execute(select(people))}
            asked = conn.execute(select(claims).where(claims.c.survey != "", claims.c.phase == "sent")).all()
            opened = conn.execute(select(tickets).where(tickets.c.status == "open")).all()
        for row in asked:
            score, hours = ANSWERS.get(names[row.customer], (0, 0.0))
            if score and row.step_key not in self.answered and row.at + timedelta(hours=hours) <= now:
                self.answered.add(row.step_key)
                order = {"id": row.order_id}
                data = {"score": score, "survey": row.step_key}
                self.tell(names[row.customer], "csat.answered", now, order=order, data=data)
        for row in opened:
            if row.opened_at + CLOSED_AFTER <= now:
                self.tell(names[row.customer], "ticket.closed", now, data={"ticket": row.id})


async def some_weeks(shop: Shop, length: timedelta) -> Weeks:
    """Everybody buys a machine, a day after each other, and lives on."""
    weeks = Weeks(shop, Life(shop))
    starts = shop.clock()
    for customer in range(BUYERS):
        at = starts + timedelta(days=customer)
        order = {"id": f"DH-{customer}", "category": "washing_machine", "total": 12_500_000 * (customer + 1)}
        await weeks.go_on(at - shop.clock())
        weeks.tell(customer, "order.delivered", shop.clock(), order=order)
    for customer, (kind, hours, data) in EVENTS.items():
        about = {"order": {"id": f"DH-{customer}"}} if kind.startswith("order.") else {"data": data}
        due = starts + timedelta(days=customer, hours=hours)
        await weeks.go_on(max(due - shop.clock(), timedelta(0)))
        weeks.tell(customer, kind, shop.clock(), **about)
    await weeks.go_on(starts + length - shop.clock())
    return weeks
