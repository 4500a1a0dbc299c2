"""A shop with one customer on her way through a journey, for the tests of sending."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, update
from temporalio.testing import ActivityEnvironment

from activities.channels.base import Callback, Channel, Delivery, Leave, Message, Receipt, Reply
from activities.dispatch import Dispatch
from activities.handing_over import TicketDesk
from activities.sending import MessageSender
from care.domain.catalogue import Catalogue
from care.domain.enrolment import CustomerState, Enrolment
from care.domain.happenings import Settled
from care.domain.journey import Plan
from care.domain.orders import EscalateTicket, OpenTicket, SendMessage
from care.links import Links
from care.rendering import Renderer
from care.store import claims, plans, schema
from care.store.claims import Claim
from care.store.customers import as_kept
from care.store.engine import reading, writing
from care.store.plans import Draft, RulebookCache
from tests.builders import CATALOGUE, a_plan, send
from tests.integration.store.telling import NOON, enrol, lan

LINKS = Links("a secret that nobody knows", "https://shop.example")
RUN = "e_1"
TEMPLATES: Mapping[str, str] = {
    "email/hello.vi.txt": "Subject: Chào {{ customer.name }}\n\nMáy giặt {{ order.total }} của đơn {{ order.id }}.\n",
    "email/hello.en.txt": "Subject: Hello {{ customer.name }}\n\nOrder {{ order.id }}.\n",
    "email/hello.vi.html": "<p>Chào {{ customer.name }}</p>",
    "sms/hello.vi.txt": "Chào {{ customer.name }}{% if unsubscribe_url is defined %} {{ unsubscribe_url }}{% endif %}",
    "email/receipt.vi.txt": "Subject: Biên lai\n\nĐơn {{ order.id }}\n",
    "email/ask.vi.txt": "Subject: Mấy điểm?\n\n{{ survey.url }}\n{% for link in survey.links %}{{ link.score }} "
    "{{ link.url }}\n{% endfor %}{{ reminder }}\n",
    "sms/ask.vi.txt": "{% if customer.nickname is defined %}Chào {{ customer.nickname }}{% endif %}",
    "email/deal.vi.txt": "Subject: Quà\n\n{{ offer.code }} đến {{ offer.expires }}, {{ discount }}\n",
    "email/sorry.vi.txt": "Subject: Xin lỗi\n\n{{ nobody.knows.this }}\n",
    "email/bye.vi.txt": "Subject: Tạm biệt\n\n{{ csat.score }} {{ nps.last | default('-') }} {{ customer.orders }}\n",
}


@dataclass(slots=True)
class Recorder:
    """A channel that answers by a list and keeps what it was given; the last answer is repeated.

    ``away`` says that it never gets as far as handing over. ``known`` is what it says when it is asked after a message,
    and ``when_asked`` happens then.
    """

    answers: list[Delivery] = field(default_factory=lambda: [Delivery("sent", provider_id="p1")])
    messages: list[Message] = field(default_factory=list)
    gate: asyncio.Event | None = None
    away: bool = False
    asked: list[Message] = field(default_factory=list)
    known: Delivery | None = None
    when_asked: Callable[[], None] = lambda: None

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        if not self.away:
            await leave()
        self.messages.append(message)
        if self.gate is not None:
            await self.gate.wait()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        self.asked.append(message)
        self.when_asked()
        return self.known

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        return ()

    async def close(self) -> None:
        self.gate = None


class Shop:
    """The activities over a real store, with Lan in enrolment ``e_1``."""

    def __init__(self, engine: Engine, folder: Path, channels: Mapping[str, Channel]) -> None:
        self.engine = engine
        self.outlet = Dispatch(engine, channels)
        cache, renderer = RulebookCache(engine), Renderer(folder)
        self.sender = MessageSender(engine, cache, renderer, LINKS, self.outlet)
        self.desk = TicketDesk(engine, cache, renderer, self.outlet, "https://shop.example/", pauses=(0.01,))
        for name, source in TEMPLATES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(source, encoding="utf-8")
        with writing(engine) as conn:
            self.lan = lan(conn, name="Lan", locale="vi")
            self.plan = publish(conn, CATALOGUE)
            enrol(conn, self.lan, RUN, plan=self.plan.hash, frozen={"order.total": 12_000_000})
        self.stands()

    def stands(self, *, answers: Mapping[str, float] | None = None, left: bool = False, paused: bool = False) -> None:
        """Say where Lan stands after the last decision."""
        run = Enrolment(RUN, "care", self.plan.hash, NOON, "i_1", "DH-1", ("hello",), "sending", answers=answers or {})
        state = CustomerState(self.lan, NOON, () if left else (run,), paused=paused)
        row = {"last_at": NOON, "state": as_kept(state)}
        with writing(self.engine) as conn:
            conn.execute(update(schema.customers).where(schema.customers.c.key == self.lan).values(row))

    def order(self, template: str = "hello", channel: str = "email", **more: object) -> SendMessage:
        """An order for Lan; twelve o'clock in Hồ Chí Minh City unless ``at`` says otherwise."""
        at = more.get("at", NOON)
        assert isinstance(at, datetime)
        order = SendMessage(
            key=f"{RUN}/{template}/1:{channel}",
            customer=self.lan,
            enrolment=RUN,
            journey="care",
            plan=self.plan.hash,
            step=template,
            template=template,
            channel=channel,
            purpose="care",
            at=at,
            expires_at=at.replace(year=at.year + 1),
        )
        return replace(order, **more)  # type: ignore[arg-type]

    async def send(self, order: SendMessage) -> Settled:
        return await ActivityEnvironment().run(self.sender.send_message, order)

    async def open_ticket(self, order: OpenTicket) -> Settled:
        return await ActivityEnvironment().run(self.desk.open_ticket, order)

    async def escalate(self, order: EscalateTicket) -> Settled:
        return await ActivityEnvironment().run(self.desk.escalate_ticket, order)

    def claim(self, order: SendMessage) -> Claim:
        with reading(self.engine) as conn:
            found = claims.message(conn, order.key)
        assert found is not None
        return found.claim

    def snapshot(self, order: SendMessage) -> Mapping[str, object]:
        with reading(self.engine) as conn:
            found = claims.message(conn, order.key)
        assert found is not None
        assert found.snapshot is not None
        return found.snapshot


def publish(conn: Connection, catalogue: Catalogue, **more: object) -> Plan:
    plan = replace(a_plan(send("hello"), journey="care"), **more)  # type: ignore[arg-type]
    plans.publish(conn, Draft(NOON, "tester", "", catalogue, (), (plan,), {}))
    return plan
