"""`care messages`: what was sent, what nobody knows of, and saying what became of it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from care.cli.customers import AsJson, Note, Operator
from care.cli.screen import local_text, print_json, print_table, screen
from care.domain.errors import CareError

if TYPE_CHECKING:
    from datetime import tzinfo

    from care.store.claims import Claim, Message
    from care.store.receipts import Receipt

app = typer.Typer(no_args_is_help=True, help="Messages as they were sent; settle those of which nobody knows.")

Key = Annotated[str, typer.Argument(metavar="KEY", help="The message's key, as the list shows it.")]


class MessageNotFoundError(CareError):
    """There is no such message."""


class OutcomeError(CareError):
    """What a message is said to have become is neither sent nor failed."""


@app.command("list")
def listing(
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Only those of which nobody knows whether they left.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List messages, the newest first; those in doubt the oldest first, for they wait longest."""
    from care.cli.opening import company_zone, existing_store
    from care.settings import load_settings
    from care.store import claims
    from care.store.engine import reading

    with reading(existing_store(load_settings())) as conn:
        if unknown:
            found = [message.claim for message in claims.in_doubt(conn, "unknown", limit=limit)]
        else:
            found = claims.latest(conn, limit)
        zone = company_zone(conn)
    if as_json:
        print_json([_plain(claim) for claim in found])
    else:
        _print(found, zone, "Messages of which nobody knows" if unknown else "Messages")


@app.command()
def show(key: Key, as_json: AsJson = False) -> None:
    """Show one message as it was sent, and what became of it."""
    from care.cli.opening import company_zone, existing_store
    from care.settings import load_settings
    from care.store import claims, receipts
    from care.store.engine import reading

    with reading(existing_store(load_settings())) as conn:
        found = claims.message(conn, key)
        said = receipts.of(conn, key)
        zone = company_zone(conn)
    if found is None:
        raise MessageNotFoundError(f"there is no message {key!r}; 'care messages list' shows the keys")
    if as_json:
        from dataclasses import asdict

        print_json(_plain(found.claim) | {"snapshot": found.snapshot, "receipts": [asdict(each) for each in said]})
    else:
        _print_one(found, said, zone)


@app.command()
def settle(
    key: Key,
    outcome: Annotated[str, typer.Option("--as", metavar="sent|failed", help="What became of it.")],
    operator: Operator,
    note: Note = "",
) -> None:
    """Say what became of a message that is unknown; its customer's timeline tells it, and nothing is sent again."""
    from typing import cast

    from care import clock
    from care.cli.opening import existing_store
    from care.settings import load_settings
    from care.store.engine import writing
    from care.store.settling import LateOutcome, settle_by_hand

    if outcome not in ("sent", "failed"):
        raise OutcomeError(f"--as is {outcome!r}; a message was either 'sent' or it 'failed'")
    with writing(existing_store(load_settings())) as conn:
        claim = settle_by_hand(conn, key, cast(LateOutcome, outcome), by=operator, note=note, at=clock.now())
    screen().print(f"message {claim.key} settled as {claim.phase} by {operator}")


def _plain(claim: "Claim") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(claim)


def _print(found: "list[Claim]", zone: "tzinfo", title: str) -> None:
    rows = []
    for each in found:
        left = local_text(each.transmitting_at or each.at, zone)
        over = f"{each.phase} over {each.provider}" if each.provider else each.phase
        rows.append((each.key, left, f"{over}: {each.plain_reason}" if each.plain_reason else over))
    print_table(title, ("key", "left", "what became of it"), rows, whole=2)


def _print_one(found: "Message", said: "list[Receipt]", zone: "tzinfo") -> None:
    claim, snapshot = found.claim, found.snapshot or {}
    reason, _, detail = claim.reason.partition("\n")
    facts = {
        "key": claim.key,
        "state": claim.phase,
        "reason": reason,
        "provider said": detail,
        "channel": " over ".join(filter(None, (claim.channel, claim.provider))),
        "to": str(snapshot.get("to", "")),
        "template": claim.template,
        "purpose": claim.purpose,
        "claimed": local_text(claim.at, zone),
        "handed over": local_text(claim.transmitting_at, zone),
        "settled": local_text(claim.settled_at, zone),
        "delivered": local_text(claim.delivered_at, zone),
        "attempts": str(claim.attempts),
        "provider's id": claim.provider_id,
        "reference": claim.reference,
        "subject": str(snapshot.get("subject", "")),
    }
    print_table("Message", ("", ""), [(name, value) for name, value in facts.items() if value])
    if said:
        rows = [(local_text(each.at, zone), each.provider, each.kind, each.reason) for each in said]
        print_table("What the provider told", ("at", "provider", "what", "reason"), rows)
    screen().print(str(snapshot.get("text", "")))
