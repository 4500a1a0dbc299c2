"""What is looked at in the end: what the peers received, what the audit tells, what was seen on the wire."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row, Table, select

from activities.channels.mime import message_id
from care.domain.audit import Entry
from care.domain.orders import REMINDER
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.store import audit, claims, schema
from care.store.claims import Claim
from care.store.engine import reading
from care.store.entries import entry_of
from tests.chaos.people import HEADLINE, TEAM
from tests.chaos.sightings import Sighting

SENDER_DOMAIN = "example.com"
_MANY = 1_000_000
# The instants of a decision, and of a message that leaves within its task, are counted from when the server gave the
# task; a busy worker came to it so much later.
LAG = timedelta(seconds=5)


class Word(NamedTuple):
    """Which message it is, as its reader sees it: the order, the word it begins with, and the channel."""

    order: str
    word: str
    channel: str


@dataclass(frozen=True, slots=True)
class Received:
    """One message as a peer took it; ``name`` is that of its sightings."""

    word: Word
    at: datetime
    name: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One enrolment as the audit has it."""

    id: str
    customer: str
    journey: str
    order: str
    event: str
    ended_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a timeline, with the decision that wrote it."""

    number: int
    decision: str
    customer: str
    entry: Entry


@dataclass
class Evidence:
    """All of it.

    Attributes:
        people: Customer key to the shop's id.
        wakes: Customer key to when the next decision is due by itself; none when nothing is.
        decided_at: Customer key to when the last one was taken.
        in_flight: Customer key to the orders that have no outcome.
        sighted: What was seen on the wire, by message.
    """

    received: list[Received] = field(default_factory=list)
    notices: Counter[str] = field(default_factory=Counter)
    people: dict[str, str] = field(default_factory=dict)
    inbox: dict[str, Row[Any]] = field(default_factory=dict)
    enrolled: list[Enrolled] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    tickets: list[Row[Any]] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    wakes: dict[str, datetime | None] = field(default_factory=dict)
    decided_at: dict[str, datetime] = field(default_factory=dict)
    in_flight: dict[str, int] = field(default_factory=dict)
    sighted: Mapping[tuple[str, ...], Sequence[Sighting]] = field(default_factory=dict)

    def name_of(self, claim: Claim) -> tuple[str, ...]:
        """The name a message goes by on the wire."""
        if claim.channel == "email":
            return (message_id(claim.key, SENDER_DOMAIN),)
        return self.texts.get(claim.key, ("", ""))


def word_of(claim: Claim) -> Word:
    """Which message a claim is for."""
    word = "remind" if REMINDER in claim.step_key else claim.template
    return Word(claim.order_id or "", word, claim.channel)


def gather(engine: Engine, disks: Path, sighted: Mapping[tuple[str, ...], Sequence[Sighting]]) -> Evidence:
    """Read everything."""
    found = Evidence(sighted=sighted)
    _read_peers(found, disks)
    with reading(engine) as conn:

        def every(table: Table) -> Sequence[Row[Any]]:
            return conn.execute(select(table)).all()

        for row in every(schema.customers):
            found.people[row.key] = row.shop_id
            state = json.loads(row.state) if row.state else {}
            found.in_flight[row.key] = len(state.get("in_flight") or ())
        found.inbox = {row.event_id: row for row in every(schema.inbox)}
        found.tickets = list(every(schema.tickets))
        for row in every(schema.enrolments):
            of = (row.id, row.customer, row.journey, row.order_id or "", row.event, row.ended_at, row.reason)
            found.enrolled.append(Enrolled(*of))
        for row in conn.execute(select(schema.entries).order_by(schema.entries.c.id)):
            found.told.append(Told(row.id, row.decision, row.customer, entry_of(row)))
        found.claims = claims.latest(conn, _MANY)
        for row in every(schema.claims):
            snapshot = row.snapshot or {}
            found.texts[row.key] = (snapshot.get("to", ""), snapshot.get("text", ""))
        _read_decisions(found, every(schema.decisions))
    return found


def _read_peers(found: Evidence, disks: Path) -> None:
    mailbox = Mailbox(disks / "relay" / MAILBOX_FILE)
    for mail in mailbox.list(limit=_MANY):
        headline = HEADLINE.match(mail.subject)
        if mail.recipient == TEAM:
            found.notices[mail.message_id] += 1
        elif headline is not None:
            word = Word(headline[2], headline[1], "email")
            found.received.append(Received(word, mail.received_at, (mail.message_id,)))
    mailbox.close()
    handset = Handset(disks / "gateway" / HANDSET_FILE)
    for sms in handset.list(limit=_MANY):
        headline = HEADLINE.match(sms.body)
        if headline is not None:
            word = Word(headline[2], headline[1], "sms")
            found.received.append(Received(word, sms.received_at, (sms.recipient, sms.body)))
    handset.close()


def due(conn: Connection, customer: str) -> datetime | None:
    """When the next decision of a customer is due by itself; ``None`` when nothing is."""
    told = schema.decisions
    rows = conn.execute(select(told.c.key, told.c.at, told.c.result).where(told.c.customer == customer))
    return _wakes(max((row.at, audit.number_of(row.key), row.result) for row in rows))


def _read_decisions(found: Evidence, rows: Sequence[Row[Any]]) -> None:
    newest: dict[str, tuple[datetime, tuple[int, ...], str]] = {}
    for row in rows:
        found.decisions.append(row.key)
        stands = (row.at, audit.number_of(row.key), row.result)
        newest[row.customer] = max(newest.get(row.customer, stands), stands)
    for customer, latest in newest.items():
        found.wakes[customer], found.decided_at[customer] = _wakes(latest), latest[0]


def _wakes(latest: tuple[datetime, tuple[int, ...], str]) -> datetime | None:
    wakes = json.loads(latest[2])["wake_at"]
    return datetime.fromisoformat(wakes) if wakes else None
