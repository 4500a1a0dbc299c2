"""Holds: how many of a customer's messages wait for a window, a cap or an operator; for counting only."""

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from care.domain.enrolment import CustomerState
from care.store import schema

_holds = schema.holds
_FORGET = delete(_holds).where(_holds.c.customer == bindparam("of_customer"))


def note(conn: Connection, before: CustomerState | None, after: CustomerState) -> None:
    """Keep the count in step with where a customer stands.

    Args:
        before: Where the last decision left the customer; ``None`` when that is not known.
    """
    was, held = None if before is None else _held(before), _held(after)
    if was == held:
        return
    conn.execute(_FORGET, {"of_customer": after.customer})
    if held:
        conn.execute(insert(_holds), {"customer": after.customer, "messages": held})


def count(conn: Connection) -> int:
    """How many messages are held back over all customers."""
    return int(conn.execute(select(func.coalesce(func.sum(_holds.c.messages), 0))).scalar_one())


def _held(state: CustomerState) -> int:
    return sum(run.wish is not None and bool(run.wish.held) for run in state.enrolments)
