"""Consent and suppression: whether a customer may be written to, and addresses nobody may write to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from care.domain.catalogue import Purpose
from care.store import customers, schema
from care.store.addresses import address_key
from care.store.engine import serialise
from care.store.inbox import InboxRow
from care.store.inserting import insert_new

WITHDRAWN = "withdrawn"
BOUNCED = "bounced"
COMPLAINED = "complained"
EVERY_PURPOSE: tuple[Purpose, ...] = ("marketing", "care", "transactional")

_consents = schema.consents
_suppressions = schema.suppressions


@dataclass(frozen=True, slots=True)
class Consent:
    """One statement of a customer: given or withdrawn, for a channel and a purpose."""

    channel: str
    purpose: str
    given: bool
    wording: str
    source: str
    at: datetime


def listing(conn: Connection, customer: str) -> list[Consent]:
    """Every statement of the customer, oldest first: the last one on a channel and purpose holds."""
    query = select(_consents).where(_consents.c.customer == customer).order_by(_consents.c.at, _consents.c.number)
    return [
        Consent(row.channel, row.purpose, row.given, row.wording, row.source, row.at) for row in conn.execute(query)
    ]


def give(conn: Connection, row: InboxRow, at: datetime) -> None:
    """Record a consent, and lift what an earlier withdrawal or complaint closed; a bounce stays."""
    channel, purpose = _scope(row)
    _record(conn, row, channel, purpose, given=True)
    key = _current(conn, row, channel)
    if key is None:
        return
    serialise(conn, key)
    lifted = (
        update(_suppressions)
        .where(_suppressions.c.address_key == key, _suppressions.c.purpose == purpose)
        .where(_suppressions.c.cause.in_((WITHDRAWN, COMPLAINED)), _suppressions.c.at <= row.time)
        .where(_suppressions.c.lifted_at.is_(None))
    )
    conn.execute(lifted.values(lifted_at=at))


def withdraw(conn: Connection, row: InboxRow) -> None:
    """Record a withdrawal and suppress the address; who wants no care wants no marketing either."""
    channel, purpose = _scope(row)
    purposes = ("care", "marketing") if purpose == "care" else (purpose,)
    for closed in purposes:
        _record(conn, row, channel, closed, given=False)
    open_again = {
        (said.channel, said.purpose) for said in listing(conn, row.customer) if said.given and said.at > row.time
    }
    key = _current(conn, row, channel)
    if key is not None:
        still = [closed for closed in purposes if (channel, closed) not in open_again]
        _suppress(conn, row, key, channel, still, WITHDRAWN, "consent withdrawn")


def bounce(conn: Connection, row: InboxRow) -> None:
    """Close an address for good when no message can ever reach it."""
    if row.event.data.get("permanent") is not True:
        return
    channel = str(row.event.data.get("channel", ""))
    given = row.event.data.get("address")
    key = address_key(channel, str(given)) if given else _current(conn, row, channel)
    if key is not None:
        _suppress(conn, row, key, channel, EVERY_PURPOSE, BOUNCED, "address bounced")


def close_address(conn: Connection, channel: str, key: str, cause: str, reason: str, at: datetime) -> None:
    """Close an address for every purpose because a provider, asked to deliver there, said so.

    Args:
        key: The address's key.
        cause: ``BOUNCED``, or ``WITHDRAWN`` when its owner told the provider to stop.
    """
    serialise(conn, key)
    for purpose in EVERY_PURPOSE:
        of = {"address_key": key, "purpose": purpose, "cause": cause}
        news = {"reason": reason, "at": at, "lifted_at": None}
        if not insert_new(conn, _suppressions, {**of, "channel": channel, **news}):
            same = [getattr(_suppressions.c, name) == value for name, value in of.items()]
            conn.execute(update(_suppressions).where(*same, _suppressions.c.at < at).values(news))


def complain(conn: Connection, row: InboxRow) -> None:
    """Stop everything but transactional messages to someone who called one of ours unwanted."""
    channel = str(row.event.data.get("channel", ""))
    key = _current(conn, row, channel)
    if key is not None:
        _suppress(conn, row, key, channel, ("care", "marketing"), COMPLAINED, "complained about a message")


def _scope(row: InboxRow) -> tuple[str, str]:
    return str(row.event.data.get("channel", "")), str(row.event.data.get("purpose", ""))


def _current(conn: Connection, row: InboxRow, channel: str) -> str | None:
    address = customers.address(conn, row.customer, channel)
    return address_key(channel, address) if address else None


def _record(conn: Connection, row: InboxRow, channel: str, purpose: str, *, given: bool) -> None:
    said = {
        "customer": row.customer,
        "channel": channel,
        "purpose": purpose,
        "given": given,
        "wording": str(row.event.data.get("wording") or ""),
        "source": row.event.source,
        "at": row.time,
        "event": row.id,
    }
    insert_new(conn, _consents, said)


def _suppress(
    conn: Connection, row: InboxRow, key: str, channel: str, purposes: Iterable[str], cause: str, reason: str
) -> None:
    serialise(conn, key)
    for purpose in purposes:
        of = {"address_key": key, "purpose": purpose, "cause": cause}
        news = {"reason": reason, "at": row.time, "event": row.id, "lifted_at": None}
        if not insert_new(conn, _suppressions, {**of, "channel": channel, **news}):
            same = [getattr(_suppressions.c, name) == value for name, value in of.items()]
            conn.execute(update(_suppressions).where(*same, _suppressions.c.at < row.time).values(news))
