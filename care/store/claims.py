"""Claims: the promise that a message reaches a customer at most once, and the ledger of the frequency cap.

A message is ``claimed`` before anything is done, ``transmitting`` from the moment it may have left, and then ``sent``,
``unknown``, ``failed`` for good, or ``released``: it did not leave and may be claimed again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import Connection, Insert, Row, bindparam, select, update

from care.domain.happenings import Outcome
from care.domain.orders import SendMessage, reference
from care.store import schema
from care.store.inserting import into

Phase = Literal["claimed", "transmitting", "sent", "unknown", "failed", "released"]
COUNTED: tuple[Phase, ...] = ("claimed", "transmitting", "sent", "unknown")
MAY_HAVE_LEFT: tuple[Phase, ...] = ("transmitting", "sent", "unknown")
_AFTER: dict[Outcome, Phase] = {
    "sent": "sent",
    "done": "sent",
    "unknown": "unknown",
    "failed": "failed",
    "skipped": "released",
    "deferred": "released",
    "retry": "released",
}

_DETAIL = "\n"

_claims = schema.claims
_enrolments = schema.enrolments
_KEY = _claims.c.key == bindparam("claim_key")
_ONE = select(_claims).where(_KEY)
_SIBLINGS = (
    select(_claims.c.key)
    .where(_claims.c.step_key == bindparam("of_step"), ~_KEY, _claims.c.phase.in_(MAY_HAVE_LEFT))
    .limit(1)
)
_TRANSMIT = (
    update(_claims)
    .where(_KEY, _claims.c.phase == "claimed")
    .values(
        phase="transmitting",
        snapshot=bindparam("as_sent"),
        transmitting_at=bindparam("leaves_at"),
        provider="",
        provider_id="",
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One message over one channel.

    Attributes:
        at: When it was claimed last (UTC).
        attempts: How often it was claimed.
        outcome: How the last attempt was settled, or empty.
        reason: Why it ended so, in a sentence, with its detail below (``words``).
        provider_id: What the relay or gateway calls it, or empty.
        provider: The plug-in that took it, for example ``twilio``, or empty.
        reference: What providers are told of it.
        delivered_at: When it arrived, as the provider says (UTC); ``None`` when nobody said so.
    """

    key: str
    step_key: str
    customer: str
    enrolment: str
    order_id: str | None
    journey: str
    step: str
    template: str
    channel: str
    purpose: str
    offer: str
    survey: str
    address_key: str
    at: datetime
    phase: Phase
    attempts: int
    transmitting_at: datetime | None
    settled_at: datetime | None
    outcome: str
    reason: str
    code: str
    provider_id: str
    provider: str
    reference: str
    delivered_at: datetime | None

    @property
    def plain_reason(self) -> str:
        """The reason without its detail."""
        return self.reason.partition(_DETAIL)[0]


@dataclass(frozen=True, slots=True)
class Message:
    """A claim with the message as it was sent: ``to``, ``subject``, ``text``, ``html``, ``headers``."""

    claim: Claim
    snapshot: Mapping[str, Any] | None


@cache
def _claiming(dialect: str) -> Insert:
    of_order = select(_enrolments.c.order_id).where(_enrolments.c.id == bindparam("of_enrolment")).scalar_subquery()
    return into(dialect, _claims).values(order_id=of_order).on_conflict_do_nothing().returning(_claims)


def claim(conn: Connection, order: SendMessage, address_key: str, at: datetime) -> Claim:
    """Claim a message: a new row, a released one taken up again, or the row as it stands when it is past that."""
    row = {
        "key": order.key,
        "step_key": order.step_key,
        "customer": order.customer,
        "enrolment": order.enrolment,
        "of_enrolment": order.enrolment,
        "journey": order.journey,
        "step": order.step,
        "template": order.template,
        "channel": order.channel,
        "purpose": order.purpose,
        "offer": order.offer,
        "survey": order.survey,
        "address_key": address_key,
        "at": at,
        "phase": "claimed",
        "attempts": 1,
        "reference": reference(order.key),
    }
    made = conn.execute(_claiming(conn.dialect.name), row).first()
    if made is not None:
        return _claim(made)
    again = update(_claims).where(_claims.c.key == order.key, _claims.c.phase == "released")
    anew = {"phase": "claimed", "attempts": _claims.c.attempts + 1, "at": at, "address_key": address_key}
    conn.execute(again.values(anew))
    return _claim(conn.execute(_ONE, {"claim_key": order.key}).one())


