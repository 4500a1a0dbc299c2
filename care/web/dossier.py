"""Everything known of one customer, gathered for a page and for its JSON twin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from care.domain.consents import Consent
from care.domain.enrolment import CustomerState
from care.domain.rulebook import Rulebook
from care.domain.sight import FactSight
from care.domain.timing import zone_of
from care.store import answers, consents, customers, enrolments, facts, offers, purchases, receipts, tickets
from care.store.answers import Answer
from care.store.customers import Person
from care.store.engine import reading
from care.store.enrolments import EnrolmentView
from care.store.offers import OfferMade
from care.store.permissions import Permission, permissions
from care.store.plans import NothingPublished
from care.store.purchases import Purchase
from care.store.receipts import Receipt
from care.store.tickets import Ticket
from care.temporal.client import UnreachableError
from care.web.context import WebContext
from care.web.standing import Stand, stands


@dataclass(frozen=True, slots=True)
class Dossier:
    """One customer.

    Attributes:
        zone: The customer's IANA zone, else the company's.
        types: What the first-match tables make of the customer, by field: ``customer.type`` is ``vip``.
        titles: What journeys are called, by name.
        consents: The last word on every channel and purpose.
        permissions: What may be sent over which channel, and why; nothing before rules are published.
        receipts: What providers said later of this customer's messages, oldest first.
        live: Whether the running workflow confirmed the position just now.
        live_note: Why it did not, or what the workflow is busy with.
    """

    person: Person
    zone: str
    types: Mapping[str, str]
    titles: Mapping[str, str]
    paused: bool
    live: bool
    live_note: str
    consents: Sequence[Consent]
    permissions: Sequence[Permission]
    receipts: Sequence[Receipt]
    standing: Sequence[Stand]
    journeys: Sequence[EnrolmentView]
    orders: Sequence[Purchase]
    answers: Sequence[Answer]
    tickets: Sequence[Ticket]
    offers: Sequence[OfferMade]

    @property
    def clock(self) -> ZoneInfo:
        """The zone the page's times are in."""
        return ZoneInfo(self.zone)


def gather(here: WebContext, key: str) -> Dossier | None:
    """The dossier of a customer, or ``None`` when there is no such customer."""
    with reading(here.engine) as conn:
        person = customers.person(conn, key)
        if person is None:
            return None
        state = customers.state(conn, key)
        rulebook = _rulebook(here, conn, state)
        statements = consents.listing(conn, key)
        found = Dossier(
            person=person,
            zone=person.zone or here.company().timezone,
            types=_types(conn, key, rulebook, here.now()) if rulebook is not None else {},
            titles={walked.plan.journey: walked.plan.title for walked in rulebook.plans.values()} if rulebook else {},
            paused=state.paused if state is not None else False,
            live=False,
            live_note="",
            permissions=permissions(conn, key, rulebook, here.now()).by_channel if rulebook is not None else (),
            receipts=receipts.about(conn, key),
            consents=list({(said.channel, said.purpose): said for said in statements}.values()),
            standing=stands(state, rulebook.plans if rulebook is not None else {}),
            journeys=enrolments.listing(conn, key),
            orders=purchases.listing(conn, key),
            answers=answers.listing(conn, key),
            tickets=tickets.listing(conn, customer=key),
            offers=offers.listing(conn, key),
        )
    return _confirmed(here, found)


def _rulebook(here: WebContext, conn: Connection, state: CustomerState | None) -> Rulebook | None:
    needing = [enrolment.plan for enrolment in state.enrolments] if state is not None else []
    try:
        return here.rulebooks.current(conn, needing=needing)
    except NothingPublished:
        return None


def _types(conn: Connection, key: str, rulebook: Rulebook, now: datetime) -> dict[str, str]:
    """What the customer-type tables say at this instant, outside of any order."""
    known = facts.load(conn, key, None, rulebook, now)
    sight = FactSight(known, rulebook, now, zone_of(known.zone, rulebook.catalogue.company.timezone))
    return {field: str(value) for field in rulebook.worked_out if (value := sight.value(field)) is not None}


def _confirmed(here: WebContext, found: Dossier) -> Dossier:
    """The same dossier with what the running workflow says of itself."""
    try:
        position = here.workflows.position(found.person.key)
    except UnreachableError:
        return replace(found, live_note="Temporal does not answer right now")
    if position is None:
        return replace(found, live=not found.standing, live_note="")
    busy = [f"{len(position.in_flight)} in flight"] if position.in_flight else []
    busy += [f"{position.inbox} waiting to be decided"] if position.inbox else []
    return replace(found, live=True, live_note=", ".join(busy), paused=position.paused)
