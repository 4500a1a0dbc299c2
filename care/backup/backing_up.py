"""Making a backup: the store, what signs and opens things, the rules and templates; the installation goes on meanwhile.

Temporal's database stays out on purpose. Copied at another instant it would contradict the store, and it holds nothing
that is needed: a restored installation begins with an empty one and brings every customer back from the store.
"""

import hashlib
import hmac
import secrets
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from care import clock
from care.backup import archive, stores
from care.backup.archive import part_of
from care.backup.manifest import BackupError, Counts, Database, Manifest, Part, files_in
from care.settings import Settings
from care.store.engine import open_store

# Shows a bar while a piece of work is done: its title, and how much there is to do.
Bar = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]

STORES: dict[Database, str] = {"sqlite": "store.sqlite", "postgresql": "store.dump"}
KEYS, RULES, TEMPLATES = "keys", "rules", "templates"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    file: Path
    size: int
    manifest: Manifest


def back_up(settings: Settings, target: Path, bar: Bar) -> Made:
    """Back an installation up into one file; it may run meanwhile.

    Args:
        target: The file, or a folder in which it gets a name that tells when.

    Raises:
        BackupError: There is no store, or the file cannot be written.
    """
    made_at = clock.now()
    if target.is_dir():
        target /= f"aftercare-{made_at:%Y%m%dT%H%M%SZ}.tar.gz"
    elif target.exists():
        raise BackupError(f"{str(target)!r} is there already; name another file")
    if not target.parent.is_dir():
        raise BackupError(f"there is no folder {str(target.parent)!r}; make it first")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".care-backup-") as folder:
        database: Database = "sqlite" if stores.is_sqlite(settings.database_url) else "postgresql"
        copy = Path(folder) / STORES[database]
        _copy_store(settings, copy, bar)
        revision, counts = _told_of(settings, copy)
        files = {copy.name: copy, **_beside(settings)}
        with bar("reading", len(files)) as told:
            parts = tuple(_told(part_of(name, path), told) for name, path in files.items())
        manifest = Manifest(
            id=secrets.token_hex(8),
            version=version("aftercare"),
            revision=revision,
            made_at=made_at,
            database=database,
            secret=fingerprint(secret_of(settings)),
            counts=counts,
            parts=parts,
        )
        with bar("writing", manifest.size) as told:
            archive.write(target, manifest, files, told)
    return Made(target, target.stat().st_size, manifest)


def secret_of(settings: Settings) -> str:
    """What signs the links in messages; empty when none was made yet."""
    kept = settings.data_dir / "secret.key"
    return settings.secret or (kept.read_text(encoding="ascii").strip() if kept.is_file() else "")


def fingerprint(secret: str) -> str:
    """Tells one secret from another without telling it."""
    return hmac.new(secret.encode(), b"aftercare backup", hashlib.sha256).hexdigest()[:16] if secret else ""


def _copy_store(settings: Settings, copy: Path, bar: Bar) -> None:
    if not stores.is_sqlite(settings.database_url):
        with bar("dumping the store", None):
            stores.dump_postgres(settings.database_url, copy)
        return
    with bar("copying the store", 100) as told:
        done = 0

        def pages(left: int, total: int) -> None:
            nonlocal done
            now = 100 * (total - left) // max(total, 1)
            told(now - done)
            done = now

        stores.copy_sqlite(stores.sqlite_file(settings.database_url), copy, pages)


def _told_of(settings: Settings, copy: Path) -> tuple[str, Counts]:
    is_sqlite = stores.is_sqlite(settings.database_url)
    engine = open_store(f"sqlite:///{copy.absolute()}" if is_sqlite else settings.database_url, durable=False)
    try:
        return stores.told_of(engine)
    finally:
        engine.dispose()


def _beside(settings: Settings) -> dict[str, Path]:
    """What belongs to the store: keys, rules and templates, by the name of the part."""
    keys = {f"{KEYS}/{path.name}": path for path in sorted(settings.data_dir.glob("*.key"))}
    rules = {f"{RULES}/{name}": path for name, path in files_in(settings.rules_dir).items()}
    templates = {f"{TEMPLATES}/{name}": path for name, path in files_in(settings.templates_dir).items()}
    return {**keys, **rules, **templates}


def _told(part: Part, told: Callable[[int], None]) -> Part:
    told(1)
    return part
