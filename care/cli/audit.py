"""`care audit`: everything that was decided for a customer, and why."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from care.cli.customers import AsJson, Who, as_plain, one_customer
from care.cli.screen import local_text, print_json, print_table, screen
from care.cli.tickets import print_tickets

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from care.domain.consents import Consent
    from care.store.answers import Answer
    from care.store.audit import TimelineEntry
    from care.store.customers import Person
    from care.store.enrolments import EnrolmentView
    from care.store.offers import OfferMade
    from care.store.receipts import Receipt
    from care.store.tickets import Ticket
    from care.web.standing import Stand


@dataclass(frozen=True)
class CustomerRecord:
    """All the store knows of one customer.

    Attributes:
        zone: The customer's, else the company's.
        receipts: What providers said later of the messages.
        standing: Where each running journey is after the last decision, and what comes next.
    """

    person: "Person"
    zone: ZoneInfo
    timeline: "list[TimelineEntry]"
    journeys: "list[EnrolmentView]"
    answers: "list[Answer]"
    offers: "list[OfferMade]"
    tickets: "list[Ticket]"
    receipts: "list[Receipt]"
    consents: "list[Consent]"
    standing: "list[Stand]"
    paused: bool


def audit(
    customer: Who,
    why: Annotated[bool, typer.Option("--why", help="Show each rule and guard-rail with the values it saw.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a customer's timeline: what was sent, what was not, and why."""
    from care.cli.opening import existing_store
    from care.settings import load_settings

    found = record_of(existing_store(load_settings()), customer)
    if as_json:
        print_json(_plain(found))
    else:
        print_record(found, why=why)


def record_of(engine: "Engine", text: str) -> CustomerRecord:
    """Everything about the one customer these words name.

    Raises:
        CustomerNotFoundError: There is none, or there are several.
    """
    from care.cli.opening import company_zone
    from care.domain.timing import zone_of
    from care.store import answers, audit, consents, customers, enrolments, offers, receipts, tickets
    from care.store.engine import reading
    from care.store.plans import load_rulebook
    from care.web.standing import stands

    with reading(engine) as conn:
        person = one_customer(conn, text)
        state = customers.state(conn, person.key)
        return CustomerRecord(
            person=person,
            zone=zone_of(person.zone, company_zone(conn).key),
            timeline=audit.timeline(conn, person.key),
            journeys=enrolments.listing(conn, person.key),
            answers=answers.listing(conn, person.key),
            offers=offers.listing(conn, person.key),
            tickets=tickets.listing(conn, customer=person.key),
            receipts=receipts.about(conn, person.key),
            consents=consents.listing(conn, person.key),
            standing=stands(state, load_rulebook(conn).plans) if state is not None and state.enrolments else [],
            paused=state is not None and state.paused,
        )


def print_record(found: CustomerRecord, *, why: bool) -> None:
    """Print who it is, the timeline on their clock, and where they stand."""
    from care import clock
    from care.cli.timeline import timeline_lines

    out = screen()
    who = found.person
    known = (who.name, who.id, who.email, who.phone, who.locale, found.zone.key)
    out.print(" · ".join(part for part in known if part), style="bold")
    out.print()
    for line in timeline_lines(found.timeline, found.zone, why=why):
        out.print(line, soft_wrap=True)
    if not found.timeline:
        out.print("Nothing was decided for this customer yet.")
    out.print()
    _print_journeys(found)
    if found.consents:
        _print_consents(found)
    if found.answers:
        _print_answers(found)
    if found.offers:
        _print_offers(found)
    if found.receipts:
        _print_receipts(found)
    if found.tickets:
        print_tickets(found.tickets, found.zone, clock.now())
    _print_position(found)


def _print_journeys(found: CustomerRecord) -> None:
    rows = []
    for each in found.journeys:
        end = "runs" if each.ended_at is None else f"{local_text(each.ended_at, found.zone)} {each.reason}"
        goal = "goal reached" if each.converted else ""
        rows.append(
            (each.journey, f"v{each.revision}", each.order_id or "", local_text(each.entered_at, found.zone), end, goal)
        )
    print_table("Journeys", ("journey", "revision", "order", "entered", "ended", ""), rows)


def _print_consents(found: CustomerRecord) -> None:
    rows = [
        (
            each.channel,
            each.purpose,
            "given" if each.given else "withdrawn",
            local_text(each.at, found.zone),
            " · ".join(part for part in (each.method, each.place, each.evidence, each.source) if part),
        )
        for each in found.consents
    ]
    print_table("Consents", ("channel", "purpose", "said", "at", "how"), rows)


def _print_answers(found: CustomerRecord) -> None:
    rows = [
        (
            each.survey,
            f"{each.score:g}",
            local_text(each.at, found.zone),
            each.comment,
            "" if each.counts else "answered again later",
        )
        for each in found.answers
    ]
    print_table("Answers", ("survey", "score", "at", "comment", ""), rows)


def _print_receipts(found: CustomerRecord) -> None:
    rows = [
        (
            each.message,
            local_text(each.at, found.zone),
            "not this time" if each.kind == "soft" else each.kind,
            each.reason,
        )
        for each in found.receipts
    ]
    print_table("What was heard of messages later", ("message", "at", "what", "which means"), rows, whole=2)


def _print_offers(found: CustomerRecord) -> None:
    rows = [
        (
            each.offer,
            each.code,
            local_text(each.made_at, found.zone),
            local_text(each.expires_at, found.zone),
            local_text(each.redeemed_at, found.zone),
        )
        for each in found.offers
    ]
    print_table("Offers", ("offer", "code", "made", "valid until", "redeemed"), rows)


def _print_position(found: CustomerRecord) -> None:
    if not found.standing and not found.paused:
        screen().print("No journey is running.")
        return
    rows = [
        (each.journey, each.now, local_text(each.until, found.zone), "\n".join(each.ahead), each.place)
        for each in found.standing
    ]
    title = "Now (paused: nothing is sent)" if found.paused else "Now"
    print_table(title, ("journey", "doing", "until", "then", ""), rows)


def _plain(found: CustomerRecord) -> dict[str, Any]:
    """The record with the names the HTTP API gives its parts."""
    from care.web.api_models import EntryOut

    lists = ("standing", "journeys", "consents", "answers", "offers", "tickets", "receipts")
    return {
        "customer": as_plain(found.person) | {"timezone": found.zone.key},
        "paused": found.paused,
        **{name: [asdict(each) for each in getattr(found, name)] for name in lists},
        "timeline": [EntryOut.of(line).model_dump(mode="json") for line in found.timeline],
    }