def sibling_done(conn: Connection, step_key: str, key: str) -> bool:
    """Whether the same step may have reached the customer over another channel."""
    return conn.execute(_SIBLINGS, {"of_step": step_key, "claim_key": key}).first() is not None


def transmit(conn: Connection, key: str, snapshot: Mapping[str, Any], at: datetime) -> bool:
    """Mark a claimed message as leaving, and keep it as it will be sent.

    Args:
        snapshot: Plain JSON: ``to``, ``subject``, ``text``, ``html`` and ``headers``.

    Returns:
        Whether the caller may send it; false when another attempt has gone further already.
    """
    return conn.execute(_TRANSMIT, {"claim_key": key, "as_sent": dict(snapshot), "leaves_at": at}).rowcount == 1


def settle(
    conn: Connection,
    key: str,
    outcome: Outcome,
    *,
    at: datetime,
    reason: str = "",
    code: str = "",
    provider_id: str = "",
) -> bool:
    """Record how an attempt ended, once; news may still turn an ``unknown`` into sent or failed, never into a retry.

    Args:
        provider_id: What its provider calls it; empty leaves what is known.

    Returns:
        Whether this call settled it.
    """
    phases = ["claimed", "transmitting"]
    if _AFTER[outcome] != "released":
        phases.append("unknown")
    unsettled = update(_claims).where(_claims.c.key == key, _claims.c.phase.in_(phases))
    ended = {"phase": _AFTER[outcome], "outcome": outcome, "settled_at": at, "reason": reason, "code": code}
    if provider_id:
        ended["provider_id"] = provider_id
    return conn.execute(unsettled.values(ended)).rowcount == 1


def words(reason: str, detail: str) -> str:
    """A reason with its detail below it: the detail may hold an address, so it never leaves the store."""
    return f"{reason}{_DETAIL}{detail}" if detail else reason


def entrust(conn: Connection, key: str, provider: str) -> None:
    """Note which provider a message was given to."""
    conn.execute(update(_claims).where(_claims.c.key == key).values(provider=provider))


def release(conn: Connection, key: str, marked_at: datetime, at: datetime) -> bool:
    """Free a message that was marked as leaving and certainly did not leave, unless it was marked anew meanwhile.

    Args:
        marked_at: When it was marked (``transmitting_at``).
        at: When that became known (UTC).
    """
    leaving = update(_claims).where(
        _claims.c.key == key, _claims.c.phase == "transmitting", _claims.c.transmitting_at == marked_at
    )
    return conn.execute(leaving.values(phase="released", outcome="retry", settled_at=at)).rowcount == 1


def message(conn: Connection, key: str) -> Message | None:
    """The message as it was sent, with what became of it."""
    row = conn.execute(_ONE, {"claim_key": key}).first()
    return None if row is None else Message(_claim(row), row.snapshot)


def in_doubt(
    conn: Connection,
    phase: Literal["transmitting", "unknown"],
    *,
    after: datetime | None = None,
    until: datetime | None = None,
    limit: int = 1_000,
) -> list[Message]:
    """Messages that may have left and of which nobody knows, those that were marked as leaving first, first.

    Args:
        after: Only marked as leaving at this instant or later (UTC).
        until: Only marked as leaving before this instant (UTC).
    """
    query = select(_claims).where(_claims.c.phase == phase).order_by(_claims.c.transmitting_at, _claims.c.key)
    if after is not None:
        query = query.where(_claims.c.transmitting_at >= after)
    if until is not None:
        query = query.where(_claims.c.transmitting_at < until)
    return [Message(_claim(row), row.snapshot) for row in conn.execute(query.limit(limit))]


def latest(conn: Connection, limit: int) -> list[Claim]:
    """The messages that were claimed last, newest first."""
    query = select(_claims).order_by(_claims.c.at.desc(), _claims.c.key).limit(limit)
    return [_claim(row) for row in conn.execute(query)]


def referred(conn: Connection, reference: str) -> Claim | None:
    """The message that providers and short links know by this reference."""
    row = conn.execute(select(_claims).where(_claims.c.reference == reference)).first()
    return None if row is None else _claim(row)


def listing(conn: Connection, customer: str) -> list[Claim]:
    """A customer's messages, oldest first."""
    query = select(_claims).where(_claims.c.customer == customer).order_by(_claims.c.at, _claims.c.key)
    return [_claim(row) for row in conn.execute(query)]


def _claim(row: Row[Any]) -> Claim:
    return Claim(**{name: getattr(row, name) for name in Claim.__dataclass_fields__})
