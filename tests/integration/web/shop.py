"""A small shop for the web's tests: a catalogue, one journey, and a server over a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine, func, select

from care.domain.catalogue import Cap, Catalogue, Company, Field, Offer, Queue, Template, Window
from care.domain.conditions import FieldTest, Test
from care.domain.journey import MAIN, Plan, ReEntry, Trigger
from care.domain.moments import Duration, UntilDay
from care.domain.rulebook import CustomerType, TypeRule
from care.domain.steps import Branch, OfferStep, Rule, Send, Survey, Ticket, Wait
from care.links import Links
from care.settings import Settings
from care.store import customers, plans, schema
from care.store.engine import reading, writing
from care.web.app import create_app
from tests.builders import DAY, MONDAY_10

ROOT = Path(__file__).parents[3]
KEY = "a-key-for-tests"
SECRET = "a secret for tests, long enough"
NOWHERE = "127.0.0.1:1"

CATEGORIES = ("washing_machine", "dryer", "fridge", "tv", "accessory")
FIELDS = {
    each.name: each
    for each in (
        Field("customer.type", "choice", choices=("new", "regular", "vip", "at_risk"), always=True),
        Field("customer.orders", "number", low=0, high=10_000, whole=True, always=True),
        Field("customer.spent", "number", low=0, high=10**10, always=True),
        Field("customer.tags", "list"),
        Field("customer.birthday", "date"),
        Field("order.total", "number", low=0, high=10**9, whole=True, always=True),
        Field("order.category", "choice", choices=CATEGORIES, always=True),
        Field("order.placed_at", "date"),
        Field("order.discount", "percent"),
        Field("order.gift", "yes/no"),
        Field("event.category", "text", same_as="order.category"),
        Field("csat.score", "number", low=1, high=5, whole=True, set_by="survey csat"),
        Field("ticket.open", "yes/no", always=True),
    )
}
EVENTS = (
    *("order.placed", "order.paid", "order.delivered", "order.returned", "service_visit.completed"),
    *("csat.answered", "nps.answered", "ces.answered", "ticket.opened", "ticket.closed", "appointment.booked"),
    *("consent.given", "consent.withdrawn", "customer.updated", "message.bounced", "message.complained"),
    "offer.redeemed",
)
CATALOGUE = Catalogue(
    company=Company(
        name="Điện máy An Nhà",
        address="12 phố Mẫu, Hà Nội",
        phone="1900 0000",
        email="cskh@dienmay.example",
        website="https://dienmay.example",
        quiet_hours=Window(21 * 60, 8 * 60),
        business_hours=(*(Window(8 * 60, 17 * 60 + 30),) * 6, None),
        frequency_cap=Cap(3, 7 * DAY),
    ),
    fields=FIELDS,
    events=EVENTS,
    templates={
        "thank_you": Template("thank_you", ("email", "sms"), "care"),
        "how_is_it_going": Template("how_is_it_going", ("sms", "email"), "care"),
        "csat_washing_machine": Template("csat_washing_machine", ("email", "sms"), "care"),
        "review_please": Template("review_please", ("email",), "care"),
        "we_hear_you": Template("we_hear_you", ("email", "sms"), "care"),
        "stand_and_cover": Template("stand_and_cover", ("email",), "marketing"),
        "maintenance_reminder": Template("maintenance_reminder", ("email", "sms"), "care"),
    },
    queues={"care_team": Queue("care_team", "doi-cham-soc@dienmay.example")},
    offers={"stand_and_cover": Offer("stand_and_cover", "stand_and_cover", "STAND10", "offer.redeemed", "order")},
)
TYPES = (
    CustomerType(
        "customer.type",
        (
            TypeRule(FieldTest("customer.spent", Test("at least", (50_000_000,), "at least 50 million")), "vip", 5),
            TypeRule(None, "new", 7),
        ),
    ),
)


def _length(days: float) -> Duration:
    return Duration(int(days * DAY), text=f"{days:g} days")


def _until(day: int, line: int) -> Wait:
    return Wait(f"wait:day {day}", line, UntilDay(day, 9 * 60), f"until day {day} at 09:00")


UNHAPPY = FieldTest("csat.score", Test("at most", (2,), "at most 2"))
HAPPY = FieldTest("csat.score", Test("at least", (4,), "at least 4"))
JOURNEY = Plan(
    journey="washing_machine_care",
    title="Chăm sóc khách mua máy giặt",
    owner="cskh@dienmay.example",
    file="washing_machine_care.yaml",
    trigger=Trigger(
        "order.delivered", FieldTest("order.category", Test("is", ("washing_machine",), "washing_machine")), 6
    ),
    re_entry=ReEntry("once per order"),
    paths={
        MAIN: (
            Send("send:thank_you", 40, "thank_you", ("email", "sms")),
            _until(3, 44),
            Send("send:how_is_it_going", 45, "how_is_it_going", ("sms",)),
            _until(7, 48),
            Survey("survey:csat", 49, "csat", "csat_washing_machine", ("email", "sms"), _length(7)),
            Branch(
                "branch",
                54,
                (Rule(UNHAPPY, "make_it_right", 55), Rule(HAPPY, "spread_the_word", 57), Rule(None, "continue", 59)),
            ),
            _until(30, 61),
            OfferStep("offer:stand_and_cover", 62, "stand_and_cover", ("email",), valid_for=_length(14), only_if=HAPPY),
            _until(90, 67),
            Send("send:maintenance_reminder", 68, "maintenance_reminder", ("email", "sms")),
        ),
        "make_it_right": (
            Ticket(
                "ticket:care_team",
                74,
                "care_team",
                "Khách chấm {{ csat.score }}/5 sau 7 ngày dùng máy giặt",
                _length(7),
                priority="high",
                sla=_length(1),
            ),
            Send("send:we_hear_you", 80, "we_hear_you", ("email", "sms")),
        ),
        "spread_the_word": (Send("send:review_please", 84, "review_please", ("email",)),),
    },
    hash="a" * 64,
)


@dataclass
class Clock:
    """A clock the test moves."""

    now: datetime = MONDAY_10

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **length: float) -> None:
        self.now += timedelta(**length)


@dataclass
class Shop:
    """A store with published rules, and what the server needs to know."""

    engine: Engine
    settings: Settings
    clock: Clock = field(default_factory=Clock)

    @property
    def links(self) -> Links:
        return Links(self.settings.secret, self.settings.public_url)

    def publish(self, catalogue: Catalogue = CATALOGUE) -> None:
        draft = plans.Draft(self.clock(), "Mai", "", catalogue, TYPES, (JOURNEY,), {})
        with writing(self.engine) as conn:
            plans.publish(conn, draft)

    def key(self, number: int = 1) -> str:
        """The key of the customer ``KH-<number>``."""
        with reading(self.engine) as conn:
            return str(customers.by_id(conn, f"KH-{number}"))

    def count(self, table: str = "inbox") -> int:
        with reading(self.engine) as conn:
            return int(conn.execute(select(func.count()).select_from(schema.metadata.tables[table])).scalar_one())

    def inbox(self) -> list[Any]:
        with reading(self.engine) as conn:
            return list(conn.execute(select(schema.inbox).order_by(schema.inbox.c.seq)))

    def app(self) -> FastAPI:
        return create_app(self.settings, engine=self.engine, now=self.clock)

    @asynccontextmanager
    async def served(self, address: str = "127.0.0.1", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        app = self.app()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 12_345))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8600", headers=headers) as client,
        ):
            yield client


def settings_in(directory: Path, url: str, **given: Any) -> Settings:
    known: dict[str, Any] = {
        "data_dir": directory / "data",
        "templates_dir": ROOT / "templates",
        "database_url": url,
        "durable": False,
        "temporal_address": NOWHERE,
        "api_key": KEY,
        "secret": SECRET,
    }
    return Settings(**known | given)


def a_delivery(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A washing machine that was delivered to Lan."""
    event = {
        "id": f"delivery-{number}",
        "source": "shop",
        "type": "order.delivered",
        "time": "2026-03-02T10:00:00+07:00",
        "customer": {
            "id": f"KH-{number}",
            "name": "Nguyễn Thị Lan",
            "email": f"lan{number}@example.vn",
            "phone": f"09123456{number:02d}",
            "locale": "vi",
            "timezone": "Asia/Ho_Chi_Minh",
        },
        "order": {"id": f"DH-{number}", "category": "washing_machine", "total": 12_500_000},
    }
    return event | changes
