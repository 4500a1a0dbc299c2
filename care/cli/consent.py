"""`care consent`: what a customer may be sent and why, and taking over lists and consents from elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from care.cli.customers import AsJson, Who, one_customer
from care.cli.screen import local_text, print_json, print_table, screen
from care.domain.errors import CareError

if TYPE_CHECKING:
    from datetime import tzinfo

    from care.cli.consent_files import BadLine
    from care.domain.consents import Consent
    from care.store.permissions import Permission, Permissions

app = typer.Typer(no_args_is_help=True, help="See what a customer agreed to; take over consents and do-not-call lists.")

_SHOWN = 20
_CHANNELS = ("sms", "zalo")


class BadLinesError(CareError):
    """Some lines of a file cannot be used, so nothing of it was."""


@app.command()
def show(customer: Who, as_json: AsJson = False) -> None:
    """Show what a customer may be sent by channel, how that is proven, what stands against it, and what is needed."""
    from dataclasses import asdict

    from care.cli.opening import existing_store
    from care.clock import now
    from care.domain.timing import zone_of
    from care.settings import load_settings
    from care.store.engine import reading
    from care.store.permissions import permissions
    from care.store.plans import RulebookCache

    engine = existing_store(load_settings())
    with reading(engine) as conn:
        person = one_customer(conn, customer)
        rulebook = RulebookCache(engine).current(conn)
        found = permissions(conn, person.key, rulebook, now())
    if as_json:
        print_json(
            {"customer": person.id, "permissions": [asdict(each) for each in found.by_channel], **_topics(found)}
        )
        return
    zone = zone_of(person.zone, rulebook.catalogue.company.timezone)
    print_table(
        f"What {person.id} may be sent",
        ("message", "may be sent", "why", "what is needed"),
        [_row(each) for each in found.by_channel],
    )
    _tell_proofs(found, zone)


@app.command("import-do-not-call")
def import_do_not_call(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV table, or one number a line.")],
    channel: Annotated[list[str] | None, typer.Option("--channel", help="sms (the default) or zalo; several.")] = None,
    source: Annotated[str, typer.Option(help="Whose list it is, in words.")] = "national",
    country: Annotated[
        str, typer.Option(help="Where numbers without a country code are at home.", show_default="the company's")
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Open numbers again that left this source's list.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Close every number of a list for advertising; nothing is done when a line cannot be read."""
    from care.cli.consent_files import country_of, read_numbers
    from care.cli.opening import company_zone, existing_store
    from care.cli.progress import progress
    from care.clock import now
    from care.settings import load_settings
    from care.store.do_not_call import DoNotCall, Listed, take_in
    from care.store.engine import reading

    channels = tuple(dict.fromkeys(channel or ("sms",)))
    for each in channels:
        if each not in _CHANNELS:
            raise typer.BadParameter(f"{each!r} is not a channel of phone numbers ({', '.join(_CHANNELS)})")
    engine = existing_store(load_settings())
    with reading(engine) as conn:
        home = country.upper() or country_of(str(company_zone(conn)))
    with progress(f"Reading {file.name}", None) as read:
        found = read_numbers(file, home, read)
    _refuse(file, found.bad)
    changed: dict[str, Listed] = {}
    for each in channels:
        wanted = DoNotCall(each, found.numbers, source, replace)
        with progress(f"Closing numbers for {each}", len(found.numbers)) as done:
            changed[each] = take_in(engine, wanted, now(), done)
    _tell_listed(len(found.numbers), changed, as_json)


@app.command("import")
def import_consents(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv",
            help="Columns: customer, channel, purpose, at; and given (yes unless it is no), wording, place, method, "
            "frequency, evidence.",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Take over consents with their proof from another system; no journey starts, and doing it again is harmless."""
    from care.cli.consent_files import read_consents
    from care.cli.opening import existing_store
    from care.cli.progress import progress
    from care.clock import now
    from care.settings import load_settings
    from care.store import plans
    from care.store.consent_import import take_over
    from care.store.engine import reading

    engine = existing_store(load_settings())
    found = read_consents(file)
    _refuse(file, found.bad)
    with reading(engine) as conn:
        publication = plans.latest(conn)
    asked = publication.catalogue.company.double_opt_in if publication is not None else ()
    with progress(f"Taking over {file.name}", len(found.statements)) as done:
        taken = take_over(engine, found.statements, now(), asked, done)
    if as_json:
        print_json({"new": taken.new, "known": taken.known})
    else:
        screen().print(f"{taken.new} statements taken over, {taken.known} known already")


def _row(found: "Permission") -> tuple[str, ...]:
    return f"{found.channel}, {found.purpose}", "yes" if found.allowed else "no", found.why, found.needed


def _tell_proofs(found: "Permissions", zone: "tzinfo") -> None:
    out = screen()
    for each in found.by_channel:
        if each.proof is not None:
            out.print(f"{each.channel}, {each.purpose}: {_proof_words(each.proof, zone)}", soft_wrap=True)
        for note in each.notes:
            out.print(f"  note: {note}", soft_wrap=True)
    if found.muted:
        out.print(f"muted topics: {', '.join(found.muted)}")


def _proof_words(said: "Consent", zone: "tzinfo") -> str:
    verb = "given" if said.given else "withdrawn"
    parts = [f"{verb} {local_text(said.at, zone)} ({zone})", f"told by {said.source}"]
    for name in ("method", "place", "frequency", "evidence", "wording"):
        value = getattr(said, name)
        if value:
            parts.append(f"{name}: {value}")
    return "; ".join(parts)


def _topics(found: "Permissions") -> dict[str, Any]:
    return {"muted_topics": list(found.muted)}


def _refuse(file: Path, bad: "list[BadLine]") -> None:
    if not bad:
        return
    lines = "\n".join(f"  {file}:{each.line}: {each.problem}" for each in bad[:_SHOWN])
    more = f"\n  and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
    count = "1 line" if len(bad) == 1 else f"{len(bad)} lines"
    raise BadLinesError(f"{count} cannot be used, so nothing was done; mend or remove them:\n{lines}{more}")


def _tell_listed(count: int, changed: "dict[str, Any]", as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print_json({"numbers": count, "channels": {channel: asdict(each) for channel, each in changed.items()}})
        return
    for channel, each in changed.items():
        lifted = f", {each.lifted} opened again" if each.lifted else ""
        numbers = "1 number" if each.closed == 1 else f"{each.closed} numbers"
        screen().print(f"{channel}: {numbers} closed for advertising, {each.known} known already{lifted}")
