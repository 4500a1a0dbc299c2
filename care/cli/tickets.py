"""`care tickets`: what waits for a person, and closing it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from care.cli.customers import AsJson, Note, Operator
from care.cli.screen import local_text, print_json, print_table, screen
from care.domain.errors import CareError

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from sqlalchemy import Connection

    from care.store.tickets import Ticket

app = typer.Typer(invoke_without_command=True, help="List tickets, the most urgent first; close one.")


class TicketNotFoundError(CareError):
    """There is no such open ticket."""


@app.callback()
def listing(
    context: typer.Context,
    open_only: Annotated[bool, typer.Option("--open", help="Open tickets only.")] = False,
    as_json: AsJson = False,
) -> None:
    """List tickets, the most urgent first."""
    if context.invoked_subcommand is not None:
        return
    from care import clock
    from care.cli.opening import company_zone, existing_store
    from care.settings import load_settings
    from care.store import customers, tickets
    from care.store.engine import reading

    with reading(existing_store(load_settings())) as conn:
        found = tickets.listing(conn, open_only=open_only)
        zone = company_zone(conn)
        people = {key: customers.person(conn, key) for key in {ticket.customer for ticket in found}}
    ids = {key: person.id for key, person in people.items() if person is not None}
    now = clock.now()
    if as_json:
        print_json(
            [asdict(each) | {"customer_id": ids.get(each.customer), "overdue": each.is_overdue(now)} for each in found]
        )
    else:
        print_tickets(found, zone, now, ids)


@app.command()
def close(
    ticket: Annotated[str, typer.Argument(metavar="ID", help="The ticket's id, as the list shows it.")],
    operator: Operator,
    note: Note = "",
) -> None:
    """Close a ticket; the journey that waits for it goes on."""
    from care.cli.commanding import give_command
    from care.cli.opening import existing_store
    from care.settings import load_settings
    from care.store import customers
    from care.store.engine import reading

    settings = load_settings()
    engine = existing_store(settings)
    with reading(engine) as conn:
        found = _open_ticket(conn, ticket)
        person = customers.person(conn, found.customer)
    if person is None:
        raise TicketNotFoundError(
            f"the customer of ticket {ticket!r} is not in the store any more; nothing can be closed"
        )
    data = {"ticket": found.id} | ({"note": note} if note else {})
    decided = give_command(settings, engine, person, "ticket.closed", operator, data)
    later = "" if decided else "; the journey goes on as soon as a worker runs (care up)"
    screen().print(f"ticket {found.id} of customer {person.id} closed by {operator}{later}")


def print_tickets(found: "list[Ticket]", zone: "tzinfo", now: "datetime", ids: "dict[str, str] | None" = None) -> None:
    """Print tickets as a table, in the given zone; ``ids`` names their customers."""
    whose = ("customer",) if ids is not None else ()
    rows = []
    for each in found:
        due = local_text(each.due_at, zone) + (" overdue" if each.is_overdue(now) else "")
        done = f"closed {local_text(each.closed_at, zone)} by {each.closed_by}" if each.closed_at else each.status
        owner = (ids.get(each.customer, ""),) if ids is not None else ()
        opened = local_text(each.opened_at, zone)
        rows.append((each.id, *owner, each.queue, each.priority, opened, due, done, each.about, each.note))
    print_table("Tickets", ("id", *whose, "queue", "priority", "opened", "due", "status", "about", "note"), rows)


def _open_ticket(conn: "Connection", name: str) -> "Ticket":
    from care.store import tickets

    found = [ticket for ticket in tickets.listing(conn) if ticket.id == name]
    still_open = [ticket for ticket in found if ticket.status == tickets.OPEN]
    if len(still_open) == 1:
        return still_open[0]
    if len(still_open) > 1:
        raise TicketNotFoundError(f"several customers have an open ticket {name!r}; close it in the console")
    if found:
        raise TicketNotFoundError(f"ticket {name!r} was closed by {found[0].closed_by} already; nothing to do")
    raise TicketNotFoundError(f"there is no ticket {name!r}; 'care tickets --open' lists those that wait")
