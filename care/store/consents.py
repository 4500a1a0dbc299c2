"""Consent and suppression: whether a customer may be written to, and addresses nobody may write to."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from care.domain.catalogue import Purpose
from care.domain.consents import ENDABLE, MARKETING, STATED, TOPIC, Consent, needs_confirming
from care.store import customers, schema
from care.store.addresses import address_key
from care.store.engine import serialise
from care.store.inbox import InboxRow
from care.store.inserting import insert_new

WITHDRAWN = "withdrawn"
BOUNCED = "bounced"
COMPLAINED = "complained"
DO_NOT_CALL = "do_not_call"
EVERY_PURPOSE: tuple[Purpose, ...] = ("marketing", "care", "transactional")

_OPENED_BY_CONSENT = (WITHDRAWN, COMPLAINED)
_consents = schema.consents
_suppressions = schema.suppressions


@dataclass(frozen=True, slots=True)
class Closed:
    """An address nobody may write to for a purpose.

    Attributes:
        cause: ``withdrawn``, ``bounced``, ``complained`` or ``do_not_call``.
        at: Since when (UTC).
    """

    address_key: str
    channel: str
    purpose: str
    cause: str
    reason: str
    at: datetime

    @property
    def lasting(self) -> bool:
        """Whether no word of the customer opens it again."""
        return self.cause not in _OPENED_BY_CONSENT


_LISTING = (
    select(_consents).where(_consents.c.customer == bindparam("customer")).order_by(_consents.c.at, _consents.c.number)
)


def listing(conn: Connection, customer: str) -> list[Consent]:
    """Every statement of the customer, oldest first."""
    return [_consent(row) for row in conn.execute(_LISTING, {"customer": customer})]


def closed(conn: Connection, keys: Iterable[str]) -> list[Closed]:
    """Why the addresses with these keys must not be used, oldest first."""
    query = select(_suppressions).where(
        _suppressions.c.address_key.in_(list(keys)), _suppressions.c.lifted_at.is_(None)
    )
    rows = conn.execute(query.order_by(_suppressions.c.at, _suppressions.c.cause, _suppressions.c.purpose))
    return [Closed(row.address_key, row.channel, row.purpose, row.cause, row.reason, row.at) for row in rows]


def _consent(row: Row[Any]) -> Consent:
    proof = {name: getattr(row, name) for name in STATED}
    return Consent(row.channel, row.purpose, row.given, source=row.source, at=row.at, **proof)


def give(conn: Connection, row: InboxRow, at: datetime, double_opt_in: Collection[str] = ()) -> None:
    """Record a consent, and lift what an earlier withdrawal or complaint closed; a bounce stays.

    Args:
        at: The instant of the decision (UTC).
        double_opt_in: The channels on which consent to marketing opens nothing before it is confirmed.
    """
    channel, purpose = _scope(row)
    _record(conn, row, channel, purpose, given=True)
    key = _current(conn, row, channel)
    if key is None or needs_confirming(channel, purpose, str(row.event.data.get("method") or ""), double_opt_in):
        return
    serialise(conn, key)
    if not _last_word(conn, row, channel, purpose):
        return
    lifted = (
        update(_suppressions)
        .where(_suppressions.c.address_key == key, _suppressions.c.purpose == purpose)
        .where(_suppressions.c.cause.in_(_OPENED_BY_CONSENT), _suppressions.c.at <= row.time)
        .where(_suppressions.c.lifted_at.is_(None))
    )
    conn.execute(lifted.values(lifted_at=at))


def withdraw(conn: Connection, row: InboxRow) -> None:
    """Record a withdrawal and suppress the address; who wants no care wants no marketing either."""
    channel, purpose = _scope(row)
    purposes = ("care", MARKETING) if purpose == "care" else (purpose,)
    for closed in purposes:
        _record(conn, row, channel, closed, given=False)
    key = _current(conn, row, channel)
    if key is not None:
        still = [closed for closed in purposes if _last_word(conn, row, channel, closed)]
        _suppress(conn, row, key, channel, still, WITHDRAWN, "consent withdrawn")


def choose_topic(conn: Connection, row: InboxRow, *, wanted: bool) -> None:
    """Record that a customer wants to hear of a topic again, or no more."""
    _record(conn, row, "", TOPIC + str(row.event.data.get("topic", "")), given=wanted)


def bounce(conn: Connection, row: InboxRow) -> None:
    """Close an address for good when no message can ever reach it."""
    if row.event.data.get("permanent") is not True:
        return
    channel = str(row.event.data.get("channel", ""))
    given = row.event.data.get("address")
    key = address_key(channel, str(given)) if given else _current(conn, row, channel)
    if key is not None:
        _suppress(conn, row, key, channel, EVERY_PURPOSE, BOUNCED, "address bounced")


def close_address(
    conn: Connection,
    channel: str,
    key: str,
    cause: str,
    reason: str,
    at: datetime,
    purposes: Sequence[Purpose] = EVERY_PURPOSE,
) -> None:
    """Close an address because a provider, asked to deliver there, said so.

    Args:
        key: The address's key.
        cause: ``BOUNCED``, ``COMPLAINED``, or ``WITHDRAWN`` when its owner told the provider to stop.
    """
    serialise(conn, key)
    for purpose in purposes:
        of = {"address_key": key, "purpose": purpose, "cause": cause}
        news = {"reason": reason, "at": at, "lifted_at": None}
        if not insert_new(conn, _suppressions, {**of, "channel": channel, **news}):
            same = [getattr(_suppressions.c, name) == value for name, value in of.items()]
            conn.execute(update(_suppressions).where(*same, _suppressions.c.at < at).values(news))


def open_address(conn: Connection, key: str, purposes: Sequence[Purpose], at: datetime) -> None:
    """Lift what its owner's own stop closed, because they wrote that messages may begin again; nothing else."""
    serialise(conn, key)
    stopped = (_suppressions.c.address_key == key, _suppressions.c.cause == WITHDRAWN)
    lifted = update(_suppressions).where(*stopped, _suppressions.c.purpose.in_(purposes))
    conn.execute(lifted.where(_suppressions.c.lifted_at.is_(None)).values(lifted_at=at))


def complain(conn: Connection, row: InboxRow) -> None:
    """Stop everything but transactional messages to someone who called one of ours unwanted."""
    channel = str(row.event.data.get("channel", ""))
    key = _current(conn, row, channel)
    if key is not None:
        _suppress(conn, row, key, channel, ENDABLE, COMPLAINED, "complained about a message")


def addresses_of(conn: Connection, row: InboxRow) -> set[str]:
    """Keys of the addresses such an event may close or open, as far as they are known yet."""
    channel, given = str(row.event.data.get("channel") or ""), row.event.data.get("address")
    key = address_key(channel, str(given)) if given else _current(conn, row, channel)
    return {key} if key else set()


def _last_word(conn: Connection, row: InboxRow, channel: str, purpose: str) -> bool:
    """Whether nothing was said of it later than by this event."""
    of = (_consents.c.customer == row.customer, _consents.c.channel == channel, _consents.c.purpose == purpose)
    newest = select(_consents.c.event).where(*of).order_by(_consents.c.at.desc(), _consents.c.number.desc()).limit(1)
    return conn.execute(newest).scalar() == row.id


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
        "source": row.event.source,
        **{name: str(row.event.data.get(name) or "") for name in STATED},
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
