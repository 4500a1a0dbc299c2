"""`care events`: send purchases and whatever else happened to customers, and ask what an event did."""

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from care.cli.screen import print_json, print_table, screen
from care.domain.errors import CareError

if TYPE_CHECKING:
    from care.cli.importing import Imported
    from care.cli.posting import EventApi, Posted, Problem
    from care.domain.catalogue import Field

app = typer.Typer(no_args_is_help=True, help="Send events to the server, or ask what one did.")

Url = Annotated[str, typer.Option(envvar="CARE_URL", help="Server; else the one of the settings.", show_default=False)]
Key = Annotated[
    str, typer.Option(envvar="CARE_API_KEY", help="API key; else the one kept in the data folder.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class NotAnEventError(CareError):
    """What was given is no event; the message says what was expected."""


@app.command()
def send(
    file: Annotated[str, typer.Argument(help="JSON file with one event or a list of events; - reads standard input.")],
    url: Url = "",
    api_key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Send one event or a few, and print a receipt for each."""
    events = _events_of(file)
    with _api(url, api_key) as api:
        posted = api.post(events)
    if as_json:
        print_json([_as_json(posted, index) for index in range(len(events))])
    else:
        _show_posted(events, posted)
    if posted.problems:
        raise typer.Exit(1)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="A .jsonl file, or a .csv with columns like customer.email, order.total.")
    ],
    url: Url = "",
    api_key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Send a whole file; run it again after a break, because an event id counts once."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from care.cli.importing import count_events, import_file

    fields = _catalogue_fields() if file.suffix.lower() == ".csv" else {}
    total = count_events(file, fields)
    err = screen(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal) as progress:
        task = progress.add_task(file.name, total=total)
        with _api(url, api_key) as api:
            imported = import_file(file, fields, api, lambda count: progress.advance(task, count))
    if as_json:
        print_json({"file": str(file), "events": total, **imported.as_json()})
    else:
        _show_imported(file, total, imported)
    if imported.problems:
        raise typer.Exit(1)


@app.command()
def receipt(
    source: Annotated[str, typer.Argument(help="The system that sent the event.")],
    event_id: Annotated[str, typer.Argument(metavar="ID", help="The event's id.")],
    url: Url = "",
    api_key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Say what an event did: which journeys it entered or ended, or why none."""
    with _api(url, api_key) as api:
        found = api.receipt(source, event_id)
    if found is None:
        raise NotAnEventError(
            f"the server never accepted event {event_id!r} of {source!r}; look at both for a typing error"
        )
    if as_json:
        print_json(found)
    else:
        show_receipt(found)


def show_receipt(found: Mapping[str, Any]) -> None:
    """Print what an event did, with the explanation of what it did not."""
    out = screen()
    received = f"{datetime.fromisoformat(found['received_at']):%Y-%m-%d %H:%M %Z}"
    out.print(f"{found['type']}  {found['source']} / {found['id']}  received {received}  {found['status']}")
    for word, title in (("entered", "entered"), ("ended", "ended"), ("not_entered", "did not enter")):
        for line in found[word]:
            out.print(f"  {title} {line['journey']}" + (f": {line['reason']}" if line["reason"] else ""))
            for why in line["why"]:
                out.print(f"      {why}")
    if found["status"] == "decided" and not any(found[word] for word in ("entered", "ended", "not_entered")):
        out.print("  it entered and ended no journey")


def _api(url: str, api_key: str) -> "EventApi":
    from care.cli.posting import EventApi
    from care.settings import load_settings

    settings = load_settings()
    kept = settings.data_dir / "api.key"
    key = api_key or settings.api_key or (kept.read_text(encoding="ascii").strip() if kept.is_file() else "")
    host = "127.0.0.1" if settings.http_host in ("0.0.0.0", "::") else settings.http_host
    told = screen(stderr=True).print
    return EventApi(url or f"http://{host}:{settings.http_port}", key, told)


def _events_of(file: str) -> list[dict[str, Any]]:
    from care.cli.event_files import event_of_json

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
        given = event_of_json(text)
    except OSError as error:
        raise NotAnEventError(f"{file!r} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise NotAnEventError(f"{file!r} is not JSON: {error}") from None
    if isinstance(given, dict) and set(given) == {"events"}:
        given = given["events"]
    events = given if isinstance(given, list) else [given]
    if not events or not all(isinstance(event, dict) for event in events):
        raise NotAnEventError(f"{file!r} holds no event; write one JSON object, or a list of them")
    return events


def _catalogue_fields() -> "Mapping[str, Field]":
    """The fields of the rules folder, where there is one: they tell the type of a CSV cell."""
    from care.cli.rule_files import catalogue_fields
    from care.settings import load_settings

    return catalogue_fields(load_settings())


def _as_json(posted: "Posted", index: int) -> dict[str, Any]:
    from dataclasses import asdict

    if index in posted.receipts:
        return posted.receipts[index]
    return {"problems": [asdict(problem) for problem in posted.problems[index]]}


def _show_posted(events: list[dict[str, Any]], posted: "Posted") -> None:
    rows = []
    for index, event in enumerate(events):
        name = (str(event.get("source", "")), str(event.get("id", "")), str(event.get("type", "")))
        if index in posted.receipts:
            answer = posted.receipts[index]
            rows.append((*name, "accepted before" if answer["duplicate"] else "accepted", str(answer["status"])))
        else:
            rows.append((*name, "refused", "\n".join(map(_problem_text, posted.problems[index]))))
    print_table("Events", ("source", "id", "type", "", ""), rows)
    if not posted.problems:
        source, name_of_first = events[0].get("source"), events[0].get("id")
        screen().print(f"What it did, once it is decided: care events receipt {source} {name_of_first}")


def _problem_text(problem: "Problem") -> str:
    place = f"{problem.pointer.lstrip('/').replace('/', '.')}: " if problem.pointer else ""
    return f"{place}{problem.detail}" + (f" — {problem.hint}" if problem.hint else "")


def _show_imported(file: Path, total: int, imported: "Imported") -> None:
    out = screen()
    out.print(f"{total:,} events: {imported.new:,} new, {imported.known:,} known before, {imported.refused:,} refused")
    if imported.problems:
        rows = [
            (
                f"{file}:{problem.line}",
                problem.event,
                problem.pointer.lstrip("/").replace("/", "."),
                problem.detail,
                problem.hint,
            )
            for problem in imported.problems
        ]
        out.print()
        print_table("Refused", ("line", "event", "field", "what is wrong", "what to do"), rows)
        out.print("Mend these lines and import the file again: what was accepted is not counted twice.")
