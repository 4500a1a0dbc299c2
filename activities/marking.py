"""What the store keeps of a message on its last stretch: refused, marked as leaving, found again, settled.

Each is one step of the caller's transaction; what happens outside the store in between is for ``dispatch``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from activities.channels.base import Delivery, Message, Suppress
from care.domain.happenings import Outcome, Settled
from care.store import claims, consents, receipts
from care.store.claims import Claim
from care.store.engine import StoreUnavailable

_WEIGHTLESS: Mapping[str, str | int] = {}
_CAUSES: Mapping[Suppress, str] = {"bounced": consents.BOUNCED, "withdrew": consents.WITHDRAWN}
_STANDING: Mapping[str, Outcome] = {"sent": "sent", "unknown": "unknown", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Leaving:
    """A message that is claimed and marked ``transmitting``.

    Attributes:
        address_key: Key of the address it goes to, which is closed when the provider says that it is dead.
    """

    channel: str
    message: Message
    address_key: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A message that an earlier attempt marked ``transmitting`` and did not settle."""

    found: claims.Message


Prepared = Settled | Leaving | InDoubt


def refuse(conn: Connection, refusal: Settled, now: datetime, detail: str = "") -> Settled:
    """Record that a claimed message does not leave, and why; ``detail`` goes to the store only."""
    reason = claims.words(refusal.reason, detail)
    claims.settle(conn, refusal.id, refusal.outcome, at=now, reason=reason, code=refusal.code)
    return refusal


def mark(conn: Connection, message: Message, now: datetime, weight: Mapping[str, str | int] = _WEIGHTLESS) -> None:
    """Keep a claimed message as it will be sent, and say that from now on it may have been.

    Args:
        weight: What it weighs and costs (``care.domain.weights``), kept with it.

    Raises:
        StoreUnavailable: When another attempt took the claim meanwhile; asked again, its outcome is found.
    """
    url = message.unsubscribe_url
    snapshot = {
        "to": message.to,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "headers": {"List-Unsubscribe": f"<{url}>"} if url else {},
        **weight,
    }
    if not claims.transmit(conn, message.key, snapshot, now):
        raise StoreUnavailable(f"message {message.key!r} was taken by another attempt; ask again for its outcome")


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


def settle(conn: Connection, leaving: Leaving, delivery: Delivery, now: datetime) -> Settled:
    """Record what became of a message; where its provider has told us more meanwhile, that is what it became."""
    key = leaving.message.key
    if delivery.outcome == "unknown":
        delivery = _told(conn, key) or delivery
    words, provider_id = claims.words(delivery.reason, delivery.detail), delivery.provider_id
    claims.settle(conn, key, delivery.outcome, at=now, reason=words, code=delivery.code, provider_id=provider_id)
    if delivery.provider:
        claims.entrust(conn, key, delivery.provider)
    close(conn, leaving.channel, leaving.address_key, delivery, now)
    after = claims.message(conn, key)
    standing = _STANDING.get(after.claim.phase) if after is not None else None
    if after is None or standing is None or standing == delivery.outcome:
        return Settled(key, delivery.outcome, delivery.reason, delivery.code)
    return _as_it_stands(after.claim, standing)


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
