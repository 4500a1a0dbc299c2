"""What an event changes in what we know: profile, purchase, consent, answers, tickets, offers."""

from datetime import datetime

from sqlalchemy import Connection

from care.store import answers, consents, customers, offers, purchases, tickets
from care.store.inbox import InboxRow


def refers_to_unknown_order(conn: Connection, row: InboxRow) -> bool:
    """Whether the event speaks of an order we have not heard of and tells nothing about it: then it waits."""
    kind, _, word = row.type.partition(".")
    waits = (kind == "order" and row.type not in purchases.OPENING) or kind == "service_visit" or word == "answered"
    if row.order_id is None or not waits or purchases.told_of(row):
        return False
    return not purchases.is_known(conn, row.customer, row.order_id)


def apply(conn: Connection, row: InboxRow, at: datetime) -> None:
    """Write what an event says; applied again, it changes nothing.

    The caller holds the customer's lock (``customers.lock``).

    Args:
        at: The instant of the decision (UTC).
    """
    customers.refresh(conn, row)
    purchases.learn(conn, row)
    match row.type:
        case "consent.given":
            consents.give(conn, row, at)
        case "consent.withdrawn":
            consents.withdraw(conn, row)
        case "message.bounced":
            consents.bounce(conn, row)
        case "message.complained":
            consents.complain(conn, row)
        case "ticket.opened":
            tickets.hear_opened(conn, row)
        case "ticket.closed":
            tickets.hear_closed(conn, row)
        case "offer.redeemed":
            offers.redeem(conn, row)
        case kind if kind.endswith(answers.ANSWERED):
            answers.record(conn, row)
