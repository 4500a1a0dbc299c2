"""Soft bounces: when an address that bounces again and again is dead after all."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from care.store import schema

# Believed to be what mailing services usually do; no standard says it. One soft bounce is a full mailbox or a bad day,
# three messages in a row over a week are an address nobody reads.
SOFT_BOUNCES = 3
SOFT_SPAN = timedelta(days=7)
# A mail server gives up after four to five days (RFC 5321, 4.5.4.1): an e-mail without a bounce by then has arrived.
MAIL_QUEUE = timedelta(days=5)

# Receipts that say a message did not arrive.
LOST = ("failed", "soft", "bounced")

_receipts = schema.receipts
_claims = schema.claims


def bounces_for_long(conn: Connection, channel: str, key: str, at: datetime) -> bool:
    """Whether the last messages to an address all came back, several of them and over a week."""
    softs = select(_receipts.c.message, func.min(_receipts.c.at).label("at")).where(
        _receipts.c.address_key == key, _receipts.c.kind == "soft", _receipts.c.message != ""
    )
    arrived = _last_arrival(conn, channel, key, at)
    times = [row.at for row in conn.execute(softs.group_by(_receipts.c.message)) if arrived is None or row.at > arrived]
    return len(times) >= SOFT_BOUNCES and max(times) - min(times) >= SOFT_SPAN


def _last_arrival(conn: Connection, channel: str, key: str, at: datetime) -> datetime | None:
    """When a message last reached an address: a provider said so, or an e-mail never came back."""
    to = _claims.c.address_key == key
    arrivals = [conn.execute(select(func.max(_claims.c.delivered_at)).where(to)).scalar()]
    if channel == "email":
        back = select(_receipts.c.message).where(_receipts.c.address_key == key, _receipts.c.kind.in_(LOST))
        kept = select(func.max(_claims.c.settled_at)).where(
            to, _claims.c.phase == "sent", _claims.c.settled_at < at - MAIL_QUEUE, _claims.c.key.not_in(back)
        )
        arrivals.append(conn.execute(kept).scalar())
    return max((each for each in arrivals if each is not None), default=None)
