"""`care endpoints`: where webhooks go, and the secrets their receivers check signatures with."""

from typing import TYPE_CHECKING, Annotated

import typer

from care.cli.customers import AsJson
from care.cli.screen import print_json, print_table, screen
from care.domain.errors import CareError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from care.domain.catalogue import Endpoint
    from care.settings import Settings

app = typer.Typer(invoke_without_command=True, help="List where webhooks go; show an endpoint's signing secret.")


class NoSecretError(CareError):
    """There is nothing yet to make signing secrets from."""


@app.callback()
def listing(context: typer.Context, as_json: AsJson = False) -> None:
    """List the endpoints of the published catalogue, and whether posts may go there."""
    if context.invoked_subcommand is not None:
        return
    from care.domain.endpoints import endpoint_url_trouble
    from care.settings import load_settings

    settings = load_settings()
    found = [
        {"endpoint": each.name, "address": each.url, "trouble": endpoint_url_trouble(each.url, settings.webhook_hosts)}
        for each in _published(settings).values()
    ]
    if as_json:
        print_json({"endpoints": found, "instead": settings.webhook_peer})
        return
    rows = [(each["endpoint"], each["address"], each["trouble"] or "fine") for each in found]
    print_table("Endpoints", ("endpoint", "address", "posts"), rows)
    if settings.catches_webhooks:
        screen().print(
            f"For now every post goes to the CRM of 'care up' at {settings.webhook_peer}, so nothing leaves this "
            "machine; set CARE_WEBHOOK_CHANNEL=endpoint to post to the addresses above.",
            soft_wrap=True,
        )


@app.command()
def secret(
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="Its name in the catalogue.")],
    as_json: AsJson = False,
) -> None:
    """Print the secret of one endpoint; its receiver checks by it that posts are ours (Standard Webhooks)."""
    from care.settings import load_settings, with_secrets
    from care.signatures import endpoint_secret

    settings = load_settings()
    kept = settings.data_dir / "secret.key"
    if not (settings.webhook_secret or settings.secret or kept.is_file()):
        raise NoSecretError(
            f"there is no secret at {str(kept)!r} yet; start Aftercare with 'care up', "
            "or set CARE_DATA_DIR to where it is, or CARE_WEBHOOK_SECRET"
        )
    shown = endpoint_secret(with_secrets(settings).webhook_secret, endpoint)
    if as_json:
        print_json({"endpoint": endpoint, "secret": shown})
    else:
        print(shown)
    known = _published(settings, if_any=True)
    if endpoint not in known:
        names = f"; it has {', '.join(known)}" if known else ""
        screen(stderr=True).print(f"note: the published catalogue has no endpoint {endpoint!r} yet{names}")


def _published(settings: "Settings", *, if_any: bool = False) -> "Mapping[str, Endpoint]":
    """The endpoints of the published catalogue; none without a store when ``if_any`` is said."""
    from care.cli.opening import NoStoreError, existing_store
    from care.store import plans
    from care.store.engine import reading

    try:
        engine = existing_store(settings)
    except NoStoreError:
        if if_any:
            return {}
        raise
    with reading(engine) as conn:
        publication = plans.latest(conn)
    return publication.catalogue.endpoints if publication is not None else {}
