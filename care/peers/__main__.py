"""Runs the mail catcher and the SMS gateway in one process, until it is told to stop."""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from care.peers.handset import HANDSET_FILE, Handset
from care.peers.httpserver import HttpServer
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.peers.mailcatcher import serve_mail
from care.peers.smsgateway import gateway
from care.settings import load_settings

HOST = "127.0.0.1"


async def run(mailbox: Mailbox, handset: Handset, smtp_port: int, sms: tuple[str, str, int]) -> None:
    """Serve until SIGTERM or SIGINT; ``sms`` is account, token and port."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    account, token, sms_port = sms
    mail = await serve_mail(mailbox, HOST, smtp_port)
    server = HttpServer(gateway(handset, account, token), HOST, sms_port)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    mail.close()
    await serving


def main() -> None:
    """Read the arguments and serve."""
    settings = load_settings()
    arguments = argparse.ArgumentParser(prog="python -m care.peers", description=__doc__)
    arguments.add_argument("--data-dir", type=Path, default=settings.data_dir, help="where everything is kept")
    arguments.add_argument("--smtp-port", type=int, default=settings.mail_catcher_port)
    arguments.add_argument("--sms-port", type=int, default=settings.sms_gateway_port)
    chosen = arguments.parse_args()
    logging.basicConfig(level=logging.WARNING)
    mailbox, handset = Mailbox(chosen.data_dir / MAILBOX_FILE), Handset(chosen.data_dir / HANDSET_FILE)
    try:
        asyncio.run(
            run(mailbox, handset, chosen.smtp_port, (settings.sms_account, settings.sms_token, chosen.sms_port))
        )
    finally:
        mailbox.close()
        handset.close()


if __name__ == "__main__":
    main()
