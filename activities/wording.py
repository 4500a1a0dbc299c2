"""What the store knows of a customer, as the templates of a message may say it."""

from datetime import datetime

from sqlalchemy import Connection

from care import letters
from care.domain.enrolment import CustomerState, Enrolment
from care.domain.rulebook import Rulebook
from care.letters import Known, Reader
from care.store import customers, facts


def known(conn: Connection, rulebook: Rulebook, state: CustomerState, run: Enrolment, now: datetime) -> Known | None:
    """Read what templates may say of a customer; ``None`` when there is no such customer any more."""
    person = customers.person(conn, state.customer)
    if person is None:
        return None
    seen = facts.load(conn, state.customer, None, rulebook, now, state)
    return letters.known(rulebook, seen, run, Reader(person.name, person.locale), now)
