"""`care sms`: write to the shop as a customer would, on a machine that nothing leaves."""

from typing import Annotated

import typer

from care.cli.customers import AsJson
from care.cli.screen import print_json, screen
from care.domain.errors import CareError

app = typer.Typer(no_args_is_help=True, help="Answer an SMS as the customer, through the gateway of 'care up'.")


class NotTakenError(CareError):
    """The shop did not take the text."""


@app.callback()
def _group() -> None:
    """One command so far; this keeps its name."""


@app.command()
def reply(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What the customer writes: 5, STOP, or anything.")],
    sender: Annotated[str, typer.Option("--from", metavar="PHONE", help="The customer's phone number.")],
    as_json: AsJson = False,
) -> None:
    """Write an SMS to the shop's number, for example an answer to a survey, or STOP."""
    from care.domain.values import MisfitError
    from care.peers.writing import write
    from care.settings import load_settings
    from care.web.addresses import phone_number

    try:
        number = phone_number(sender)
    except MisfitError as misfit:
        raise typer.BadParameter(f"{misfit}; {misfit.hint}", param_hint="--from") from None
    passed = write(load_settings(), number, text)
    if not 200 <= passed.status < 300:
        why = f"answered {passed.status}" if passed.status else "did not answer"
        raise NotTakenError(f"the gateway passed the text on, and the shop {why}; is 'care up' running here?")
    if as_json:
        print_json({"taken": True, "opt_out": passed.opt_out})
        return
    more = f" The gateway took it for {passed.opt_out} and answered by itself." if passed.opt_out else ""
    screen().print(f"The shop took it.{more} See what it did: care audit {number}", soft_wrap=True)
