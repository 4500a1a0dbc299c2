"""Temporal and those who work for it: the server, our namespace, the workers, the sweep, the clock."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from care import clock
from care.cli.doctor.findings import Area, Finding
from care.cli.doctor.storing import skew
from care.domain.errors import CareError
from care.health.parts import SWEEP_SILENCE
from care.settings import Settings
from care.temporal import presence
from care.temporal.client import connect
from care.temporal.presence import Queue, Server, SweepPulse

_TEMPORAL, _WORKERS = Area("temporal"), Area("workers")
_PATIENCE = timedelta(seconds=3)
_SHORTEST_RETENTION = timedelta(days=1)


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Ask the server; some seconds at most."""
    try:
        client = await connect(settings, patience=_PATIENCE)
        server = await presence.server(client, _PATIENCE)
    except (CareError, RPCError) as trouble:
        words = (
            "start it ('care up' does on this machine), or mend CARE_TEMPORAL_ADDRESS, _NAMESPACE, _TLS and _API_KEY"
        )
        yield _TEMPORAL.broken("server", _why(str(trouble), settings), words)
        return
    yield _TEMPORAL.ok("server", f"version {server.version} at {settings.temporal_address}")
    yield _retention(server)
    async for finding in _working(client, settings):
        yield finding


def _why(trouble: str, settings: Settings) -> str:
    """In one line, without the names of the libraries it came through."""
    if "not found" in trouble.lower():
        return f"there is no namespace {settings.temporal_namespace!r} at {settings.temporal_address}"
    if "connect" in trouble.lower() or "no answer" in trouble:
        return f"no Temporal server answers at {settings.temporal_address}"
    return trouble.partition(". Start it")[0]


async def _working(client: Client, settings: Settings) -> AsyncIterator[Finding]:
    try:
        queues = await presence.queues(client, settings.task_queue, settings.channels, _PATIENCE)
        pulse = await presence.sweep_pulse(client, _PATIENCE)
    except RPCError as trouble:
        yield _WORKERS.broken("task queues", f"the server did not say ({trouble.status.name.lower()})", "try again")
        return
    for queue in queues:
        yield _queue(queue)
    for finding in _sweep(pulse):
        yield finding


def _retention(server: Server) -> Finding:
    shown = f"{server.retention.total_seconds() / 86400:g} days"
    if server.retention < _SHORTEST_RETENTION:
        words = "temporal operator namespace update --retention 3d; the timeline is in the store in any case"
        return _TEMPORAL.warning("retention of histories", shown, words)
    return _TEMPORAL.ok("retention of histories", shown)


def _queue(queue: Queue) -> Finding:
    if queue.asked_at is None or clock.now() - queue.asked_at > presence.FRESH:
        words = "start 'care worker' with the same CARE_TEMPORAL_* and CARE_TASK_QUEUE"
        return _WORKERS.broken(queue.name, "nobody asks for work here", words)
    return _WORKERS.ok(queue.name, f"{queue.workers} at work")


def _sweep(pulse: SweepPulse) -> Iterator[Finding]:
    what = "sweep"
    if not pulse.there:
        yield _WORKERS.broken(what, "its schedule is not there", "start a worker: it makes the schedule")
        return
    if pulse.paused:
        words = "temporal schedule toggle --unpause --schedule-id care-sweep --reason ..."
        yield _WORKERS.broken(what, "its schedule is paused", words)
        return
    beat = pulse.beat_at
    if beat is None or clock.now() - beat > SWEEP_SILENCE:
        words = "see that a worker runs and read its log; a new stretch begins every five minutes"
        yield _WORKERS.broken(what, "it has given no sign of life lately", words)
        return
    yield _WORKERS.ok(what, f"alive {max((clock.now() - beat).total_seconds(), 0):.0f} s ago")
    # The server stamps each sign of life: one from the future shows how far its clock is ahead, at least.
    yield skew(_TEMPORAL, "clock", max(beat - clock.now(), timedelta()))
