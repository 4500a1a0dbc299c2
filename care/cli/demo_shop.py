"""Everything the demo runs, for real and on this machine: server, worker, API, pages, mail catcher and SMS gateway.

Only time is not real: every customer's workflow has a clock of its own, which the demo moves.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property
from typing import Any
from urllib.parse import urljoin

import httpx
from pydantic import TypeAdapter
from sqlalchemy import Engine, func, select

from care.cli.demo_time import OwnTimes, at
from care.domain.catalogue import Company
from care.domain.errors import CareError
from care.domain.timing import business_open, zone_of
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.settings import Settings
from care.store import audit, customers, inbox, plans, schema, tickets
from care.store.engine import reading
from care.temporal.timeskipping import VirtualTime

_ANSWER = TypeAdapter(audit.Answer)


class DemoError(CareError):
    """The demo did not get through; the message says where it stopped."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a customer is in any journey and something is being done, and when the workflow wakes by itself (UTC)."""

    active: bool = False
    busy: bool = False
    wake_at: datetime | None = None


class Shop:
    """What the shop's own systems, its customers and its care team can do: post events, open pages, read messages."""

    def __init__(self, settings: Settings, engine: Engine, virtual: VirtualTime, times: OwnTimes) -> None:
        self.settings = settings
        self.engine = engine
        self.virtual = virtual
        self.times = times
        self.mailbox = Mailbox(settings.data_dir / MAILBOX_FILE)
        self.handset = Handset(settings.data_dir / HANDSET_FILE)
        # The server keeps an idle connection longer than this: it never closes one that is just being used again.
        limits = httpx.Limits(keepalive_expiry=2)
        self._web = httpx.AsyncClient(base_url=settings.public_url, timeout=30, limits=limits)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._web.aclose()
        self.mailbox.close()
        self.handset.close()

    async def post(self, events: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Post events of the shop's systems to the API.

        Raises:
            DemoError: The API refused them.
        """
        key = {"Authorization": f"Bearer {self.settings.api_key}"} | at(now)
        answer = await self._web.post("/v1/events", json={"events": list(events)}, headers=key)
        if not answer.is_success:
            raise DemoError(f"POST /v1/events answered {answer.status_code}: {answer.text[:600]}")

    async def page(self, url: str, now: datetime) -> str:
        """Open a page from a message."""
        return _shown(await self._web.get(url, headers=at(now)))

    async def fill_in(self, url: str, action: str, fields: Mapping[str, str], now: datetime) -> None:
        """Send the form of a page that was opened at ``url``."""
        _shown(await self._web.post(urljoin(url, action), data=fields, headers=at(now)))

    async def leave(self, url: str, now: datetime) -> None:
        """Unsubscribe as a mail program does it, in one click (RFC 8058)."""
        _shown(await self._web.post(url, data={"List-Unsubscribe": "One-Click"}, headers=at(now)))

    async def letters(self, addresses: Mapping[str, str], read: dict[str, int]) -> list[str]:
        """What came since the last look, by e-mail and SMS; ``read`` remembers how far that was."""
        return await asyncio.to_thread(self._letters, addresses, read)

    def _letters(self, addresses: Mapping[str, str], read: dict[str, int]) -> list[str]:
        found = []
        if addresses.get("email"):
            for mail in self.mailbox.list(recipient=addresses["email"], after=read.get("email", 0)):
                read["email"] = mail.number
                found.append(_text_of(mail.content))
        if addresses.get("sms"):
            new = [sms for sms in self.handset.list(recipient=addresses["sms"]) if sms.number > read.get("sms", 0)]
            for sms in reversed(new):
                read["sms"] = sms.number
                found.append(sms.body)
        return found

    async def undecided(self, customer: str = "") -> int:
        """How many events nobody has decided yet, of one customer or of all."""
        return await asyncio.to_thread(self._undecided, customer)

    def _undecided(self, customer: str) -> int:
        waiting = select(func.count()).select_from(schema.inbox).where(schema.inbox.c.status == inbox.PENDING)
        with reading(self.engine) as conn:
            mine = waiting.where(schema.inbox.c.customer == customer) if customer else waiting
            return int(conn.execute(mine).scalar_one())

    async def standing(self, customer: str) -> Standing:
        """Where a customer stands after the last decision."""
        return await asyncio.to_thread(self._standing, customer)

    def _standing(self, customer: str) -> Standing:
        told = schema.decisions
        newest = select(told.c.key, told.c.at, told.c.result).where(told.c.customer == customer)
        with reading(self.engine) as conn:
            rows = conn.execute(newest.order_by(told.c.at.desc()).limit(5)).all()
            state = customers.state(conn, customer)
        if not rows or state is None:
            return Standing()
        # Decisions of one instant are told apart by their number in the run.
        last = max(rows, key=lambda row: (row.at, audit.number_of(row.key)))
        busy = bool(state.in_flight)
        active = busy or bool(state.enrolments)
        return Standing(active, busy, _ANSWER.validate_json(last.result).wake_at if active else None)

    async def open_tickets(self, customer: str) -> list[str]:
        """Ids of the customer's open tickets."""
        return await asyncio.to_thread(self._open_tickets, customer)

    def _open_tickets(self, customer: str) -> list[str]:
        with reading(self.engine) as conn:
            return [ticket.id for ticket in tickets.listing(conn, open_only=True, customer=customer)]

    def when_open(self, moment: datetime) -> datetime:
        """The instant, or the next opening of the business after it (UTC)."""
        return business_open(moment, self.company.calendar, zone_of(self.company.timezone, "UTC"))

    @cached_property
    def company(self) -> Company:
        """The shop as the published catalogue describes it."""
        with reading(self.engine) as conn:
            published = plans.latest(conn)
        assert published is not None
        return published.catalogue.company

    def key_of(self, shop_id: str) -> str:
        """The opaque key of the customer the shop calls so.

        Raises:
            DemoError: There is no such customer.
        """
        with reading(self.engine) as conn:
            key = customers.by_id(conn, shop_id)
        if key is None:
            raise DemoError(f"customer {shop_id!r} was posted but is not in the store")
        return key


def _shown(answer: httpx.Response) -> str:
    if not answer.is_success:
        raise DemoError(f"{answer.request.method} of a customer's page answered {answer.status_code}")
    return answer.text


def _text_of(content: bytes) -> str:
    message = message_from_bytes(content, policy=default)
    body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
    return str(body.get_content()) if body is not None else ""
