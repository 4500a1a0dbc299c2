"""All of Aftercare on one machine: what ``care up`` starts, keeps alive and stops."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta

from care.settings import Settings, as_environment, with_secrets
from care.store import plans
from care.store.engine import migrate, open_store, reading
from care.temporal.children import Child, Say
from care.temporal.client import connect
from care.temporal.devserver import command_line, keep_histories
from care.temporal.standing_alone import StartError, alone_in

Beside = Callable[[asyncio.Event, Say], Coroutine[None, None, None]]

LOG_DIR = "logs"
# After a kill -9 the children of the one before take a moment to die with it.
_PORT_PATIENCE = 3.0
_READY_PATIENCE = timedelta(seconds=30)
# A message that is being handed over to a mail server may finish.
_WORKER_GRACE = 15.0


async def up(settings: Settings, first_publish: Callable[[], object], say: Say, beside: Beside | None = None) -> None:
    """Run everything until SIGTERM or Ctrl-C.

    Args:
        settings: Where things are and which ports they take.
        first_publish: Publishes the rules folder; called when nothing was published yet.
        say: Shows one line to the person who started it.
        beside: What else runs once everything is ready, until the event it is given.

    Raises:
        StartError: A port is taken, or the data directory is in use.
    """
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    known = with_secrets(settings)
    with alone_in(settings.data_dir):
        await _refuse_taken_ports(settings)
        await asyncio.to_thread(_prepare_store, settings, first_publish)
        stages = _stages(settings)
        keepers = [asyncio.create_task(child.keep_alive(say, stop)) for stage in stages for child in stage]
        try:
            if await _unless(stop, _ready(settings)):
                _greet(known, say)
                if beside is not None:
                    keepers.append(asyncio.create_task(beside(stop, say)))
            await stop.wait()
        finally:
            stop.set()
            say("Stopping; whatever is under way goes on at the next start.")
            for stage in reversed(stages):
                await asyncio.gather(*(child.stop() for child in stage))
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
    say("Stopped.")


def _stages(settings: Settings) -> list[list[Child]]:
    """The processes; each needs those before it, so they stop in the opposite order."""
    environment = {**os.environ, **as_environment(settings)}
    logs = settings.data_dir / LOG_DIR

    def child(name: str, command: list[str], grace: float = 5.0) -> Child:
        return Child(name, command, environment, logs / f"{name}.log", grace)

    def python(module: str, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", module, *arguments]

    database = settings.data_dir / "temporal.sqlite"
    server = command_line(
        database, settings.temporal_port, namespace=settings.temporal_namespace, durable=settings.durable
    )
    address = ["--host", settings.http_host, "--port", str(settings.http_port)]
    quiet = ["--no-access-log", "--no-proxy-headers", "--log-level", "warning", "--timeout-graceful-shutdown", "3"]
    web = python("uvicorn", "--factory", "care.web.serving:serving_app", *address, *quiet)
    return [
        [child("temporal", server)] if settings.embeds_temporal else [],
        [child("peers", python("care.peers"))] if _has_peers(settings) else [],
        [child("worker", python("worker"), _WORKER_GRACE), child("api", web)],
    ]


def _has_peers(settings: Settings) -> bool:
    return settings.catches_mail or settings.catches_sms or settings.catches_gateways or settings.catches_webhooks


async def _refuse_taken_ports(settings: Settings) -> None:
    wanted = {(settings.http_host, settings.http_port): "CARE_HTTP_PORT"}
    if settings.embeds_temporal:
        wanted[("127.0.0.1", settings.temporal_port)] = "CARE_TEMPORAL_ADDRESS"
    if _has_peers(settings):
        wanted[("127.0.0.1", settings.mail_catcher_port)] = "CARE_MAIL_CATCHER_PORT with CARE_SMTP_PORT"
        wanted[("127.0.0.1", settings.sms_gateway_port)] = "CARE_SMS_GATEWAY_PORT with CARE_SMS_URL"
        wanted[("127.0.0.1", settings.webhook_peer_port)] = "CARE_WEBHOOK_PEER_PORT"
    if settings.catches_gateways:
        wanted[("127.0.0.1", settings.gateways_port)] = "CARE_GATEWAYS_PORT with the gateways' URLs"
    if settings.metrics_port:
        wanted[(settings.metrics_host, settings.metrics_port)] = "CARE_METRICS_PORT"
    deadline = asyncio.get_running_loop().time() + _PORT_PATIENCE
    while taken := [(port, setting) for (host, port), setting in wanted.items() if not _is_free(host, port)]:
        if asyncio.get_running_loop().time() > deadline:
            lines = "\n  ".join(f"port {port}: stop what listens there, or set {setting}" for port, setting in taken)
            raise StartError(f"Something else listens where Aftercare should:\n  {lines}")
        await asyncio.sleep(0.1)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _prepare_store(settings: Settings, first_publish: Callable[[], object]) -> None:
    engine = open_store(settings.database_url, durable=settings.durable)
    try:
        migrate(engine)
        with reading(engine) as conn:
            published = plans.latest(conn)
    finally:
        engine.dispose()
    if published is None:
        first_publish()


async def _ready(settings: Settings) -> None:
    client = await connect(settings, patience=_READY_PATIENCE)
    if settings.embeds_temporal:
        await keep_histories(client)
    host = "127.0.0.1" if settings.http_host in ("0.0.0.0", "::") else settings.http_host
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, settings.http_port)
            writer.close()
            return
        await asyncio.sleep(0.05)


async def _unless(stop: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Do the work unless ``stop`` comes first; returns whether it was done."""
    doing, stopping = asyncio.ensure_future(work), asyncio.create_task(stop.wait())
    await asyncio.wait((doing, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not doing.done():
        doing.cancel()
        return False
    doing.result()
    return True


def _greet(settings: Settings, say: Say) -> None:
    base = f"http://{settings.http_host}:{settings.http_port}"
    key = settings.data_dir / "api.key"
    say("Aftercare is up.")
    say(f"  console  {base}/")
    say(f"  API      {base}/v1/events   (key in {key})" if key.exists() else f"  API      {base}/v1/events")
    if settings.catches_mail:
        say(f"  e-mail   caught on 127.0.0.1:{settings.mail_catcher_port}, nothing leaves this machine")
    if settings.catches_sms:
        say(f"  SMS      caught on 127.0.0.1:{settings.sms_gateway_port}, nothing leaves this machine")
    if settings.catches_gateways:
        say(f"  gateways caught on 127.0.0.1:{settings.gateways_port}, nothing leaves this machine")
    if settings.catches_webhooks:
        say(f"  webhooks caught on 127.0.0.1:{settings.webhook_peer_port}, nothing leaves this machine")
    if settings.metrics_port:
        say(f"  metrics  {base}/metrics and http://{settings.metrics_host}:{settings.metrics_port}/metrics (worker)")
    say(f"  logs     {settings.data_dir / LOG_DIR}")
    say("Ctrl-C stops everything; customers go on at the next start.")
