"""`care bounces`: reading what came back by e-mail, and what it did."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from care.cli.customers import AsJson
from care.cli.screen import local_text, print_json, print_table, screen
from care.domain.errors import CareError

if TYPE_CHECKING:
    from care.mailroom.collecting import Collected
    from care.mailroom.taking import Mailroom
    from care.store.receipts import Receipt

app = typer.Typer(no_args_is_help=True, help="Read bounces, complaints and unsubscribing mails, and see what they did.")

_SHOWN = {"soft": "not this time", "unread": "not understood"}
_DID = {
    "bounced": "the address is closed",
    "complained": "the address is closed",
    "unread": "it is left for people",
}


class NoMailboxError(CareError):
    """There is nothing to read; the message says how to name a mailbox."""


@app.command()
def read(
    maildir: Annotated[
        Path | None, typer.Option("--maildir", metavar="DIR", help="Read this maildir instead of the set mailbox.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE.eml", help="Read this one mail; the file stays as it is.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take in what waits in the mailbox now; a running worker does it every minute."""
    if maildir is not None and file is not None:
        raise typer.BadParameter("give --maildir or --file, not both")
    from care.cli.opening import existing_store
    from care.links import Links
    from care.mailroom.taking import Mailroom
    from care.settings import load_settings, with_secrets

    settings = with_secrets(load_settings())
    mailroom = Mailroom(existing_store(settings), Links(settings.secret, settings.public_url), settings.secret)
    found = (
        _one(mailroom, file)
        if file is not None
        else _all(
            mailroom, maildir.resolve().as_uri().replace("file", "maildir", 1) if maildir else settings.bounces_from
        )
    )
    if as_json:
        print_json({"new": found.new, "known": found.known, "for_people": found.for_people, "kinds": dict(found.kinds)})
        return
    kinds = ", ".join(f"{count} {_SHOWN.get(kind, kind)}" for kind, count in sorted(found.kinds.items()))
    screen().print(f"{found.new} new{': ' + kinds if kinds else ''}; {found.known} read before")
    if found.for_people:
        screen().print(f"{found.for_people} left for people: see 'care bounces list'")


@app.command(name="list")
def listing(
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show so many at most, the newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what came back by e-mail, the newest first, and what it did."""
    from care.cli.opening import company_zone, existing_store
    from care.mailroom.taking import PROVIDER
    from care.settings import load_settings
    from care.store import receipts
    from care.store.engine import reading

    with reading(existing_store(load_settings())) as conn:
        found = receipts.listing(conn, provider=PROVIDER, limit=limit)
        zone = company_zone(conn)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [(each.message or "none of ours", local_text(each.at, zone), _words(each)) for each in found]
    print_table("What came back by e-mail", ("message", "at", "what it is, and what it did"), rows, whole=2)


def _words(heard: "Receipt") -> str:
    kind = " ".join(filter(None, (_SHOWN.get(heard.kind, heard.kind), heard.code)))
    did = _DID.get(heard.kind, "")
    return f"{kind}: {heard.reason}{f'; {did}' if did else ''}"


def _one(mailroom: "Mailroom", file: Path) -> "Collected":
    from care import clock
    from care.mailroom.collecting import Collected

    try:
        content = file.read_bytes()
    except OSError as error:
        raise NoMailboxError(f"{str(file)!r} cannot be read ({error.strerror}); give a mail as it came") from None
    taken = mailroom.take(content, clock.now())
    if not taken.heard.is_new:
        return Collected(known=1)
    return Collected({taken.kind: 1}, 0, int(taken.is_for_people))


def _all(mailroom: "Mailroom", address: str) -> "Collected":
    from care import clock
    from care.mailroom.collecting import collect

    if not address:
        raise NoMailboxError(
            "no mailbox is set; set CARE_BOUNCE_MAILBOX, for example to imaps://user:password@host/INBOX, "
            "or give --maildir DIR or --file FILE.eml"
        )
    return collect(mailroom, address, clock.now)
