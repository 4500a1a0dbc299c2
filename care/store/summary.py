"""The shop at a glance: what was done, what was not and why, and how customers feel about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from care.domain.audit import MESSAGE_VERBS
from care.domain.metrics import NetPromoter, Share, ces, csat, nps, share
from care.domain.orders import asking_key
from care.store import answers, schema
from care.store.claims import MAY_HAVE_LEFT
from care.store.inbox import ERASED
from care.store.tickets import CLOSED, OPEN


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over the whole store.

    Attributes:
        ended: Ended enrolments by reason.
        sent: Messages that reached a relay or gateway, by channel.
        unknown: Messages that may or may not have reached the customer.
        skipped: Messages that were not sent, by code.
        not_entered: Journeys customers were kept out of, by code.
        answered: Surveys answered of those sent.
        offers_made: Offers whose message was sent or may have been.
    """

    customers: int
    events: int
    enrolled: int
    running: int
    converted: int
    ended: Mapping[str, int]
    sent: Mapping[str, int]
    failed: int
    unknown: int
    skipped: Mapping[str, int]
    not_entered: Mapping[str, int]
    answered: Share
    csat: Share
    nps: NetPromoter
    ces: Share
    offers_made: int
    offers_redeemed: int
    tickets_open: int
    tickets_closed: int
    tickets_overdue: int


def summary(conn: Connection, now: datetime | None = None) -> Summary:
    """Count everything.

    Args:
        now: The instant overdue tickets are judged at (UTC); without it, the last instant anything was decided for.
    """
    scores = answers.counting(conn)
    enrolled, claims, tickets, offers = schema.enrolments, schema.claims, schema.tickets, schema.offers
    phases = _tally(conn, claims.c.phase)
    statuses = _tally(conn, tickets.c.status)
    last = now or conn.execute(select(func.max(schema.customers.c.last_at))).scalar()
    late = _count(conn, tickets, tickets.c.status == OPEN, tickets.c.due_at < last) if last is not None else 0
    return Summary(
        customers=_count(conn, schema.customers),
        events=_count(conn, schema.inbox, schema.inbox.c.status != ERASED),
        enrolled=_count(conn, enrolled),
        running=_count(conn, enrolled, enrolled.c.ended_at.is_(None)),
        converted=_count(conn, enrolled, enrolled.c.converted),
        ended=_tally(conn, enrolled.c.reason, enrolled.c.ended_at.is_not(None)),
        sent=_tally(conn, claims.c.channel, claims.c.phase == "sent"),
        failed=phases.get("failed", 0),
        unknown=phases.get("unknown", 0),
        skipped=_tally(
            conn, schema.entries.c.code, schema.entries.c.kind == "skipped", schema.entries.c.verb.in_(MESSAGE_VERBS)
        ),
        not_entered=_tally(conn, schema.entries.c.code, schema.entries.c.kind == "not_entered"),
        answered=_answered(conn),
        csat=csat(scores.get("csat", [])),
        nps=nps(scores.get("nps", [])),
        ces=ces(scores.get("ces", [])),
        offers_made=_count(conn, claims, claims.c.offer != "", claims.c.phase.in_(MAY_HAVE_LEFT)),
        offers_redeemed=_count(conn, offers, offers.c.redeemed_at.is_not(None)),
        tickets_open=statuses.get(OPEN, 0),
        tickets_closed=statuses.get(CLOSED, 0),
        tickets_overdue=late,
    )


def _count(conn: Connection, table: Table, *where: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(*where)).scalar_one())


def _tally(conn: Connection, column: ColumnElement[Any], *where: ColumnElement[bool]) -> dict[str, int]:
    """How often each value occurs, the most frequent first."""
    number = func.count()
    query = select(column, number).where(*where).group_by(column).order_by(number.desc(), column)
    return {str(value): int(count) for value, count in conn.execute(query)}


def _answered(conn: Connection) -> Share:
    """Surveys with an answer, of the surveys that were sent; a reminder asks the same survey again."""
    claims, given = schema.claims, schema.answers
    asked_by = select(claims.c.step_key).where(claims.c.survey != "", claims.c.phase == "sent")
    asked = {asking_key(key) for key in conn.execute(asked_by).scalars()}
    about = set(conn.execute(select(given.c.about).where(given.c.about != "").distinct()).scalars())
    return share(len(asked & about), len(asked))
