"""`care backup` and `care restore`: an installation in one file, and back."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from care.cli.customers import AsJson
from care.cli.screen import print_json, screen

if TYPE_CHECKING:
    from care.backup.backing_up import Made
    from care.backup.restoring import Restored
    from care.settings import Settings

_AT_BACKUP = "backup"

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder for everything Aftercare writes.", file_okay=False)
]


def backup(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The backup's file, or a folder to put it in.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Back everything up into one file, while customers are served: the store, keys, rules and templates.

    The file holds personal data and secrets, and is for its owner only (mode 600). It is whole or not there at all.
    Temporal's database is not in it: a restored installation brings every customer back from the store.
    """
    from care.backup.backing_up import back_up
    from care.cli.progress import progress

    made = back_up(_settings(data_dir), to, progress)
    if as_json:
        print_json({"file": made.file, "bytes": made.size, **made.manifest.model_dump()})
    else:
        _tell_made(made)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What 'care backup' wrote.")],
    data_dir: DataDir = None,
    lived_until: Annotated[
        str,
        typer.Option(
            "--lived-until",
            metavar="INSTANT|backup",
            help="When the lost installation stopped (2026-11-22T15:00:00+07:00); 'backup': it did no more.",
            show_default="now",
        ),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Put aside what is there already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty folder or database, for 'care up' or your workers to go on with.

    What the lost installation may have sent between the backup and its end is not sent again: those messages are
    unknown, and 'care messages list --unknown' shows them. Post the events of that time again; the same id twice is
    harmless.
    """
    from care.backup.restoring import restore as run
    from care.cli.progress import progress

    restored = run(_settings(data_dir), file, progress, lived_until=_instant(lived_until), force=force)
    if as_json:
        print_json(_plain(restored))
    else:
        _tell_restored(restored, file)


def _settings(data_dir: Path | None) -> "Settings":
    from care.settings import load_settings

    return load_settings(**({"data_dir": data_dir} if data_dir is not None else {}))


def _instant(words: str) -> datetime | None:
    """When the lost installation stopped; ``None`` for the instant of the backup.

    Raises:
        BackupError: The words are no instant.
    """
    from care import clock
    from care.backup.manifest import BackupError

    if words == _AT_BACKUP:
        return None
    if not words:
        return clock.now()
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BackupError(
            f"--lived-until is {words!r}; write an instant with its offset, 2026-11-22T15:00:00+07:00, or 'backup'"
        )
    return at


def _plain(restored: "Restored") -> dict[str, object]:
    return {
        "backup": restored.manifest.model_dump(exclude={"parts"}),
        "lived_until": restored.lived_until,
        "customers_led_on": restored.lived.customers,
        "messages_unknown": restored.lived.messages,
        "replaced": restored.replaced,
        "differing": list(restored.differing),
    }


def _tell_made(made: "Made") -> None:
    counts = made.manifest.counts
    screen().print(
        f"{made.file}: {made.size:,} bytes, as of {made.manifest.made_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
        f"  {counts.customers:,} customers, {counts.on_the_way:,} on the way, {counts.messages:,} messages, "
        f"{counts.undecided:,} events to decide\n"
        "  it holds personal data and secrets; keep it where only you can read it, and away from this machine",
        soft_wrap=True,
    )


def _tell_restored(restored: "Restored", file: Path) -> None:
    manifest, lived = restored.manifest, restored.lived
    made_at = f"{manifest.made_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    lines = [
        f"restored {file}, of {made_at} by version {manifest.version}",
        f"  {manifest.counts.customers:,} customers, {manifest.counts.on_the_way:,} on the way",
    ]
    if lived.messages:
        lines.append(
            f"  {lived.messages:,} messages may have been sent after the backup: they are unknown and not sent again "
            "(care messages list --unknown)"
        )
    if restored.replaced is not None:
        lines.append(f"  what was here before is in {restored.replaced}")
    if restored.differing:
        more = f" and {len(restored.differing) - 3} more" if len(restored.differing) > 3 else ""
        lines.append(f"  not as they were at the backup, and left alone: {', '.join(restored.differing[:3])}{more}")
    lines.append(
        f"next: start it ('care up'), and post the events since {made_at} again; the same id twice is harmless"
    )
    screen().print("\n".join(lines), soft_wrap=True)
