"""`care customers`: find one, pause one, let one go on (``care.cli.leaving``: export one, erase one)."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from care.cli.screen import local_text, print_json, print_table, screen
from care.domain.errors import CareError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from care.store.customers import Person

app = typer.Typer(no_args_is_help=True, help="Find customers; pause and resume their journeys; export and erase them.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Who = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Id, e-mail, phone or order.")]
Operator = Annotated[
    str,
    typer.Option(
        "--by",
        "--operator",
        envvar=["CARE_OPERATOR", "USER"],
        help="Your name, for the audit.",
        show_default="$USER",
    ),
]
Note = Annotated[str, typer.Option(help="Why, for the audit.")]


class CustomerNotFoundError(CareError):
    """The words name no customer, or more than one."""


@app.command()
def find(
    text: Annotated[str, typer.Argument(help="Id, e-mail, phone or order.")],
    as_json: AsJson = False,
) -> None:
    """Find customers by id, e-mail, phone or order."""
    from care.cli.opening import existing_store
    from care.settings import load_settings
    from care.store import customers
    from care.store.engine import reading

    with reading(existing_store(load_settings())) as conn:
        found = customers.find(conn, text)
    if as_json:
        print_json([as_plain(person) for person in found])
    else:
        print_people(found)
    if not found:
        raise typer.Exit(1)


@app.command()
def pause(customer: Who, operator: Operator, note: Note = "") -> None:
    """Stop everything that would be sent to a customer, until resumed."""
    _command(customer, "operator.paused", operator, note)


@app.command()
def resume(customer: Who, operator: Operator, note: Note = "") -> None:
    """Let a paused customer's journeys go on."""
    _command(customer, "operator.resumed", operator, note)


def one_customer(conn: "Connection", text: str) -> "Person":
    """The one customer these words name.

    Raises:
        CustomerNotFoundError: There is none, or there are several.
    """
    from care.store import customers

    found = customers.find(conn, text)
    if len(found) == 1:
        return found[0]
    if not found:
        raise CustomerNotFoundError(f"no customer has the id, e-mail, phone or order {text!r}; look for a typing error")
    ids = ", ".join(person.id for person in found)
    raise CustomerNotFoundError(f"{text!r} names {len(found)} customers; name one by its id: {ids}")


def as_plain(person: "Person") -> dict[str, Any]:
    """A customer as plain values."""
    from dataclasses import asdict

    return asdict(person)


def print_people(found: "list[Person]") -> None:
    """Print customers as a table."""
    from datetime import UTC

    print_table(
        "Customers",
        ("id", "name", "e-mail", "phone", "locale", "time zone", "last decision (UTC)"),
        [
            (who.id, who.name, who.email, who.phone, who.locale, who.timezone, local_text(who.last_at, UTC))
            for who in found
        ],
    )


def _command(customer: str, command: str, operator: str, note: str) -> None:
    from care.cli.commanding import give_command
    from care.cli.opening import existing_store
    from care.settings import load_settings
    from care.store import customers
    from care.store.engine import reading

    settings = load_settings()
    engine = existing_store(settings)
    with reading(engine) as conn:
        person = one_customer(conn, customer)
        state = customers.state(conn, person.key)
    pauses = command == "operator.paused"
    if (state is not None and state.paused) == pauses:
        raise CustomerNotFoundError(
            f"customer {person.id!r} is {'paused already' if pauses else 'not paused'}; nothing to do"
        )
    decided = give_command(settings, engine, person, command, operator, {"note": note} if note else {})
    word = "paused" if pauses else "resumed"
    later = "" if decided else "; it is stored and takes effect as soon as a worker runs (care up)"
    screen().print(f"customer {person.id} {word} by {operator}{later}")
