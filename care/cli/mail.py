"""`care mail`: keys that sign the shop's e-mails, and what its mail settings come to."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from care.cli.customers import AsJson
from care.cli.screen import print_json, print_table, screen

if TYPE_CHECKING:
    from activities.channels.dkim import DkimKey
    from activities.channels.letterhead import Letterhead
    from care.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Make signing keys; see what the mail settings come to.")

_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?")
_LOOPBACK_ONLY = "nobody but this machine can read along"


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        fine: False when no e-mail can leave like this.
        risky: Whether e-mails leave, and it should be mended all the same.
    """

    what: str
    found: str
    fine: bool = True
    risky: bool = False


@app.command("dkim-keys")
def dkim_keys(
    domain: Annotated[str, typer.Option(help="Domain that signs: the one after the @ of your sender.")],
    selector: Annotated[str, typer.Option(help="A new name for the keys, for example care2026.")],
    folder: Annotated[
        Path | None, typer.Option(help="Where the keys are kept; the folder 'dkim' in data_dir when not given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make an RSA and an Ed25519 key that sign e-mails (DKIM), and print the DNS records to publish."""
    from activities.channels.dkim_keys import new_ed25519_key, new_rsa_key, record_name, record_text, save, zone_line
    from activities.channels.letterhead import mailbox
    from care.settings import load_settings

    if not _SELECTOR.fullmatch(selector):
        raise typer.BadParameter(f"{selector!r} is not a selector: use small letters, digits and '-'")
    folder = folder or load_settings().data_dir / "dkim"
    # An address shows whether it is a domain, and writes one in any script as the DNS knows it.
    known_as = mailbox(f"x@{domain}").domain
    made = {
        folder / f"{selector}.pem": new_rsa_key(known_as, selector),
        folder / f"{selector}-ed25519.pem": new_ed25519_key(known_as, f"{selector}-ed25519"),
    }
    for file, key in made.items():
        save(key, file)
    settings = _settings_lines(known_as, made)
    if as_json:
        records = [{"name": record_name(key), "text": record_text(key), "key": file} for file, key in made.items()]
        print_json({"records": records, "settings": settings})
        return
    out = screen()
    out.print("Publish these two records in the DNS, and wait until they can be seen:\n", soft_wrap=True)
    for key in made.values():
        print(zone_line(key) + "\n")
    out.print("Then set these, start the workers again and run 'care mail check':\n", soft_wrap=True)
    for name, value in settings.items():
        print(f"{name}={value}")


@app.command()
def check(as_json: AsJson = False) -> None:
    """Show what the mail settings come to, without sending or asking anybody; exit 1 when no e-mail can leave."""
    from care.settings import load_settings

    findings = mail_findings(load_settings())
    fine = all(each.fine for each in findings)
    if as_json:
        print_json({"fine": fine, "findings": [each._asdict() for each in findings]})
    else:
        rows = [(each.what, each.found, _verdict(each)) for each in findings]
        print_table("Mail", ("what", "found", ""), rows)
    if not fine:
        raise typer.Exit(1)


def check_mail(settings: "Settings") -> None:
    """See that e-mail can leave under these settings, before anything is started.

    Raises:
        SettingsError: When it cannot.
    """
    from care.settings import SettingsError

    broken = next((each for each in mail_findings(settings) if not each.fine), None)
    if broken is not None and "smtp" in settings.channels["email"]:
        raise SettingsError(f"no e-mail could leave: {broken.found} ('care mail check' shows everything)")


def _verdict(finding: Finding) -> str:
    if not finding.fine:
        return "MEND THIS"
    return "risky" if finding.risky else "fine"


def _settings_lines(domain: str, made: "dict[Path, DkimKey]") -> dict[str, str]:
    (rsa_file, rsa), (ed25519_file, ed25519) = made.items()
    return {
        "CARE_DKIM_DOMAIN": domain,
        "CARE_DKIM_SELECTOR": rsa.selector,
        "CARE_DKIM_KEY": str(rsa_file.resolve()),
        "CARE_DKIM_ED25519_SELECTOR": ed25519.selector,
        "CARE_DKIM_ED25519_KEY": str(ed25519_file.resolve()),
    }


def mail_findings(settings: "Settings") -> list[Finding]:
    """What the mail settings come to."""
    from activities.channels.letterhead import letterhead_of
    from care.settings import SettingsError

    # A secret is made at the first start; looking at the settings makes none.
    given = settings if settings.secret else settings.model_copy(update={"secret": "made at the first start"})
    relay = _relay(settings)
    try:
        letterhead = letterhead_of(given)
    except SettingsError as error:
        return [relay, Finding("addresses", str(error), fine=False)]
    return [relay, *_addresses(letterhead), *_signatures(settings, letterhead.sender.domain)]


def _relay(settings: "Settings") -> Finding:
    from care.settings import LOOPBACK

    where = f"{settings.smtp_host}:{settings.smtp_port}, up to {settings.smtp_connections} connections"
    if settings.smtp_tls != "off":
        return Finding("relay", f"{where}, encrypted ({settings.smtp_tls})")
    if settings.smtp_host in LOOPBACK:
        return Finding("relay", f"{where}, not encrypted: {_LOOPBACK_ONLY}")
    words = f"{where}, not encrypted: others on the way can read every e-mail; set CARE_SMTP_TLS"
    return Finding("relay", words, fine=not settings.smtp_password, risky=True)


def _addresses(letterhead: "Letterhead") -> list[Finding]:
    sender, reply_to = letterhead.sender, letterhead.reply_to
    bounces = letterhead.bounces_to
    name, _, domain = bounces.partition("@")
    return [
        Finding("From", f"{sender.name} <{sender.address}>" if sender.name else sender.address),
        Finding("answers", reply_to.address if reply_to else "go to the sender"),
        Finding("bounces", f"{name}+…@{domain}, an address of its own for each" if bounces else "go to the sender"),
        Finding("unsubscribing", f"by link and by mail to {letterhead.unsubscribe_to}" if letterhead.unsubscribe_to
                else "by link"),
        Finding("Feedback-ID", f"journey:template:purpose:{letterhead.feedback_id}" if letterhead.feedback_id
                else "none"),
    ]  # fmt: skip


def _signatures(settings: "Settings", sender_domain: str) -> list[Finding]:
    from activities.channels.dkim import keys_of
    from activities.channels.dkim_keys import record_name
    from care.settings import SettingsError

    try:
        keys = keys_of(settings, sender_domain)
    except SettingsError as error:
        return [Finding("signature", str(error), fine=False)]
    if not keys:
        return [Finding("signature", "none of our own, so the relay has to sign; 'care mail dkim-keys' makes keys")]
    shown = [Finding("signature", f"{key.algorithm}, published at {record_name(key)}") for key in keys]
    return [*shown, Finding("alignment", f"{keys[0].domain} signs for {sender_domain}, which mailbox providers count")]
