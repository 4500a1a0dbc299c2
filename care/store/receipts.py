"""Receipts: what a provider says, later, of a message it took; and what that means for the message and its address."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, assert_never

from sqlalchemy import Connection, Row, Update, and_, or_, select, update

from care.domain.conditions import Value
from care.domain.consents import ENDABLE
from care.store import claims, consents, customers, effects, inbox, schema, settling
from care.store.addresses import address_key
from care.store.claims import Claim, Phase
from care.store.incoming import SOURCE, IncomingEvent, event_id
from care.store.inserting import insert_new
from care.store.settling import LateNews
from care.store.soft_bounces import LOST, SOFT_BOUNCES, bounces_for_long

Kind = Literal[
    "delivered",
    "delayed",
    "failed",
    "soft",
    "bounced",
    "complained",
    "stopped",
    "unsubscribed",
    "ignored",
    "unread",
    "written",
]

_NO_SUCH_ADDRESS = "address bounced"
_SOFT_AGAIN = f"{SOFT_BOUNCES} messages in a row bounced"
_COMPLAINED = "complained about a message"
_STOPPED = "told the provider to stop"
_EVENTS = {consents.BOUNCED: "message.bounced", consents.COMPLAINED: "message.complained"}

_receipts = schema.receipts
_claims = schema.claims


@dataclass(frozen=True, slots=True)
class News:
    """What a provider says of one message, or of one address.

    Attributes:
        id: Names this very news at its provider, so that hearing it twice changes nothing.
        kind: ``delivered``: it arrived; ``delayed``: it is still on its way; ``failed``: it will not arrive, which says
            nothing of the address; ``soft``: it will not arrive, because the address has a bad day; ``bounced``: the
            address is dead; ``complained``: its reader called it unwanted; ``stopped``: the provider will refuse
            every further message to the address. Kept for people to see, and without effect: ``unsubscribed`` (its
            event ends the messages), ``ignored`` (an automatic answer), ``unread`` (nobody understood it) and
            ``written`` (a customer's own words, whatever ``care.inbound`` makes of them).
        provider: The channel plug-in it is about, for example ``twilio``.
        channel: ``email``, ``sms`` or ``zalo``.
        provider_id: What the provider calls the message, or empty.
        reference: What we called it, or empty.
        address_key: Whose address it is, when the provider has proved that it may say so; taken from the message
            when that is found.
        at: When it happened (UTC); ``None`` when the provider does not say.
        code: A countable word.
        reason: The same in a sentence without the address.
        detail: The provider's own words; they may hold the address, so they are stored and go nowhere else.
    """

    id: str
    kind: Kind
    provider: str
    channel: str
    provider_id: str = ""
    reference: str = ""
    address_key: str = ""
    at: datetime | None = None
    code: str = ""
    reason: str = ""
    detail: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of the news.

    Attributes:
        is_new: Whether it was heard for the first time; otherwise nothing was done.
        claim: The message it is about, as it stands now; ``None`` when no message is known by these ids.
        settled: What the message became by it; empty when it stayed what it was.
        closed: Why the address is closed from now on: ``bounced``, ``complained`` or ``withdrawn``; or empty.
        at: When it happened (UTC), never later than it was heard.
        event: The inbox's receipt for the event by which journeys hear of a bounce or a complaint; its customer's
            workflow may be told of it, else the next sweep does.
    """

    is_new: bool
    claim: Claim | None
    settled: Phase | Literal[""]
    closed: str
    at: datetime
    event: inbox.Receipt | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it is kept; ``message`` is the claim's key, or empty."""

    provider: str
    channel: str
    message: str
    kind: Kind
    code: str
    reason: str
    detail: str
    at: datetime
    heard_at: datetime


def record(conn: Connection, news: News, heard_at: datetime) -> Heard:
    """Keep what a provider said, once, and let it count at once.

    A message that may have left becomes ``sent`` or ``failed`` by it, never one that may be sent again. A dead address
    and one that wants no more are closed on this channel.

    Args:
        heard_at: When we heard it (UTC).
    """
    claim = _about(conn, news)
    at = min(news.at or heard_at, heard_at)
    key = claim.address_key if claim is not None else news.address_key
    channel = claim.channel if claim is not None else news.channel
    row = {
        **{name: getattr(news, name) for name in ("id", "provider", "kind", "code", "reason")},
        # Words about a message that is not ours any more may be about a customer who was erased.
        "detail": "" if claim is None and (news.reference or news.provider_id) else news.detail,
        "message": claim.key if claim is not None else "",
        "channel": channel,
        "address_key": key,
        "at": at,
        "heard_at": heard_at,
    }
    if not insert_new(conn, _receipts, row):
        return Heard(False, claim, "", "", at)
    settled = _settle(conn, claim, news, at) if claim is not None else ""
    if claim is not None and claim.phase == "unknown" and settled in ("sent", "failed"):
        reason = news.reason or "the provider has told so"
        settling.tell(conn, claim, LateNews(settled, reason, news.code), heard_at)
    closed = _close(conn, channel, key, news, at) if key else ""
    if claim is None:
        return Heard(True, None, "", closed, at)
    event = _announce(conn, claim, news, closed, at, heard_at)
    return Heard(True, _claim(conn, claim.key), settled, closed, at, event)


def of(conn: Connection, message: str) -> list[Receipt]:
    """What was said of a message (the claim's key), oldest first."""
    query = select(_receipts).where(_receipts.c.message == message).order_by(_receipts.c.at, _receipts.c.number)
    return [_receipt(row) for row in conn.execute(query)]


def about(conn: Connection, customer: str) -> list[Receipt]:
    """What was said of a customer's messages, oldest first."""
    theirs = select(_claims.c.key).where(_claims.c.customer == customer)
    query = select(_receipts).where(_receipts.c.message.in_(theirs)).order_by(_receipts.c.at, _receipts.c.number)
    return [_receipt(row) for row in conn.execute(query)]


def listing(conn: Connection, *, provider: str = "", limit: int = 100) -> list[Receipt]:
    """What was heard last, newest first."""
    query = select(_receipts).order_by(_receipts.c.number.desc()).limit(limit)
    if provider:
        query = query.where(_receipts.c.provider == provider)
    return [_receipt(row) for row in conn.execute(query)]


def first_known(conn: Connection, references: Sequence[str]) -> str:
    """The first of these references that a message of ours has; empty when none has."""
    query = select(_claims.c.reference).where(_claims.c.reference.in_(references))
    known = set(conn.execute(query).scalars()) if references else set()
    return next((each for each in references if each in known), "")


def verdict(conn: Connection, message: str) -> Phase | Literal[""]:
    """What the receipts make of a message whose sender does not know: ``sent``, ``failed``, or empty."""
    said = {each.kind for each in of(conn, message)}
    if said & {"delivered", "complained"}:
        return "sent"
    return "failed" if said.intersection(LOST) else ""


def _about(conn: Connection, news: News) -> Claim | None:
    """The message that news is about: by what we called it, else by what this provider called it."""
    if news.reference:
        wanted = _claims.c.reference == news.reference
    elif news.provider_id:
        ours = or_(_claims.c.provider == news.provider, _claims.c.provider == "")
        wanted = and_(_claims.c.provider_id == news.provider_id, ours)
    else:
        return None
    key = conn.execute(select(_claims.c.key).where(wanted).order_by(_claims.c.at.desc()).limit(1)).scalar()
    return _claim(conn, key) if key is not None else None


def _claim(conn: Connection, key: str) -> Claim | None:
    found = claims.message(conn, key)
    return found.claim if found is not None else None


def _settle(conn: Connection, claim: Claim, news: News, at: datetime) -> Phase | Literal[""]:
    """Let the claim say what is known now; one that is ``sent`` or ``failed`` is over for its journey."""
    one = update(_claims).where(_claims.c.key == claim.key)
    if news.kind in ("delivered", "complained"):
        if news.kind == "delivered":
            conn.execute(one.where(_claims.c.delivered_at.is_(None)).values(delivered_at=at))
        ended = {**_ended("sent", news, at), "reason": "", "code": ""}
        # Also one that was released or is claimed anew: it did leave, so it must not leave again.
        return _turned(conn, one.where(_claims.c.phase.not_in(("sent", "failed"))), ended)
    if news.kind in LOST and claim.provider in ("", news.provider):
        ended = {**_ended("failed", news, at), "reason": news.reason, "code": news.code}
        return _turned(conn, one.where(_claims.c.phase == "unknown"), ended)
    return ""


def _ended(phase: Phase, news: News, at: datetime) -> dict[str, Any]:
    known = {name: getattr(news, name) for name in ("provider", "provider_id") if getattr(news, name)}
    return {"phase": phase, "outcome": phase, "settled_at": at, **known}


def _turned(conn: Connection, wanted: Update, ended: dict[str, Any]) -> Phase | Literal[""]:
    phase: Phase = ended["phase"]
    return phase if conn.execute(wanted.values(ended)).rowcount == 1 else ""


def _close(conn: Connection, channel: str, key: str, news: News, at: datetime) -> str:
    """Close the address when the news says so; the cause, or empty."""
    match news.kind:
        case "bounced":
            cause, reason, purposes = consents.BOUNCED, _NO_SUCH_ADDRESS, consents.EVERY_PURPOSE
        case "soft":
            if not bounces_for_long(conn, channel, key, at):
                return ""
            cause, reason, purposes = consents.BOUNCED, _SOFT_AGAIN, consents.EVERY_PURPOSE
        case "complained":
            cause, reason, purposes = consents.COMPLAINED, _COMPLAINED, ENDABLE
        case "stopped":
            cause, reason, purposes = consents.WITHDRAWN, _STOPPED, consents.EVERY_PURPOSE
        case "delivered" | "delayed" | "failed" | "unsubscribed" | "ignored" | "unread" | "written":
            return ""
        case _:
            assert_never(news.kind)
    consents.close_address(conn, channel, key, cause, reason, at, purposes)
    return cause


def _announce(
    conn: Connection, claim: Claim, news: News, closed: str, at: datetime, heard_at: datetime
) -> inbox.Receipt | None:
    """Let journeys hear of a bounce or a complaint, when it is about the address their customer has now."""
    kind = _EVENTS.get(closed)
    person = customers.person(conn, claim.customer) if kind is not None else None
    address = customers.address(conn, claim.customer, claim.channel) if person is not None else None
    if kind is None or person is None or not address or address_key(claim.channel, address) != claim.address_key:
        return None
    data: dict[str, Value | None] = {"channel": claim.channel}
    if closed == consents.BOUNCED:
        data |= {"permanent": True, "reason": news.reason or None}
    name = event_id("receipt", news.provider, news.id)
    event = IncomingEvent(id=name, source=SOURCE, type=kind, time=at, customer={"id": person.id}, data=data)
    return effects.accept(conn, event, heard_at)


def _receipt(row: Row[Any]) -> Receipt:
    return Receipt(**{name: getattr(row, name) for name in Receipt.__dataclass_fields__})
