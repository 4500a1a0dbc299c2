"""A PostgreSQL as a shop would run it: on a disk of its own, over TCP, and durable."""

import os
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests import postgres
from tests.chaos.wire import HOST

DATABASE = "care"
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Database:
    """A server that is set up but not started.

    Attributes:
        command: Starts it.
        account: Under which account (PostgreSQL refuses to run as root).
    """

    command: tuple[str, ...]
    account: dict[str, Any]
    environment: dict[str, str]
    port: int

    def url(self, port: int = 0) -> str:
        """SQLAlchemy's URL of the shop's database, over another port if one is given."""
        return f"postgresql+psycopg://{postgres.SUPERUSER}@{HOST}:{port or self.port}/{DATABASE}"

    def make(self) -> None:
        """Wait for the server, and make the shop's database."""
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                with psycopg.connect(
                    host=HOST, port=self.port, user=postgres.SUPERUSER, dbname="postgres", autocommit=True
                ) as admin:
                    if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                        admin.execute(f"CREATE DATABASE {DATABASE}".encode())
                return
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)


def owner() -> tuple[int, int] | None:
    """User and group the server runs as, when that is not this process's."""
    account = postgres.identity()
    return (account["user"], account["group"]) if account else None


def set_up(folder: Path, programs: Path, port: int) -> Database:
    """Make a server's files.

    Args:
        folder: An empty one on the server's own disk.
        programs: Where its programs are copied to, when they lie where its account may not look.
        port: Where it will listen.
    """
    account = postgres.identity()
    programs.mkdir(parents=True, exist_ok=True)
    binaries = postgres.reachable(postgres.program_dir(), programs, account)
    environment = {"PATH": os.defpath, "LC_ALL": "C"}
    if not (folder / "data").exists():
        postgres.initialise(binaries, folder, {"cwd": folder, "env": environment, **account})
    settings = (f"listen_addresses={HOST}", f"port={port}", "max_connections=200", "log_min_messages=warning")
    options = [part for setting in settings for part in ("-c", setting)]
    command = (str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *options)
    return Database(command, dict(account), environment, port)


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def forget_programs(programs: Path) -> None:
    """Remove the copied programs."""
    shutil.rmtree(programs, ignore_errors=True)
