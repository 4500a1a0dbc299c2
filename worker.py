"""The worker: which workflows and activities run, with which channels. Start it with ``care worker``."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from mailbox import Maildir
from typing import Any

from sqlalchemy import Engine
from temporalio.client import Client

from activities.advancing import Advancer
from activities.calling import WebhookCaller
from activities.channels.base import Channel
from activities.channels.registry import open_channels
from activities.deciding import Decider
from activities.dispatch import Dispatch
from activities.finishing import Finisher
from activities.handing_over import TicketDesk
from activities.posting import Poster
from activities.promptness import Promptness
from activities.senders import senders_of
from activities.sending import MessageSender
from activities.settling import Settler
from activities.sweeping import Sweeper
from care import clock
from care.health import parts as look_at
from care.health.exposition import Exposition
from care.health.port import answering
from care.health.readiness import Part, Readiness
from care.links import Links
from care.mailroom.collecting import collect
from care.mailroom.taking import Mailroom
from care.rendering import Renderer
from care.settings import Settings, load_settings, payload_secrets, with_secrets
from care.store.engine import open_store
from care.store.forgotten import Memory
from care.store.keyring import Keyring
from care.store.plans import RulebookCache
from care.store.shape import make_ready
from care.telemetry.logs import start_logging
from care.telemetry.tracing import start_tracing
from care.temporal.client import connect, ensure_sweep, tell
from care.temporal.forgetting import forget
from care.temporal.measuring import observed
from care.temporal.reviving import revive_lost
from care.temporal.runtime import measured
from care.temporal.tuning import SYNC_ACTIVITIES, tuned_worker

Activities = Sequence[Callable[..., Any]]
# Between two looks at a store whose tables somebody else brings up to date.
_PAUSE = 1.0
# One SQLite file has one writer; more threads only take turns at the interpreter (a fifth slower with sixteen).
_THREADS_ON_SQLITE = 4


async def run(settings: Settings) -> None:
    """Work until SIGTERM or Ctrl-C; waits for Temporal as long as it takes."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _this_task().cancel)
    settings = with_secrets(settings)
    engine = open_store(settings.database_url, durable=settings.durable)
    known: list[Client] = []
    async with answering(settings, _readiness(settings, engine, known), Exposition()):
        while not await asyncio.to_thread(make_ready, engine, migrates=settings.migrate):
            await asyncio.sleep(_PAUSE)
        await asyncio.to_thread(Keyring(engine, payload_secrets(settings)).check)
        runtime = measured()[0] if settings.metrics_port else None
        known.append(await connect(settings, engine, patience=None, runtime=runtime))
        await _work(settings, engine, known[0])


async def _work(settings: Settings, engine: Engine, client: Client) -> None:
    await ensure_sweep(client, task_queue=settings.task_queue)
    with ThreadPoolExecutor(_THREADS_ON_SQLITE if engine.dialect.name == "sqlite" else SYNC_ACTIVITIES) as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        async with (
            activities_of(settings, engine, client) as activities,
            tuned_worker(client, activities, threads, task_queue=settings.task_queue, rates=settings.rates),
        ):
            await asyncio.Future()


def _readiness(settings: Settings, engine: Engine, known: Sequence[Client]) -> Readiness:
    """A worker can work when the store, the disk and Temporal are there; that it is connected is among it."""

    def client() -> Client | None:
        return known[0] if known else None

    return Readiness(
        (
            Part("store", look_at.store(engine)),
            Part("disk", look_at.disk(settings.data_dir)),
            Part("temporal", look_at.temporal(client)),
            Part("rules", look_at.rulebook(RulebookCache(engine)), needed=False),
            Part("sweep", look_at.sweep(client, clock.now), needed=False),
        )
    )


@asynccontextmanager
async def activities_of(settings: Settings, engine: Engine, client: Client) -> AsyncIterator[Activities]:
    """Everything the workflows may ask of the world, made from the settings; closed at the end.

    Args:
        settings: With their secrets.
        engine: The migrated store.
        client: Through which the sweep tells workflows.
    """
    rulebooks, renderer = RulebookCache(engine), Renderer(settings.templates_dir, settings.public_url)
    async with _channels(settings) as channels:
        outlet = Dispatch(engine, channels)
        links = Links(settings.secret, settings.public_url)
        decider = Decider(engine, rulebooks, Memory(Keyring(engine, payload_secrets(settings))).recall)
        sender = MessageSender(engine, rulebooks, renderer, links, outlet, senders_of(settings))
        promptness = Promptness({channel for channel, rate in settings.rates.items() if rate})
        advancer = Advancer(decider, observed(sender.send), promptness)
        desk = TicketDesk(engine, rulebooks, renderer, outlet, settings.public_url)
        telling = partial(tell, client, task_queue=settings.task_queue)
        collecting, settler = _collector(settings, engine, links), Settler(engine, outlet)
        finisher = Finisher(engine, partial(forget, client))

        async def tend(now: datetime) -> None:
            await settler.settle(now)
            await finisher.finish(now)

        reviving = partial(revive_lost, engine, client, task_queue=settings.task_queue)
        sweeper = Sweeper(engine, telling, collect=collecting, settle=tend, revive=reviving)
        poster = Poster(settings.webhook_secret, settings.webhook_hosts, instead=settings.webhook_peer)
        caller = WebhookCaller(engine, rulebooks, renderer, poster)
        async with contextlib.aclosing(poster):
            yield [
                advancer.decide,
                sender.send_message,
                desk.open_ticket,
                desk.escalate_ticket,
                caller.call_webhook,
                sweeper.sweep,
            ]


@asynccontextmanager
async def _channels(settings: Settings) -> AsyncIterator[Mapping[str, Channel]]:
    channels = open_channels(settings)
    async with contextlib.AsyncExitStack() as stack:
        for channel in channels.values():
            stack.push_async_callback(channel.close)
        yield channels


def _collector(settings: Settings, engine: Engine, links: Links) -> Callable[[], object] | None:
    """What reads the mailbox that takes bounces; nothing when there is none."""
    if not settings.bounces_from:
        return None
    if not settings.bounce_mailbox:
        Maildir(settings.bounces_dir)  # The catcher fills it; until then it is empty rather than missing.
    return partial(collect, Mailroom(engine, links, settings.secret), settings.bounces_from, clock.now)


def _this_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task


def main() -> None:
    """Read the settings and work until told to stop."""
    settings = load_settings()
    start_logging(settings)
    start_tracing("aftercare-worker")
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(run(settings))


if __name__ == "__main__":
    main()
