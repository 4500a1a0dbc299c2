"""Hearing a customer: what was written becomes a suppression, an answer, or a ticket, in one transaction.

What ends messages holds from that transaction on, whatever the customer's workflow does later.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, select

from care.domain.catalogue import Purpose
from care.domain.conditions import Value
from care.domain.consents import ENDABLE
from care.domain.metrics import SCALES
from care.inbound.scores import answer
from care.inbound.words import wish
from care.store import claims, consents, effects, receipts, schema
from care.store.addresses import address_key, digits, search_form
from care.store.inbox import Receipt
from care.store.incoming import SOURCE, IncomingEvent, event_id, plain_lines
from care.store.receipts import News

log = logging.getLogger(__name__)

Did = Literal["known", "stopped", "started", "answered", "ticket", "nothing"]

# For so long a bare number is the answer to the last question asked at this number; later it may be anything.
ANSWERED_WITHIN = timedelta(days=30)
LONGEST = 2_000

# What a new start gives back: marketing begins again by a consent of its own only.
_GIVEN_BACK: tuple[Purpose, ...] = ("care", "transactional")
_STOPPED = "told us to stop"
_SHORTEST = 6


@dataclass(frozen=True, slots=True)
class Written:
    """What a person wrote to the shop's number.

    Attributes:
        id: The provider's id of it.
        sender: The person's phone number with its country code.
        provider: The plug-in it came by, for example ``twilio``.
        channel: ``sms`` or ``zalo``.
        at: When it was heard (UTC).
        stopped: Whether the provider itself took it for a stop.
    """

    id: str
    sender: str = field(repr=False)
    text: str = field(repr=False)
    provider: str
    channel: str
    at: datetime
    stopped: bool = False

    @property
    def key(self) -> str:
        """The key of the sender's address."""
        return address_key(self.channel, self.sender)


@dataclass(frozen=True, slots=True)
class Understood:
    """What came of it; the customers of ``events`` may be told at once."""

    did: Did
    events: tuple[Receipt, ...] = ()


def hear(conn: Connection, written: Written, queue: str) -> Understood:
    """Let what a customer wrote count, once.

    Args:
        queue: The queue whose people read what is no stop and no answer.
    """
    if len(digits(written.sender)) < _SHORTEST:
        return Understood("nothing")
    text = plain_lines(written.text)[:LONGEST]
    kept = News(
        written.id, "written", written.provider, written.channel, address_key=written.key, at=written.at, detail=text
    )
    if not receipts.record(conn, kept, written.at).is_new:
        return Understood("known")
    taking = _Taking(conn, written, text, _people(conn, written.sender))
    match "stop" if written.stopped else wish(written.text[:LONGEST]):
        case "stop":
            return Understood("stopped", taking.stop())
        case "perhaps stop":
            return Understood("stopped", (*taking.stop(), *taking.ticket(queue, "Perhaps wants no more messages")))
        case "start":
            return Understood("started", taking.start())
        case "":
            return taking.answer() or taking.hand_over(queue)


@dataclass(frozen=True, slots=True)
class _Person:
    key: str
    shop_id: str


@dataclass(frozen=True, slots=True)
class _Taking:
    """One text on its way into the store; ``people`` are the customers of the number."""

    conn: Connection
    written: Written
    text: str
    people: Sequence[_Person]

    def stop(self) -> tuple[Receipt, ...]:
        """Close the number on this channel for all that no order needs, whether or not a customer has it."""
        by, key, at = self.written.channel, self.written.key, self.written.at
        consents.close_address(self.conn, by, key, consents.WITHDRAWN, _STOPPED, at, ENDABLE)
        # Who wants no care wants no marketing either: one event withdraws both.
        return self._consent("consent.withdrawn")

    def start(self) -> tuple[Receipt, ...]:
        """Give back what a stop took, save marketing."""
        consents.open_address(self.conn, self.written.key, _GIVEN_BACK, self.written.at)
        return self._consent("consent.given")

    def answer(self) -> Understood | None:
        """Take it as the answer to the last survey that was asked at this number, if it is one."""
        asked, of = schema.claims, schema.customers
        query = (
            select(asked.c.survey, asked.c.step_key, of.c.shop_id)
            .join(of, of.c.key == asked.c.customer)
            .where(asked.c.address_key == self.written.key, asked.c.survey != "")
            .where(asked.c.phase.in_(claims.MAY_HAVE_LEFT), asked.c.at > self.written.at - ANSWERED_WITHIN)
            .order_by(asked.c.at.desc(), asked.c.key)
        )
        last = self.conn.execute(query.limit(1)).first()
        given = answer(self.text, last.survey) if last is not None and last.survey in SCALES else None
        if last is None or given is None:
            return None
        data: dict[str, Value | None] = {"score": given.score, "survey": last.step_key}
        if given.comment:
            data["comment"] = given.comment
        return Understood("answered", self._event(f"{last.survey}.answered", last.shop_id, data))

    def hand_over(self, queue: str) -> Understood:
        """Let a person read it."""
        opened = self.ticket(queue, "Wrote")
        if not self.people:
            log.warning("someone whose number no customer has wrote by %s; it is kept unread", self.written.channel)
        return Understood("ticket" if self.people else "nothing", opened)

    def ticket(self, queue: str, what: str) -> tuple[Receipt, ...]:
        """Open a ticket, as an outside system would, for whoever was written to last at this number."""
        if not self.people:
            return ()
        sent = schema.claims
        query = select(sent.c.customer).where(sent.c.address_key == self.written.key)
        last = self.conn.execute(query.order_by(sent.c.at.desc(), sent.c.key).limit(1)).scalar()
        who = next((each for each in self.people if each.key == last), self.people[0])
        data: dict[str, Value | None] = {
            "ticket": self._name(who.shop_id, "ticket"),
            "about": f"{what}, by {self.written.channel.upper()}: {self.text or '(nothing that can be read)'}",
        }
        if queue:
            data["queue"] = queue
        return self._event("ticket.opened", who.shop_id, data)

    def _consent(self, kind: str) -> tuple[Receipt, ...]:
        said: dict[str, Value | None] = {
            "channel": self.written.channel,
            "purpose": "care",
            "wording": self.text,
            "place": self.written.sender,
            "method": "reply",
            "evidence": f"{self.written.provider} {self.written.id}",
        }
        return tuple([told for who in self.people for told in self._event(kind, who.shop_id, said)])

    def _event(self, kind: str, shop_id: str, data: dict[str, Value | None]) -> tuple[Receipt, ...]:
        event = IncomingEvent(
            id=self._name(shop_id, kind),
            source=SOURCE,
            type=kind,
            time=self.written.at,
            customer={"id": shop_id},
            data=data,
        )
        return (effects.accept(self.conn, event, self.written.at),)

    def _name(self, *of: str) -> str:
        return event_id("inbound", self.written.provider, self.written.id, *of)


def _people(conn: Connection, sender: str) -> list[_Person]:
    """The customers who are reached at this number now, the one known longest first."""
    of, known = schema.customers, schema.identities
    named = select(known.c.customer).where(known.c.kind == "phone", known.c.search == search_form("phone", sender))
    query = select(of.c.key, of.c.shop_id, of.c.phone).where(of.c.key.in_(named)).order_by(of.c.created_at, of.c.key)
    return [_Person(row.key, row.shop_id) for row in conn.execute(query) if digits(row.phone) == digits(sender)]
