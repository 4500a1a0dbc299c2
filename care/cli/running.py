"""Running Aftercare: everything on one machine, or one part of it."""

from pathlib import Path
from typing import Annotated

import typer

_DATA = typer.Option("--data-dir", help="Folder for everything Aftercare writes.", file_okay=False)
_PAUSE = 1.0
_PORT = typer.Option("--port", help="Port of the API and the console.", min=1, max=65535)


def up(
    port: Annotated[int | None, _PORT] = None,
    data_dir: Annotated[Path | None, _DATA] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Publish every saved draft at once; only where nothing real is reached.")
    ] = False,
) -> None:
    """Start everything on this machine, until Ctrl-C: server, worker, API, console, mail catcher and SMS gateway."""
    import asyncio
    from functools import partial

    from activities.channels.registry import check_providers
    from care.cli.mail import check_mail
    from care.cli.publishing import publish_folder
    from care.cli.watching import refuse_production
    from care.cli.watching import watch as watch_folder
    from care.settings import load_settings
    from care.temporal.supervisor import up as run

    given = {"http_port": port, "data_dir": data_dir}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    check_providers(settings)
    check_mail(settings)
    if watch:
        refuse_production(settings)
    first_publish = partial(publish_folder, settings, "care up", "the rules folder at the first start")
    beside = partial(watch_folder, settings) if watch else None
    asyncio.run(run(settings, first_publish, partial(print, flush=True), beside))


def worker() -> None:
    """Start a worker alone, against CARE_TEMPORAL_ADDRESS and CARE_DATABASE_URL; start more of them to scale out."""
    from worker import main

    main()


def api(port: Annotated[int | None, _PORT] = None) -> None:
    """Start the API and the console alone, against CARE_TEMPORAL_ADDRESS and CARE_DATABASE_URL."""
    import time

    import uvicorn

    from care.settings import load_settings
    from care.store.engine import open_store
    from care.store.shape import make_ready
    from care.web.serving import serving_app

    settings = load_settings(**({"http_port": port} if port is not None else {}))
    engine = open_store(settings.database_url, durable=settings.durable)
    while not make_ready(engine, migrates=settings.migrate):
        time.sleep(_PAUSE)
    uvicorn.run(
        serving_app(settings, engine=engine),
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # The app itself believes the proxies of the settings, and no other.
        timeout_graceful_shutdown=3,
    )


def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; end with 1 when something is to be done.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring the store's tables to the shape this version needs; what runs meanwhile goes on."""
    from care.cli.screen import print_json, screen
    from care.settings import load_settings
    from care.store.engine import migrate as bring_up
    from care.store.engine import open_store, reading
    from care.store.shape import revision_of, revisions

    engine = open_store(load_settings().database_url)
    with reading(engine) as conn:
        before = revision_of(conn)
    if not check:
        bring_up(engine)
    engine.dispose()
    wanted = revisions()[0]
    if as_json:
        print_json({"before": before, "wanted": wanted, "done": before == wanted or not check})
    elif before == wanted:
        screen().print(f"the store is up to date (revision {wanted})")
    else:
        what = "must be brought" if check else "was brought"
        screen().print(f"the store {what} from {f'revision {before}' if before else 'nothing'} to revision {wanted}")
    if check and before != wanted:
        raise typer.Exit(1)
