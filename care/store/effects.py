"""What an event changes in what we know: profile, purchase, consent, answers, tickets, offers."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection

from care.store import answers, consents, customers, inbox, offers, purchases, tickets
from care.store.addresses import CHANNEL_KINDS
from care.store.engine import serialise
from care.store.inbox import InboxRow, Receipt
from care.store.incoming import IncomingEvent

Recall = Callable[[Connection, InboxRow], None]

AT_ONCE = frozenset(
    {"consent.given", "consent.withdrawn", "topic.muted", "topic.wanted", "message.bounced", "message.complained"}
)


def refers_to_unknown_order(conn: Connection, row: InboxRow) -> bool:
    """Whether the event speaks of an order we have not heard of and tells nothing about it: then it waits."""
    kind, _, word = row.type.partition(".")
    waits = (kind == "order" and row.type not in purchases.OPENING) or kind == "service_visit" or word == "answered"
    if row.order_id is None or not waits or purchases.told_of(row):
        return False
    return not purchases.is_known(conn, row.customer, row.order_id)


def accept(conn: Connection, event: IncomingEvent, at: datetime) -> Receipt:
    """Store an event once, and let what it stops stop at once, before its customer's workflow hears of it.

    Args:
        at: When it was received (UTC).

    Raises:
        BodyConflict: When the same source and id came before with another body. The transaction stays usable.
    """
    receipt = inbox.accept(conn, event, at)
    if not receipt.duplicate:
        honour(conn, [(receipt, event)], at)
    return receipt


def honour(conn: Connection, taken: Iterable[tuple[Receipt, IncomingEvent]], at: datetime) -> None:
    """Let what these accepted events say of consent hold from now on; their decisions say it again, to no effect.

    A yes that may have to be confirmed opens no address yet: whether it does is for the decision to tell.

    Args:
        at: When they were received (UTC).
    """
    ids = [receipt.id for receipt, event in taken if event.type in AT_ONCE]
    rows = inbox.rows(conn, ids) if ids else []
    serialise(conn, *{key for row in rows for key in consents.addresses_of(conn, row)})
    for row in rows:
        _hear_consent(conn, row, at, CHANNEL_KINDS)


def apply(
    conn: Connection,
    row: InboxRow,
    at: datetime,
    double_opt_in: Collection[str] = (),
    recall: Recall | None = None,
) -> None:
    """Write what an event says; applied again, it changes nothing.

    The caller holds the customer's lock (``customers.lock``).

    Args:
        at: The instant of the decision (UTC).
        double_opt_in: The channels on which consent to marketing has to be confirmed.
        recall: Closes an address that the event brings when its owner was erased (``care.store.forgotten``).
    """
    customers.refresh(conn, row)
    if recall is not None:
        recall(conn, row)
    purchases.learn(conn, row)
    match row.type:
        case kind if kind in AT_ONCE:
            _hear_consent(conn, row, at, double_opt_in)
        case "ticket.opened":
            tickets.hear_opened(conn, row)
        case "ticket.closed":
            tickets.hear_closed(conn, row)
        case "offer.redeemed":
            offers.redeem(conn, row)
        case kind if kind.endswith(answers.ANSWERED):
            answers.record(conn, row)


def _hear_consent(conn: Connection, row: InboxRow, at: datetime, double_opt_in: Collection[str]) -> None:
    match row.type:
        case "consent.given":
            consents.give(conn, row, at, double_opt_in)
        case "consent.withdrawn":
            consents.withdraw(conn, row)
        case "topic.muted" | "topic.wanted":
            consents.choose_topic(conn, row, wanted=row.type == "topic.wanted")
        case "message.bounced":
            consents.bounce(conn, row)
        case "message.complained":
            consents.complain(conn, row)
