"""Starts everything the demo runs on, in one process but for the Temporal server, and stops it again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path

import uvicorn
from sqlalchemy import Engine
from starlette.types import ASGIApp
from temporalio.client import Client

from care.cli.demo_shop import DemoError, Shop
from care.cli.demo_time import CarriesTime, OwnTimes, StartsInItsOwnTime
from care.cli.publishing import publish_folder
from care.peers.crm import crm
from care.peers.httpserver import HttpServer
from care.peers.mailcatcher import serve_mail
from care.peers.notebook import NOTEBOOK_FILE, Notebook
from care.peers.smsgateway import gateway
from care.settings import Settings, load_settings, with_secrets
from care.store.engine import open_store
from care.temporal import client as temporal
from care.temporal.devserver import free_port, temporary_server
from care.temporal.timeskipping import VirtualTime
from care.temporal.tuning import SYNC_ACTIVITIES, tuned_worker
from care.web.app import create_app
from worker import activities_of

HOST = "127.0.0.1"
_UP_WITHIN = 20.0


def demo_settings(folder: Path, port: int | None = None) -> Settings:
    """The settings of a demo in a folder: every port is a free one, and nothing of a real installation is touched."""
    given = load_settings()
    http, smtp, sms, hooks = port or free_port(), free_port(), free_port(), free_port()
    settings = load_settings(
        data_dir=folder,
        rules_dir=given.rules_dir,
        templates_dir=given.templates_dir,
        database_url="",
        durable=False,
        temporal_namespace="care",
        temporal_tls=False,
        temporal_api_key="",
        http_host=HOST,
        http_port=http,
        public_url=f"http://{HOST}:{http}",
        api_key="",
        secret="",
        console_password="",
        email_channel="smtp",
        smtp_host=HOST,
        smtp_port=smtp,
        mail_catcher_port=smtp,
        smtp_tls="off",
        sms_channel="gateway",
        sms_url=f"http://{HOST}:{sms}",
        sms_gateway_port=sms,
        zalo_channel="",
        webhook_channel="peer",
        webhook_peer_port=hooks,
        webhook_secret="",
        webhook_allow="",
    )
    return with_secrets(settings)


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator[Shop]:
    """Start everything, publish the rules folder, and stop everything afterwards."""
    times = OwnTimes()
    async with AsyncExitStack() as stack:
        address = stack.enter_context(temporary_server(settings.data_dir / "temporal"))
        settings = settings.model_copy(update={"temporal_address": address})
        await asyncio.to_thread(publish_folder, settings, "care demo", "the shipped rules")
        engine = open_store(settings.database_url, durable=False)
        stack.callback(engine.dispose)
        client = await temporal.connect(settings, engine)
        shop = Shop(settings, engine, VirtualTime(client, skips_at_once=False), times)
        stack.push_async_callback(shop.close)
        await _serve_peers(stack, shop)
        await _work(stack, settings, engine, client)

        async def connect(_settings: Settings, _engine: Engine) -> Client:
            config = client.config()
            config["interceptors"] = [StartsInItsOwnTime(times)]
            return Client(**config)

        app = create_app(settings, engine=engine, now=times.of_request, connect=connect)
        await _serve(stack, CarriesTime(app), settings)
        yield shop


async def _serve_peers(stack: AsyncExitStack, shop: Shop) -> None:
    settings = shop.settings
    mail = await serve_mail(shop.mailbox, HOST, settings.mail_catcher_port)
    stack.callback(mail.close)
    phone = gateway(shop.handset, settings.sms_account, settings.sms_token)
    await _until_up(stack, HttpServer(phone, HOST, settings.sms_gateway_port), "the SMS gateway")
    taking = crm(stack.enter_context(closing(Notebook(settings.data_dir / NOTEBOOK_FILE))), settings.webhook_secret)
    await _until_up(stack, HttpServer(taking, HOST, settings.webhook_peer_port), "the CRM")


async def _work(stack: AsyncExitStack, settings: Settings, engine: Engine, client: Client) -> None:
    threads = stack.enter_context(ThreadPoolExecutor(SYNC_ACTIVITIES))
    made = await stack.enter_async_context(activities_of(settings, engine, client))
    await stack.enter_async_context(tuned_worker(client, made, threads, task_queue=settings.task_queue))


async def _serve(stack: AsyncExitStack, app: ASGIApp, settings: Settings) -> None:
    config = uvicorn.Config(
        app,
        HOST,
        settings.http_port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=1,
    )
    await _until_up(stack, _Server(config), "the API")


class _Server(uvicorn.Server):
    """A server inside a loop that is there already; Ctrl-C belongs to the demo."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def _until_up(stack: AsyncExitStack, server: uvicorn.Server, name: str) -> None:
    serving = asyncio.create_task(server.serve())

    async def stop() -> None:
        server.should_exit = True
        await serving

    stack.push_async_callback(stop)
    async with asyncio.timeout(_UP_WITHIN):
        while not server.started:
            if serving.done():
                raise DemoError(f"{name} did not start; the lines above say why")
            await asyncio.sleep(0.02)
