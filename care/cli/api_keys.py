"""`care api-keys`: who may use the API, and what each of them may do."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from care.cli.customers import AsJson
from care.cli.screen import local_text, print_json, print_table, screen

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from care.store.api_keys import ApiKey

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke keys of the API; each may do what its scopes say.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who will use it, such as webshop.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", "-s", help="What it may do, such as events:write; several.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this one time: only a hash of it is kept."""
    from care.clock import now
    from care.store import api_keys
    from care.store.engine import writing

    wanted = [each.strip() for given in scope or () for each in given.split(",")]
    with writing(_store()) as conn:
        key, text = api_keys.create(conn, name, wanted, now())
    if as_json:
        print_json(_plain(key) | {"key": text})
        return
    screen(stderr=True).print(
        f"The key {key.name!r} may: {', '.join(key.scopes)}. Keep it now, it cannot be shown again.", soft_wrap=True
    )
    print(text)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List every key that was made, what it may do, and when it was last used; never the key itself."""
    from datetime import UTC

    from care.store import api_keys
    from care.store.engine import reading

    with reading(_store()) as conn:
        found = api_keys.listing(conn)
    if as_json:
        print_json([_plain(key) for key in found])
        return
    rows = [
        (key.id, key.name, " ".join(key.scopes), *(local_text(at, UTC) for at in _times(key).values())) for key in found
    ]
    print_table("API keys (times in UTC)", ("id", "name", "scopes", "created", "last used", "revoked"), rows, 1)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its name or its id.")], as_json: AsJson = False
) -> None:
    """Close a key for good; the next request with it is refused."""
    from care.clock import now
    from care.store import api_keys
    from care.store.engine import writing

    with writing(_store()) as conn:
        closed = api_keys.revoke(conn, key, now())
    if as_json:
        print_json(_plain(closed))
    else:
        screen().print(f"The key {closed.name!r} ({closed.id}) is revoked.")


def _store() -> "Engine":
    from care.cli.opening import existing_store
    from care.settings import load_settings

    return existing_store(load_settings())


def _times(key: "ApiKey") -> dict[str, Any]:
    return {name: getattr(key, name) for name in ("created_at", "last_used_at", "revoked_at")}


def _plain(key: "ApiKey") -> dict[str, Any]:
    return {"id": key.id, "name": key.name, "scopes": key.scopes, **_times(key)}
