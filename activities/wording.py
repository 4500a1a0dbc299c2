"""What the store knows of a customer, as the templates of a message may say it."""

from datetime import datetime

from sqlalchemy import Connection

from care import letters
from care.domain.enrolment import CustomerState, Enrolment
from care.domain.rulebook import Rulebook
from care.letters import Known, Reader
from care.store import facts
from care.store.customers import Person


def known(
    conn: Connection, rulebook: Rulebook, person: Person, state: CustomerState, run: Enrolment, now: datetime
) -> Known:
    """Read what templates may say of a customer."""
    seen = facts.load(conn, person.key, None, rulebook, now, state)
    return letters.known(rulebook, seen, run, Reader(person.name, person.locale), now)
