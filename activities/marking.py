"""What the store keeps of a message on its last stretch: refused, marked as leaving, found again, settled, stayed.

Each is one step of the caller's transaction; what happens outside the store in between is for ``dispatch``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from activities.channels.base import Delivery, Message, Suppress
from care.domain.happenings import Outcome, Settled
from care.domain.orders import SendMessage
from care.store import claims, consents, customers, receipts
from care.store.claims import Claim
from care.store.engine import StoreUnavailable

_CAUSES: Mapping[Suppress, str] = {"bounced": consents.BOUNCED, "withdrew": consents.WITHDRAWN}
_STANDING: Mapping[str, Outcome] = {"sent": "sent", "unknown": "unknown", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is written; nothing is claimed yet.

    Attributes:
        order: What asked for it.
        address_key: Key of the address it goes to, which is closed when the provider says that it is dead.
        weight: What it weighs and costs (``care.domain.weights``).
        code: Of the offer that it makes, or empty.
    """

    order: SendMessage
    message: Message
    address_key: str
    weight: Mapping[str, str | int] = field(default_factory=dict)
    code: str = ""


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A message that an earlier attempt marked ``transmitting`` and did not settle."""

    found: claims.Message


Against = Settled | InDoubt


def refuse(conn: Connection, refusal: Settled, now: datetime, detail: str = "") -> Settled:
    """Record that a claimed message does not leave, and why; ``detail`` goes to the store only."""
    reason = claims.words(refusal.reason, detail)
    claims.settle(conn, refusal.id, refusal.outcome, at=now, reason=reason, code=refusal.code)
    return refusal


def mark(conn: Connection, outgoing: Outgoing, now: datetime) -> None:
    """Keep a claimed message as it will be sent, and say that from now on it may have been.

    Raises:
        StoreUnavailable: When another attempt took the claim meanwhile; asked again, its outcome is found.
    """
    message = outgoing.message
    url = message.unsubscribe_url
    snapshot = {
        "to": message.to,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "headers": {"List-Unsubscribe": f"<{url}>"} if url else {},
        **outgoing.weight,
    }
    if not claims.transmit(conn, message.key, snapshot, now):
        raise StoreUnavailable(f"message {message.key!r} was taken by another attempt; ask again for its outcome")


def erased(key: str) -> Settled:
    """The outcome of an order for a customer who was erased: nothing leaves, and nothing is written of it."""
    return Settled(key, "skipped", "the customer was erased", "left")


def standing(conn: Connection, key: str) -> Against | None:
    """What an earlier attempt made of a message; ``None`` when it is free to be sent."""
    known = claims.message(conn, key)
    return None if known is None or known.claim.phase in ("claimed", "released") else found(conn, known.claim)


def found(conn: Connection, claim: Claim) -> Settled | InDoubt:
    """What became of a claim that an earlier attempt took further than ``claimed``."""
    if claim.phase == "transmitting":
        left = claims.message(conn, claim.key)
        assert left is not None
        return InDoubt(left)
    return _as_it_stands(claim, _STANDING.get(claim.phase, "failed"))


def as_it_left(found: claims.Message) -> Message:
    """A message as it was handed over, for asking after it; what no provider is asked by is left out."""
    claim, snapshot = found.claim, found.snapshot or {}
    return Message(
        claim.key,
        str(snapshot.get("to", "")),
        claim.transmitting_at or claim.at,
        str(snapshot.get("text", "")),
        str(snapshot.get("subject", "")),
        purpose=claim.purpose,
        template=claim.template,
        journey=claim.journey,
        provider=claim.provider,
    )


def close(conn: Connection, channel: str, address_key: str, delivery: Delivery, now: datetime) -> None:
    """Close an address when its provider says that nothing more should go there."""
    if delivery.suppress:
        consents.close_address(conn, channel, address_key, _CAUSES[delivery.suppress], delivery.reason, now)


def settle(conn: Connection, channel: str, key: str, address_key: str, delivery: Delivery, now: datetime) -> Settled:
    """Record what became of a message; where its provider has told us more meanwhile, that is what it became."""
    if delivery.outcome == "unknown":
        delivery = _told(conn, key) or delivery
    words, provider_id = claims.words(delivery.reason, delivery.detail), delivery.provider_id
    is_new = claims.settle(
        conn, key, delivery.outcome, at=now, reason=words, code=delivery.code, provider_id=provider_id
    )
    if delivery.provider:
        claims.entrust(conn, key, delivery.provider)
    if is_new:
        close(conn, channel, address_key, delivery, now)
        return Settled(key, delivery.outcome, delivery.reason, delivery.code)
    after = claims.message(conn, key)
    if after is not None:  # Else its customer was erased meanwhile, and nothing is kept of the address either.
        close(conn, channel, address_key, delivery, now)
    standing = _STANDING.get(after.claim.phase) if after is not None else None
    if after is None or standing is None or standing == delivery.outcome:
        return Settled(key, delivery.outcome, delivery.reason, delivery.code)
    return _as_it_stands(after.claim, standing)


def stayed(conn: Connection, outgoing: Outgoing, delivery: Delivery, now: datetime) -> Against:
    """Record why a message never left, unless another attempt has it."""
    if not customers.lock(conn, outgoing.order.customer):
        return erased(outgoing.order.key)
    claim = claims.claim(conn, outgoing.order, outgoing.address_key, now)
    if claim.phase != "claimed":
        return found(conn, claim)
    return settle(conn, claim.channel, claim.key, claim.address_key, delivery, now)


def _told(conn: Connection, key: str) -> Delivery | None:
    """What the provider has told of a message on its own."""
    match receipts.verdict(conn, key):
        case "sent":
            return Delivery("sent")
        case "failed":
            return Delivery("failed", "bounced", "the provider has reported that it did not arrive")
        case _:
            return None


def _as_it_stands(claim: Claim, outcome: Outcome) -> Settled:
    return Settled(claim.key, outcome, claim.plain_reason, claim.code)
