"""Offers: each one made, with its code, and whether it was taken."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from care.domain.orders import SendMessage
from care.store import schema
from care.store.inbox import InboxRow
from care.store.inserting import insert_new

UNIQUE = "{unique}"
# No letter or digit that is mistaken for another when read aloud or typed.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH = 8

_offers = schema.offers


@dataclass(frozen=True, slots=True)
class OfferMade:
    """An offer of the catalogue with the code this customer got; ``key`` is the step key of its message."""

    key: str
    offer: str
    code: str
    order_id: str | None
    made_at: datetime
    expires_at: datetime | None
    redeemed_at: datetime | None


def make(conn: Connection, order: SendMessage, pattern: str) -> str:
    """The code for the offer this message carries; asked again for the same step, it is the same code.

    Args:
        pattern: The catalogue's code, where ``{unique}`` stands for letters of its own.
    """
    own = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    enrolled = schema.enrolments
    insert_new(
        conn,
        _offers,
        {
            "key": order.step_key,
            "customer": order.customer,
            "enrolment": order.enrolment,
            "order_id": conn.execute(select(enrolled.c.order_id).where(enrolled.c.id == order.enrolment)).scalar(),
            "offer": order.offer,
            "code": pattern.replace(UNIQUE, own),
            "made_at": order.at,
            "expires_at": order.offer_expires_at,
        },
    )
    return str(conn.execute(select(_offers.c.code).where(_offers.c.key == order.step_key)).scalar_one())


def listing(conn: Connection, customer: str) -> list[OfferMade]:
    """A customer's offers, oldest first."""
    query = select(_offers).where(_offers.c.customer == customer).order_by(_offers.c.made_at, _offers.c.key)
    names = OfferMade.__dataclass_fields__
    return [OfferMade(**{name: getattr(row, name) for name in names}) for row in conn.execute(query)]


def redeem(conn: Connection, row: InboxRow) -> None:
    """Note that a customer used a code: the oldest offer with it that is not used yet; the same event counts once."""
    code = str(row.event.data.get("code") or "").strip().casefold()
    query = select(_offers).where(_offers.c.customer == row.customer).order_by(_offers.c.made_at, _offers.c.key)
    made = [offer for offer in conn.execute(query) if offer.code.casefold() == code]
    unused = [offer.key for offer in made if offer.redeemed_at is None]
    if unused and all(offer.redeemed_by != row.id for offer in made):
        taken = update(_offers).where(_offers.c.key == unused[0])
        conn.execute(taken.values(redeemed_at=row.time, redeemed_by=row.id))
