import asyncio
import ssl
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from activities.channels.base import SETUP
from activities.channels.letterhead import AddressError, own_mailbox
from care.peers.mailbox import Mailbox
from care.peers.mailcatcher import Catcher
from tests.integration.sending.conftest import MailPeer
from tests.integration.sending.leaving import at_once
from tests.integration.sending.mail_out import TEXT, a_message, delivered
from tests.integration.sending.scripted_smtp import HANG_UP, SILENCE, scripted_server

CERTIFICATE = Path(__file__).with_name("localhost.pem")


async def test_a_message_arrives_as_it_was_written(mail_peer: MailPeer) -> None:
    delivery = await mail_peer.channel.deliver(a_message(), at_once)
    assert delivery.outcome == "sent"
    [mail] = mail_peer.mailbox.list()
    assert (mail.sender, mail.recipient) == ("cskh@dienmay.example", "lan@example.vn")
    assert mail.message_id == delivery.provider_id
    assert mail.subject == "Cảm ơn bạn đã mua máy giặt"
    message = message_from_bytes(mail.content, policy=default)
    body = message.get_body(("plain",))
    assert body is not None
    assert body["Content-Transfer-Encoding"] == "8bit"
    assert body.get_content().replace("\r\n", "\n") == TEXT
    assert f"List-Unsubscribe: <https://shop.example/u/{'k' * 120}>\r\n".encode() in mail.content


async def test_the_same_claim_sent_twice_bears_the_same_message_id(mail_peer: MailPeer) -> None:
    for _ in range(2):
        await mail_peer.channel.deliver(a_message(), at_once)
    await mail_peer.channel.deliver(a_message(key="e_1/send:hello/2:email"), at_once)
    assert sorted(mail_peer.mailbox.count_by_message_id().values()) == [1, 2]


@pytest.mark.parametrize("how", [HANG_UP, SILENCE, "malformed"])
@pytest.mark.parametrize("verb", ["connect", "EHLO", "MAIL", "RCPT", "DATA"])
async def test_a_server_that_breaks_off_before_the_message_is_tried_again(verb: str, how: str) -> None:
    async with scripted_server(**{verb: how}) as server:
        delivery = await delivered(server.port)
    assert delivery.outcome == "retry"
    assert not server.messages


@pytest.mark.parametrize("how", [HANG_UP, SILENCE, "malformed"])
async def test_a_server_that_breaks_off_after_the_final_dot_leaves_the_outcome_open(how: str) -> None:
    async with scripted_server(dot=how) as server:
        delivery = await delivered(server.port)
    assert (delivery.outcome, delivery.code) == ("unknown", "unanswered")
    assert len(server.messages) == 1


@pytest.mark.parametrize(
    ("script", "outcome", "code", "suppress"),
    [
        ({"MAIL": "451 4.3.0 Busy"}, "retry", "try_later", ""),
        ({"RCPT": "450 4.2.0 Greylisted"}, "retry", "try_later", ""),
        ({"RCPT": "550 5.1.1 Nobody"}, "failed", "dead_address", "bounced"),
        ({"RCPT": "550 5.7.1 Blocked"}, "failed", "refused_by_policy", ""),
        ({"DATA": "451 4.3.0 Busy"}, "retry", "try_later", ""),
        ({"dot": "451 4.3.0 Busy"}, "retry", "try_later", ""),
        ({"dot": "554 5.7.1 Spam"}, "failed", "refused_by_policy", ""),
        ({"MAIL": "530 5.7.0 Log in"}, "retry", SETUP, ""),
    ],
)
async def test_a_refusal_has_its_class(script: dict[str, str], outcome: str, code: str, suppress: str) -> None:
    async with scripted_server(**script) as server:
        delivery = await delivered(server.port)
    assert (delivery.outcome, delivery.code, delivery.suppress) == (outcome, code, suppress)


async def test_nobody_listening_is_tried_again() -> None:
    async with scripted_server() as server:
        port = server.port
    delivery = await delivered(port)
    assert (delivery.outcome, delivery.code) == ("retry", "unreachable")


async def test_an_old_server_without_ehlo_gets_seven_bits() -> None:
    async with scripted_server(EHLO="502 5.5.1 What?") as server:
        delivery = await delivered(server.port)
    assert delivery.outcome == "sent"
    assert server.messages[0].isascii()
    assert server.heard_verb("MAIL") == ["MAIL FROM:<cskh@dienmay.example>"]


async def test_a_server_that_takes_eight_bits_is_told_so() -> None:
    async with scripted_server() as server:
        await delivered(server.port)
    assert server.heard_verb("MAIL") == ["MAIL FROM:<cskh@dienmay.example> BODY=8BITMIME"]
    assert b"\r\n..m\xe1\xbb\x99t d\xc3\xb2ng" in server.messages[0]


async def test_an_address_with_letters_outside_ascii_needs_a_server_that_carries_it() -> None:
    async with scripted_server() as server:
        assert (await delivered(server.port, a_message("làn@example.vn"))).outcome == "sent"
        assert server.heard_verb("RCPT") == ["RCPT TO:<làn@example.vn>"]
        assert "SMTPUTF8" in server.heard_verb("MAIL")[0]
    async with scripted_server(EHLO="250 mail.example") as server:
        delivery = await delivered(server.port, a_message("làn@example.vn"))
    assert (delivery.outcome, delivery.code) == ("failed", "bad_address")


async def test_what_is_not_an_address_never_reaches_the_server() -> None:
    async with scripted_server() as server:
        delivery = await delivered(server.port, a_message("lan@example.vn>\r\nRCPT TO:<x@example.com"))
    assert (delivery.outcome, delivery.code) == ("failed", "bad_address")
    assert not server.heard_verb("RCPT")


async def test_tls_and_login_work_and_a_wrong_password_is_the_shops_to_mend(mailbox: Mailbox) -> None:
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(CERTIFICATE)
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))

    def authenticate(*given: object) -> AuthResult:
        login = given[-1]
        return AuthResult(success=(login.login, login.password) == (b"shop", b"right"), handled=False)  # type: ignore[attr-defined]

    def conversation() -> SMTP:
        return SMTP(Catcher(mailbox), tls_context=server_side, auth_required=True, authenticator=authenticate)

    server = await asyncio.get_running_loop().create_server(conversation, "localhost", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]

        async def sent(**more: object) -> tuple[str, str]:
            settings: dict[str, object] = {"tls": "starttls", "tls_context": trusting, "username": "shop", **more}
            delivery = await delivered(port, host="localhost", timeout=5, **settings)
            return delivery.outcome, delivery.code

        assert await sent(password="right") == ("sent", "")
        assert await sent(password="wrong") == ("retry", SETUP)
        assert await sent(password="right", tls="off") == ("retry", SETUP)
        assert await sent(password="right", tls_context=ssl.create_default_context()) == ("retry", SETUP)
    assert mailbox.count() == 1


async def test_a_server_without_tls_is_the_shops_to_mend() -> None:
    async with scripted_server() as server:
        delivery = await delivered(server.port, tls="starttls")
    assert (delivery.outcome, delivery.code) == ("retry", SETUP)


@pytest.mark.parametrize("sender", ["cskh", "Chăm sóc <chăm@dienmay.example>"])
def test_a_sender_no_server_would_take_is_refused_at_the_start(sender: str) -> None:
    with pytest.raises(AddressError):
        own_mailbox(sender)
