"""Restoring a backup: everything is made ready beside its place, and put there at the end."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from care import clock
from care.backup import gap, stores
from care.backup.archive import Archive, opened
from care.backup.backing_up import KEYS, RULES, STORES, TEMPLATES, Bar, fingerprint
from care.backup.gap import Lived
from care.backup.manifest import BackupError, Manifest, files_in
from care.settings import Settings
from care.store.engine import migrate, open_store
from care.store.shape import revisions
from care.temporal.standing_alone import alone_in

_STAGE = ".restoring"
_STORE_FILES = ("", "-wal", "-shm")
_TEMPORAL = "temporal.sqlite"


@dataclass(frozen=True, slots=True)
class Restored:
    """An installation that was restored.

    Attributes:
        lived_until: The last instant the lost installation may have lived (UTC).
        lived: What became of the time between.
        replaced: Where what was there before is now; ``None`` when nothing was there.
        differing: Rule files and templates that are not as they were at the backup, and stay as they are here.
    """

    manifest: Manifest
    lived_until: datetime
    lived: Lived
    replaced: Path | None
    differing: tuple[str, ...]


def restore(settings: Settings, file: Path, bar: Bar, *, lived_until: datetime | None, force: bool = False) -> Restored:
    """Restore an installation that does not run; with nothing half done when it fails.

    Args:
        lived_until: The last instant the lost installation may have lived (UTC): what it may have sent since the backup
            is not sent again. ``None`` is the instant of the backup: it was stopped for it.
        force: Whether what is there already may be put aside; tables in PostgreSQL are dropped.

    Raises:
        BackupError: The file cannot be restored, or not here.
        StartError: An installation runs here.
    """
    with opened(file) as found, alone_in(settings.data_dir):
        manifest = found.manifest
        _refuse(settings, manifest)
        until = _until(manifest, lived_until)
        _refuse_occupied(settings, force)
        with _staged(settings, found, bar) as stage:
            if stores.is_sqlite(settings.database_url):
                lived = _bring_up(_url(stage), manifest, until, bar)
                replaced = _put_aside(settings)
            else:
                replaced = _put_aside(settings)
                lived = _fill_database(settings.database_url, stage, manifest, until, bar)
            differing = _put_in_place(settings, stage, manifest)
    return Restored(manifest, until, lived, replaced, differing)


def _refuse(settings: Settings, manifest: Manifest) -> None:
    """Refuse what would not work after all."""
    here = "sqlite" if stores.is_sqlite(settings.database_url) else "postgresql"
    if manifest.database != here:
        wanted = "empty CARE_DATABASE_URL" if manifest.database == "sqlite" else "a PostgreSQL URL in CARE_DATABASE_URL"
        raise BackupError(f"the backup is of a {manifest.database} store and the settings name {here}; use {wanted}")
    if manifest.revision not in revisions():
        raise BackupError(
            f"the backup was made by version {manifest.version}, whose store is newer than this version knows; "
            "restore it with that one"
        )
    if settings.secret and fingerprint(settings.secret) != manifest.secret:
        raise BackupError(
            "CARE_SECRET is not what it was when the backup was made, and links customers hold would be void; "
            "set it to what it was, or leave it out if the backup brings its own"
        )
    if manifest.secret and not settings.secret and "secret.key" not in manifest.under(KEYS):
        raise BackupError(
            "the installation had its secret in CARE_SECRET, which no backup holds; set it to what it was"
        )


def _until(manifest: Manifest, lived_until: datetime | None) -> datetime:
    until = lived_until or manifest.made_at
    if not manifest.made_at <= until <= clock.now():
        raise BackupError(
            f"the lost installation cannot have lived until {until.isoformat()}: the backup is of "
            f"{manifest.made_at.isoformat()}, and that is not later than now"
        )
    return until


def _refuse_occupied(settings: Settings, force: bool) -> None:
    if stores.is_sqlite(settings.database_url):
        found = [path for path in _occupants(settings) if path.exists()]
        if found and not force:
            raise BackupError(
                f"{str(found[0])!r} is there already; restore into an empty folder (--data-dir), "
                "or put what is there aside with --force"
            )
        return
    engine = open_store(settings.database_url)
    try:
        if not stores.is_empty(engine) and not force:
            raise BackupError("the database has tables already; make an empty one, or drop them with --force")
        if stores.is_used(engine):
            raise BackupError("somebody is connected to the database; stop workers, APIs and every other client first")
    finally:
        engine.dispose()


def _occupants(settings: Settings) -> list[Path]:
    store = stores.sqlite_file(settings.database_url)
    named = [store.with_name(store.name + end) for end in _STORE_FILES]
    return [*named, *_aside(settings)]


def _aside(settings: Settings) -> list[Path]:
    """What of an installation is in its data directory beside the store."""
    server = [settings.data_dir / f"{_TEMPORAL}{end}" for end in _STORE_FILES]
    return [*server, *sorted(settings.data_dir.glob("*.key"))]


@contextmanager
def _staged(settings: Settings, found: Archive, bar: Bar) -> Iterator[Path]:
    stage = settings.data_dir / _STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(mode=0o700)
    try:
        with bar("reading", found.manifest.size) as told:
            found.unpack(stage, told)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _url(stage: Path) -> str:
    return f"sqlite:///{(stage / STORES['sqlite']).absolute()}"


def _bring_up(url: str, manifest: Manifest, until: datetime, bar: Bar) -> Lived:
    """Bring the restored store to this version's shape, and through the time since the backup."""
    engine = open_store(url, durable=False)
    try:
        migrate(engine)
        return _live_through(engine, manifest, until, bar)
    finally:
        engine.dispose()


