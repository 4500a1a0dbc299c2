"""The command `care`: its commands on one screen, and the one place that tells a person of an error.

Importing this module is cheap on purpose: every command imports what it needs when it runs.
"""

import gc
import sys
from typing import Annotated

import typer

from care.cli import (
    api_keys,
    bounces,
    consent,
    customers,
    endpoints,
    events,
    journeys,
    keys,
    leaving,
    mail,
    messages,
    policy,
    rules,
    running,
    sms,
    templates,
    tickets,
)
from care.cli.audit import audit
from care.cli.backup import backup, restore
from care.cli.demo import demo
from care.cli.doctor.command import doctor
from care.cli.screen import screen
from care.domain.errors import CareError

app = typer.Typer(
    name="care",
    help="Carries every customer from a purchase to the next one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(running.up)
app.command()(demo)
app.command()(doctor)
app.add_typer(rules.app, name="rules")
app.add_typer(templates.app, name="templates")
app.add_typer(events.app, name="events")
app.add_typer(customers.app, name="customers")
for right in (leaving.export, leaving.erase, leaving.erasures):
    customers.app.command()(right)
app.add_typer(consent.app, name="consent")
app.add_typer(policy.app, name="policy")
app.add_typer(tickets.app, name="tickets")
app.add_typer(messages.app, name="messages")
app.add_typer(mail.app, name="mail")
app.add_typer(bounces.app, name="bounces")
app.add_typer(sms.app, name="sms")
app.add_typer(journeys.app, name="journeys")
app.add_typer(endpoints.app, name="endpoints")
app.add_typer(api_keys.app, name="api-keys")
app.add_typer(keys.app, name="keys")
app.command()(audit)
app.command()(backup)
app.command()(restore)
app.command()(running.worker)
app.command()(running.api)
app.command()(running.migrate)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"aftercare {version('aftercare')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command."""


def main() -> None:
    """Run the command line: 0 when all is well, 1 for an error a person can mend, 2 for wrong usage."""
    # Most of what a short command makes is modules, which stay: looking through them for garbage, while they are
    # imported and once more at the end, takes a fifth of its time.
    gc.set_threshold(100_000)
    try:
        app()
    except CareError as error:
        screen(stderr=True).print(f"error: {error}", style="red", soft_wrap=True)
        sys.exit(1)
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
