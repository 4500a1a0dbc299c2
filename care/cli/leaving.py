"""A customer's rights from the command line: everything about one in a file, and everything about one gone."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from care.cli.customers import AsJson, CustomerNotFoundError, Operator, Who, one_customer
from care.cli.screen import json_text, local_text, print_json, print_table, screen
from care.domain.errors import CareError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from care.settings import Settings
    from care.store.customers import Person
    from care.store.erasing import Erasure
    from care.store.keyring import Keyring

_PATIENCE = timedelta(seconds=3)


class NotErasedError(CareError):
    """Nothing was erased; the message says why."""


class ExportError(CareError):
    """The file cannot be written; the message says why."""


def erase(
    customer: Who,
    reason: Annotated[str, typer.Option(help="Why; the proof keeps it, so it must not name the customer.")],
    operator: Operator,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a customer for ever: data, keys, workflow and histories; a proof without a name stays."""
    from care import clock
    from care.store import erasing
    from care.store.engine import reading, writing

    settings, engine, ring = _opened()
    ring.check()
    with reading(engine) as conn:
        known = _known(conn, ring, customer)
        counts = erasing.counted(conn, known.key) if not isinstance(known, erasing.Erasure) else known.counts
    if isinstance(known, erasing.Erasure):
        _told(_finished(settings, engine, known), as_json, again=True)
        return
    _ask(known, counts, yes, quiet=as_json)
    with writing(engine) as conn:
        pepper = ring.pepper(conn, make=True)
        assert pepper is not None
        done = erasing.erase(conn, known.key, pepper, by=" ".join(operator.split()), reason=reason, at=clock.now())
    erasing.scrub(engine)
    _told(_finished(settings, engine, done), as_json, again=False)


def erasures(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50, as_json: AsJson = False
) -> None:
    """List the proofs of erasure, the newest first."""
    from datetime import UTC

    from care.store import erasing
    from care.store.engine import reading

    _, engine, _ = _opened()
    with reading(engine) as conn:
        found = erasing.listing(conn, limit)
    if as_json:
        print_json([_plain(each) for each in found])
        return
    rows = [
        (
            each.id,
            local_text(each.at, UTC),
            each.by,
            each.reason,
            f"{sum(each.counts.values()):,}",
            local_text(each.finished_at, UTC) or "not yet",
        )
        for each in found
    ]
    print_table("Erasures", ("proof", "at (UTC)", "by", "why", "rows", "workflow gone (UTC)"), rows, whole=1)


def export(
    customer: Who,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", dir_okay=False, help="Where to write it (JSON).")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write everything the store knows of a customer to one file, readable by its owner only."""
    from care import clock
    from care.cli.opening import company_zone
    from care.store.engine import reading
    from care.web.exporting import export as exported

    _, engine, _ = _opened()
    with reading(engine) as conn:
        person = one_customer(conn, customer)
        document = exported(conn, person, company_zone(conn).key, clock.now())
    _write(to, json_text(document) + "\n", force=force)
    parts = {name: len(part) for name, part in document.items() if isinstance(part, list) and part}
    told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in parts.items())
    screen().print(f"customer {person.id} → {to}: {told or 'nothing but the profile'}")


def _opened() -> "tuple[Settings, Engine, Keyring]":
    from care.cli.opening import existing_store
    from care.settings import load_settings, payload_secrets
    from care.store.keyring import Keyring

    settings = load_settings()
    engine = existing_store(settings)
    return settings, engine, Keyring(engine, payload_secrets(settings))


def _known(conn: Any, ring: "Keyring", text: str) -> "Person | Erasure":
    """The customer these words name, or the proof that this one was erased.

    Raises:
        CustomerNotFoundError: There is neither.
    """
    from care.store import erasing

    try:
        return one_customer(conn, text)
    except CustomerNotFoundError:
        by_key = erasing.of_key(conn, text)
        proofs = [by_key] if by_key is not None else erasing.of_shop_id(conn, ring.pepper(conn), text)
        if not proofs:
            raise
        return proofs[-1]


def _ask(person: "Person", counts: "Any", yes: bool, *, quiet: bool) -> None:
    import sys

    out = screen(stderr=quiet)
    rows = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    who = " · ".join(part for part in (person.id, person.name, person.email, person.phone) if part)
    out.print(f"{who}\n  {rows}", soft_wrap=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotErasedError("nothing is erased yet: nobody is here to be asked; give the command again with --yes")
    typer.confirm("Erase all of it for ever? Nothing brings it back.", abort=True, err=quiet)


def _finished(settings: "Settings", engine: "Engine", erasure: "Erasure") -> "Erasure":
    """End the workflow, too, where Temporal is there; the sweep sees to the rest."""
    from care import clock
    from care.store import erasing
    from care.store.engine import writing

    if erasure.finished_at is not None or not asyncio.run(_forgotten(settings, erasure.customer)):
        return erasure
    with writing(engine) as conn:
        erasing.finish(conn, erasure.customer, clock.now())
        done = erasing.of_key(conn, erasure.customer)
    erasing.scrub(engine)
    return done or erasure


async def _forgotten(settings: "Settings", customer: str) -> bool:
    from care.temporal import client as temporal
    from care.temporal.forgetting import forget

    try:
        return await forget(await temporal.connect(settings, patience=_PATIENCE), customer)
    except temporal.UnreachableError:
        return False


def _told(erasure: "Erasure", as_json: bool, *, again: bool) -> None:
    if as_json:
        print_json(_plain(erasure) | {"again": again})
        return
    rows = sum(erasure.counts.values())
    was = "was erased before, nothing of them is left" if again else "is erased"
    out = screen()
    out.print(
        f"the customer {was}: {rows:,} rows; proof {erasure.id} by {erasure.by} at {erasure.at:%Y-%m-%d %H:%M} UTC"
    )
    if erasure.finished_at is None:
        out.print(
            "  its workflow ends now, or when Temporal runs again; once its histories are gone, the proof says so"
        )


def _plain(erasure: "Erasure") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(erasure)


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write a file for its owner only, whole or not at all.

    Raises:
        ExportError: It is there already, or the folder cannot be written to.
    """
    if path.exists() and not force:
        raise ExportError(f"{path} is there already; give another name, or --force to write over it")
    draft = path.with_name(path.name + ".part")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror}") from None