def _live_through(engine: Engine, manifest: Manifest, until: datetime, bar: Bar) -> Lived:
    if until == manifest.made_at:
        return Lived(0, 0)
    with bar("living the time since", gap.concerned(engine, until)) as told:
        return gap.live_through(engine, f"restored-{manifest.id}", manifest.made_at, until, told)


def _fill_database(url: str, stage: Path, manifest: Manifest, until: datetime, bar: Bar) -> Lived:
    engine = open_store(url)
    try:
        stores.drop_tables(engine)
    finally:
        engine.dispose()
    with bar("restoring the store", None):
        stores.load_postgres(url, stage / STORES["postgresql"])
    return _bring_up(url, manifest, until, bar)


def _put_aside(settings: Settings) -> Path | None:
    """Move what is there into a folder of its own."""
    occupants = _occupants(settings) if stores.is_sqlite(settings.database_url) else _aside(settings)
    there = [path for path in occupants if path.exists()]
    if not there:
        return None
    aside = settings.data_dir / f"replaced-{clock.now():%Y%m%dT%H%M%S.%fZ}"
    aside.mkdir(mode=0o700)
    for path in there:
        shutil.move(path, aside / path.name)
    return aside


def _put_in_place(settings: Settings, stage: Path, manifest: Manifest) -> tuple[str, ...]:
    """Put keys, rules and templates where they belong, the store last; says what differs from what is there."""
    for name in manifest.under(KEYS):
        os.replace(stage / KEYS / name, settings.data_dir / name)
    differing = [*_folder(stage, RULES, settings.rules_dir), *_folder(stage, TEMPLATES, settings.templates_dir)]
    if stores.is_sqlite(settings.database_url):
        store = stores.sqlite_file(settings.database_url)
        store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _to_disk(stage / STORES["sqlite"])
        shutil.move(stage / STORES["sqlite"], store)
        _to_disk(store.parent)
    return tuple(differing)


def _folder(stage: Path, name: str, folder: Path) -> list[str]:
    """Fill an empty folder; one that has files keeps them, and those that differ are named."""
    kept, here = files_in(stage / name), files_in(folder)
    if here:
        both = {*kept, *here}
        return [f"{name}/{each}" for each in sorted(both) if not _same(kept.get(each), here.get(each))]
    for each, path in kept.items():
        (folder / each).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / each)
    return []


def _same(one: Path | None, other: Path | None) -> bool:
    return one is not None and other is not None and one.read_bytes() == other.read_bytes()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
