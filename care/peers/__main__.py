"""Runs the mail catcher, the SMS gateway and the CRM in one process, until it is told to stop."""

import argparse
import asyncio
import signal
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from care.peers.crm import crm
from care.peers.exchange import EXCHANGE_FILE, Exchange
from care.peers.gateways import gateways, hooks_of
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.httpserver import HttpServer
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.peers.mailcatcher import serve_mail
from care.peers.notebook import NOTEBOOK_FILE, Notebook
from care.peers.smsgateway import gateway
from care.peers.smshooks import shop_of
from care.settings import load_settings, with_secrets
from care.telemetry.logs import start_logging

HOST = "127.0.0.1"


async def run(mailbox: Mailbox, smtp_port: int, servers: Sequence[HttpServer], bounces: Path) -> None:
    """Serve until SIGTERM or SIGINT, or until a server stops by itself."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    mail = await serve_mail(mailbox, HOST, smtp_port, bounces)
    serving = [asyncio.create_task(server.serve()) for server in servers]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((*serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    for server in servers:
        server.should_exit = True
    mail.close()
    await asyncio.gather(*serving)


def main() -> None:
    """Read the arguments and serve."""
    settings = load_settings()
    arguments = argparse.ArgumentParser(prog="python -m care.peers", description=__doc__)
    arguments.add_argument("--data-dir", type=Path, default=settings.data_dir, help="where everything is kept")
    arguments.add_argument("--smtp-port", type=int, default=settings.mail_catcher_port)
    arguments.add_argument("--sms-port", type=int, default=settings.sms_gateway_port)
    gateways_port = settings.gateways_port if settings.catches_gateways else 0
    arguments.add_argument("--gateways-port", type=int, default=gateways_port, help="0 leaves these gateways out")
    arguments.add_argument("--webhook-port", type=int, default=settings.webhook_peer_port)
    chosen = arguments.parse_args()
    start_logging(settings)
    kept = with_secrets(settings.model_copy(update={"data_dir": chosen.data_dir}))
    with (
        closing(Mailbox(chosen.data_dir / MAILBOX_FILE)) as mailbox,
        closing(Handset(chosen.data_dir / HANDSET_FILE)) as handset,
        closing(Notebook(chosen.data_dir / NOTEBOOK_FILE)) as notebook,
        closing(Exchange(chosen.data_dir / EXCHANGE_FILE)) as exchange,
    ):
        phone = gateway(handset, settings.sms_account, settings.sms_token, shop_of(kept))
        apis = (
            (phone, chosen.sms_port),
            (gateways(exchange, kept, hooks_of(kept)), chosen.gateways_port),
            (crm(notebook, kept.webhook_secret), chosen.webhook_port),
        )
        servers = [HttpServer(api, HOST, port) for api, port in apis if port]
        asyncio.run(run(mailbox, chosen.smtp_port, servers, kept.bounces_dir))


if __name__ == "__main__":
    main()
