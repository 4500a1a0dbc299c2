"""`care templates`: check, better, see and try the messages."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Check the messages, better them, see them, and send one to yourself.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="A template of the catalogue, for example thank_you.", metavar="NAME")]
OneName = Annotated[str, typer.Argument(help="A template of the catalogue; else all.", metavar="[NAME]")]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List every template with its channels, languages, purpose and the steps that send it."""
    from care.cli.template_screen import listing, show_listing
    from care.settings import load_settings

    rows = listing(load_settings())
    if as_json:
        from care.cli.screen import print_json

        print_json(rows)
    else:
        show_listing(rows)


@app.command()
def check(
    name: OneName = "",
    browser: Annotated[
        bool, typer.Option("--browser", help="Let headless Chromium say which words can hardly be read.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong in the messages: at every step, in every language, for every kind of customer."""
    from care.cli.template_checking import check as check_now
    from care.cli.template_screen import report
    from care.settings import load_settings

    found = check_now(load_settings(), name, browse=browser)
    report(found, as_json=as_json)
    if found.errors:
        raise typer.Exit(1)


@app.command()
def lint(name: OneName = "", as_json: AsJson = False) -> None:
    """Give hints for better messages: plain words, short sentences, nothing that looks like spam. None is an error."""
    from care.cli.template_checking import lint as lint_now
    from care.cli.template_screen import report
    from care.settings import load_settings

    report(lint_now(load_settings(), name), as_json=as_json)


@app.command()
def preview(  # noqa: PLR0913 - a command has one parameter for each option
    name: Name,
    customer: Annotated[
        str,
        typer.Option(
            "--as", help="A customer type, such as vip, or a customer of the store; else a made-up one.", metavar="WHO"
        ),
    ] = "",
    locale: Annotated[str, typer.Option(help="Only this language; else all there are.")] = "",
    channel: Annotated[str, typer.Option(help="Only this channel; else all there are.")] = "",
    step: Annotated[str, typer.Option(help="As this step sends it, for example first_purchase/survey:csat.")] = "",
    dark: Annotated[bool, typer.Option("--dark", help="Show the e-mails in the dark at first.")] = False,
    show: Annotated[bool, typer.Option("--open", help="Show the page in the browser.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write the page to.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a page with the message as a phone and a desk show it, light and dark, with its text beside."""
    from care.cli.template_previewing import Wish, preview_page, tell
    from care.settings import load_settings

    wish = Wish(name, customer, locale, channel, step, dark)
    tell(preview_page(load_settings(), wish, out), show=show, as_json=as_json)


@app.command("send-test")
def send_test(
    name: Name,
    to: Annotated[str, typer.Option("--to", help="Your own address: an e-mail address or a phone number.")],
    customer: Annotated[
        str,
        typer.Option(
            "--as", help="A customer type, such as vip, or a customer of the store; else a made-up one.", metavar="WHO"
        ),
    ] = "",
    locale: Annotated[str, typer.Option(help="The language; else the customer's, else the company's.")] = "",
    channel: Annotated[str, typer.Option(help="email, sms or zalo; else by the look of the address.")] = "",
    step: Annotated[str, typer.Option(help="As this step sends it, for example first_purchase/survey:csat.")] = "",
    as_json: AsJson = False,
) -> None:
    """Send one message, marked as a test, over the real channel. No cap, claim or audit counts it."""
    from care.cli.template_sending import Wish, send, tell
    from care.settings import load_settings

    sent = send(load_settings(), Wish(name, to, customer, locale, channel, step))
    tell(sent, as_json=as_json)
    if sent.outcome != "sent":
        raise typer.Exit(1)
