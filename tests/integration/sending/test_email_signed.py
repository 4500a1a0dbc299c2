"""What arrives from the plug-in `smtp` as the settings make it: signed, aligned, with a bounce address of its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import dkim as oracle
import pytest

from activities.channels.base import Channel, Message
from activities.channels.dkim_keys import new_ed25519_key, new_rsa_key, record_name, record_text, save
from activities.channels.email import open_channel
from care import verp
from care.links import Links
from care.peers.mailbox import Mailbox
from care.settings import load_settings
from tests.integration.sending.conftest import HOST, MailPeer
from tests.integration.sending.leaving import at_once
from tests.integration.sending.mail_out import a_message, delivered
from tests.integration.sending.scripted_smtp import scripted_server
from tests.unit.test_shipped_templates import EMAILS, rendered

DOMAIN = "dienmay.example"
SECRET = "a secret of the shop's own"
RSA, ED25519 = new_rsa_key(DOMAIN, "care2026"), new_ed25519_key(DOMAIN, "care2026-ed25519")
PUBLISHED = {f"{record_name(key)}.".encode(): record_text(key).encode() for key in (RSA, ED25519)}


def in_dns(name: bytes, timeout: float = 5) -> bytes | None:
    return PUBLISHED.get(name)


@pytest.fixture
async def channel(mail_peer: MailPeer, tmp_path: Path) -> AsyncIterator[Channel]:
    save(RSA, tmp_path / "rsa.pem")
    save(ED25519, tmp_path / "ed25519.pem")
    channel = open_channel(
        load_settings(
            data_dir=tmp_path,
            secret=SECRET,
            smtp_host=HOST,
            smtp_port=mail_peer.port,
            mail_from=f"Chăm sóc khách hàng <cskh@{DOMAIN}>",
            mail_reply_to=f"Hỏi, đáp <hoi@{DOMAIN}>",
            mail_bounces_to=f"bounce@bounces.{DOMAIN}",
            mail_unsubscribe_to=f"roi@{DOMAIN}",
            mail_feedback_id="dienmay",
            dkim_selector=RSA.selector,
            dkim_key=str(tmp_path / "rsa.pem"),
            dkim_ed25519_selector=ED25519.selector,
            dkim_ed25519_key=str(tmp_path / "ed25519.pem"),
        )
    )
    yield channel
    await channel.close()


async def test_every_shipped_email_arrives_signed_by_both_keys(channel: Channel, mailbox: Mailbox) -> None:
    links = Links(SECRET, "https://cskh.dienmay.example")
    for template, locale in EMAILS:
        made = rendered("email", template, locale)
        key = f"e_1/send:{template}.{locale}/1:email"
        url = links.unsubscribe_url(key, "c_1", "email", "care")
        message = Message(
            key, "lan@example.vn", datetime(2026, 3, 2, tzinfo=UTC), made.text, made.subject, made.html, url, "care",
            template, "washing_machine_care",
        )  # fmt: skip
        delivery = await channel.deliver(message, at_once)
        assert delivery.outcome == "sent"
        [mail] = [each for each in mailbox.list(limit=500) if each.message_id == delivery.provider_id]
        assert [oracle.DKIM(mail.content).verify(idx=place, dnsfunc=in_dns) for place in (0, 1)] == [True, True]
        assert verp.read(mail.sender, SECRET) == message.reference
        read = message_from_bytes(mail.content)
        assert read["List-Unsubscribe"].startswith(f"<{url}>,")
        assert read["Feedback-ID"] == f"washing_machine_care:{template}:care:dienmay"
        assert read.get_content_type() == "multipart/alternative"
    assert mailbox.count() == len(EMAILS)


async def test_a_signed_email_travels_in_seven_bits_so_that_no_server_has_to_pack_it_anew() -> None:
    async with scripted_server() as server:
        assert (await delivered(server.port, keys=(RSA,))).outcome == "sent"
        assert server.heard_verb("MAIL")[0].endswith(" BODY=8BITMIME")
        assert server.messages[0].isascii()


async def test_a_signature_holds_for_a_recipient_with_letters_outside_ascii() -> None:
    async with scripted_server() as server:
        assert (await delivered(server.port, a_message("làn@điệnmáy.example"), keys=(RSA,))).outcome == "sent"
        assert server.heard_verb("RCPT") == ["RCPT TO:<làn@xn--inmy-7na8z294p.example>"]
        assert server.heard_verb("MAIL")[0].endswith(" BODY=8BITMIME SMTPUTF8")
    content = server.messages[0].removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
    assert "To: làn@xn--inmy-7na8z294p.example\r\n".encode() in content
    assert oracle.verify(content, dnsfunc=in_dns)


async def test_an_international_domain_needs_nothing_of_the_server() -> None:
    async with scripted_server(EHLO="250 mail.example") as server:
        assert (await delivered(server.port, a_message("lan@điệnmáy.example"))).outcome == "sent"
        assert server.heard_verb("RCPT") == ["RCPT TO:<lan@xn--inmy-7na8z294p.example>"]
