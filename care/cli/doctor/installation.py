"""The installation itself: settings, the data directory, secrets, and what is open to whom."""

import difflib
import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from care.cli.doctor.findings import Area, Finding
from care.health.parts import LEAST_FREE, free_bytes
from care.settings import LOOPBACK, PREFIX, Settings
from care.telemetry import tracing
from care.temporal.standing_alone import LOCK_FILE

_SETTINGS, _DISK, _ACCESS = Area("settings"), Area("data directory"), Area("access")
_LITTLE_FREE = 2_000_000_000
_KEYS = ("api.key", "secret.key")


def look(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Everything that is known without asking anybody."""
    yield from _names(environment)
    yield from _telemetry(settings)
    yield from _folder(settings.data_dir)
    yield from _keys(settings.data_dir)
    yield _lock(settings.data_dir)
    yield _doors(settings)
    yield _proxies(settings)
    yield _public_url(settings)
    yield _secret(settings)


def _names(environment: Mapping[str, str]) -> Iterator[Finding]:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    wrong = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    for name in wrong:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
        if close:
            yield _SETTINGS.broken(name, "is not a setting and changes nothing", f"did you mean {close[0]}? Rename it.")
        else:
            words = "remove it, or look for the right name in the table of settings in README.md"
            yield _SETTINGS.warning(name, "is not a setting and changes nothing", words)
    if not wrong:
        given = sum(name in known for name in environment)
        yield _SETTINGS.ok("environment", f"{given} variables, each a setting")


def _telemetry(settings: Settings) -> Iterator[Finding]:
    if tracing.is_wanted() and not tracing.is_possible():
        words = "pip install 'aftercare[otel]', or take the variable away"
        yield _SETTINGS.warning("traces", f"{tracing.ENDPOINTS[0]} is set, but nothing here can export traces", words)
    if not settings.durable:
        words = "set CARE_DURABLE=true where real customers are served"
        yield _SETTINGS.warning("CARE_DURABLE", "a power cut may lose the last seconds of accepted events", words)


def _folder(folder: Path) -> Iterator[Finding]:
    there = next(each for each in (folder.resolve(), *folder.resolve().parents) if each.exists())
    if not there.is_dir():
        yield _DISK.broken("folder", f"{str(there)!r} is no folder", "set CARE_DATA_DIR to a folder")
        return
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=True):
        words = f"let this user write there (chown or chmod {str(there)!r}), or set CARE_DATA_DIR"
        yield _DISK.broken("folder", f"{str(there)!r} cannot be written by this user", words)
    else:
        yield _DISK.ok(
            "folder", f"{str(folder)!r}" + ("" if there == folder.resolve() else ", made at the first start")
        )
    free = free_bytes(folder)
    shown = f"{free / 1e9:,.1f} GB free"
    if free < LEAST_FREE:
        yield _DISK.broken("disk", shown, "make room at once: nothing can be stored when it is full")
    elif free < _LITTLE_FREE:
        yield _DISK.warning("disk", shown, "make room soon, or move CARE_DATA_DIR to a larger disk")
    else:
        yield _DISK.ok("disk", shown)


def _keys(folder: Path) -> Iterator[Finding]:
    for name in _KEYS:
        file = folder / name
        if not file.exists():
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            words = f"chmod 600 {file}; if somebody else may have read it, replace it"
            yield _DISK.broken(name, f"others on this machine can read it (mode {mode:o})", words)
        else:
            yield _DISK.ok(name, "for its owner only")


def _lock(folder: Path) -> Finding:
    file = folder / LOCK_FILE
    if not file.exists():
        return _DISK.ok("lock", "no 'care up' has run here")
    with file.open(encoding="ascii", errors="replace") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _DISK.ok("lock", f"'care up' is running (process {lock.read().strip() or 'unknown'})")
    return _DISK.ok("lock", "free: no 'care up' is running here")


def _doors(settings: Settings) -> Finding:
    where = f"{settings.http_host}:{settings.http_port}"
    if settings.is_exposed and not settings.console_password:
        words = "set CARE_CONSOLE_PASSWORD; until then it does not start"
        return _ACCESS.broken(
            "API and console", f"{where} can be reached from other machines without a password", words
        )
    return _ACCESS.ok("API and console", where + (", with a password" if settings.is_exposed else ", this machine"))


def _proxies(settings: Settings) -> Finding:
    what = "CARE_TRUSTED_PROXIES"
    if settings.is_https and not settings.proxies:
        found = "everybody behind the proxy counts as one address: whoever guesses passwords shuts all others out"
        return _ACCESS.warning(what, found, f"set {what} to the address of what speaks TLS in front of this server")
    return _ACCESS.ok(what, settings.trusted_proxies or "none, and no TLS in front")


def _public_url(settings: Settings) -> Finding:
    url = urlsplit(settings.public_url)
    what, here = "CARE_PUBLIC_URL", (url.hostname or "") in LOOPBACK
    if here and (settings.is_exposed or _leaves(settings)):
        words = "set CARE_PUBLIC_URL to the address customers reach this server at, with https"
        return _ACCESS.broken(what, f"{settings.public_url}: links in messages lead nowhere", words)
    if not here and url.scheme != "https":
        words = (
            "put TLS in front of it and write https://; without it one-click unsubscribing is not offered by mailboxes"
        )
        return _ACCESS.broken(
            what, f"{settings.public_url}: links and what customers answer can be read on the way", words
        )
    return _ACCESS.ok(what, settings.public_url)


def _leaves(settings: Settings) -> bool:
    """Whether e-mail leaves this machine."""
    return "smtp" in settings.channels["email"] and not settings.catches_mail and settings.smtp_host not in LOOPBACK


def _secret(settings: Settings) -> Finding:
    if settings.secret:
        return _ACCESS.ok("CARE_SECRET", "given")
    if not settings.database_url.startswith("sqlite"):
        words = "set one and the same CARE_SECRET for every worker and API"
        return _ACCESS.broken("CARE_SECRET", "each machine signs links with a key the others do not know", words)
    kept = settings.data_dir / "secret.key"
    return _ACCESS.ok("CARE_SECRET", f"kept in {kept}" if kept.exists() else "made at the first start")
