"""`care keys`: the keys that seal what travels through Temporal for each customer."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from care.cli.customers import AsJson
from care.cli.progress import progress
from care.cli.screen import local_text, print_json, print_table, screen

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from care.store.keyring import Keyring

app = typer.Typer(no_args_is_help=True, help="Customers' keys: give new ones, change the secret that wraps them.")

_AT_ONCE = 500
_NAMES = ("present", "before")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show how many keys there are, and which secret wraps them."""
    from datetime import UTC

    from care.store import keys
    from care.store.engine import reading

    engine, ring = _opened()
    with reading(engine) as conn:
        found = keys.counts(conn)
    names = dict(zip(ring.masters, _NAMES, strict=False))
    rows = [(names.get(each.master, "unknown"), each) for each in found]
    if as_json:
        print_json(
            [
                {"secret": secret, "keys": each.keys, "customers": each.customers, "oldest": each.oldest}
                for secret, each in rows
            ]
        )
    else:
        shown = [(secret, f"{e.keys:,}", f"{e.customers:,}", local_text(e.oldest, UTC)) for secret, e in rows]
        print_table("Keys", ("wrapped with the secret", "keys", "customers", "oldest (UTC)"), shown)
    if any(secret == "unknown" for secret, _ in rows):
        screen(stderr=True).print(
            "Some keys are wrapped with a secret that is not set here: what they sealed cannot be read. "
            "Set CARE_PAYLOAD_SECRET_BEFORE to it."
        )
        raise typer.Exit(1)


@app.command()
def rotate(
    older_than: Annotated[
        int, typer.Option("--older-than", min=0, metavar="DAYS", help="Only keys at least so many days old.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Give every customer a new key; the old ones stay, for what they sealed. It is used within five minutes."""
    from care import clock
    from care.store import keys
    from care.store.engine import writing
    from care.store.keys import INSTALLATION

    engine, ring = _opened()
    ring.check()
    now = clock.now()
    before, after, done = now - timedelta(days=older_than), INSTALLATION, 0
    with progress("New keys", None) as told:
        while True:
            with writing(engine) as conn:
                part = keys.newest_after(conn, after, _AT_ONCE)
                renewed = sum(ring.renew(conn, each, now) for each in part if each.at <= before)
            if not part:
                break
            after, done = part[-1].customer, done + renewed
            told(renewed)
    _told({"rotated": done}, f"{done:,} customers have a new key", as_json)


@app.command()
def rewrap(as_json: AsJson = False) -> None:
    """Wrap every key with the present secret; CARE_PAYLOAD_SECRET_BEFORE has the old one until this is done."""
    from care.store import keys
    from care.store.engine import writing

    engine, ring = _opened()
    present, after, done = ring.masters[0] if ring.masters else "", "", 0
    with progress("Keys", None) as told:
        while True:
            with writing(engine) as conn:
                part = keys.foreign_after(conn, after, present, _AT_ONCE)
                if part:
                    keys.rewrap(conn, [ring.rewrapped(each) for each in part])
            if not part:
                break
            after, done = part[-1].id, done + len(part)
            told(len(part))
    _told({"rewrapped": done}, f"{done:,} keys are wrapped with the present secret now", as_json)


def _opened() -> "tuple[Engine, Keyring]":
    from care.cli.opening import existing_store
    from care.settings import load_settings, payload_secrets
    from care.store.keyring import Keyring

    settings = load_settings()
    engine = existing_store(settings)
    return engine, Keyring(engine, payload_secrets(settings))


def _told(result: dict[str, Any], words: str, as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        screen().print(words)
