"""What the doctor finds about e-mail, at a real mail server and a real DNS server; each test breaks the very thing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from activities.channels.dkim import DkimKey
from activities.channels.dkim_keys import new_ed25519_key, new_rsa_key, record_name, record_text, save
from care.cli.doctor import mailing
from care.cli.doctor.findings import Finding
from care.settings import Settings, load_settings
from care.temporal.devserver import free_port
from tests.integration.doctor.findings import by_name, listed, wrong

PASSWORD = "hunter2"
# The relay of these tests is on this machine.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


class Relay:
    """Takes nothing, so that a mail that is sent by mistake is seen."""

    def __init__(self) -> None:
        self.mails = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails += 1
        return "250 taken"


def lets_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    known = isinstance(given, LoginPassword) and given.password == PASSWORD.encode()
    return AuthResult(success=known, handled=known)


@pytest.fixture
def relay() -> Iterator[Controller]:
    controller = Controller(
        Relay(),
        hostname="127.0.0.1",
        port=free_port(),
        auth_required=True,
        auth_require_tls=False,
        authenticator=lets_in,
    )
    controller.start()
    yield controller
    controller.stop()


def through(relay: Controller, **more: Any) -> Settings:
    given = {"smtp_port": relay.port, "smtp_username": "shop", "smtp_password": PASSWORD, **more}
    return load_settings(**given)


async def look(settings: Settings, resolver: mailing.Resolver | None = None) -> list[Finding]:
    return await listed(mailing.look(settings, resolver))


async def test_a_relay_that_lets_us_in_is_fine_and_gets_no_mail(relay: Controller) -> None:
    found = await look(through(relay))
    assert wrong(found) == {}
    assert by_name(found)["relay"].found.endswith("lets us in with our name")
    assert relay.handler.mails == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"smtp_password": "wrong"}, "login"),
        ({"smtp_tls": "starttls"}, "smtp_tls"),
        ({"smtp_port": 1}, "cannot be reached"),
    ],
)
async def test_a_relay_that_does_not_is_broken(relay: Controller, given: dict[str, Any], words: str) -> None:
    found = await look(through(relay, **given))
    assert wrong(found) == {"relay": "broken"}
    assert words in by_name(found)["relay"].found
    assert PASSWORD not in str(found)


async def test_a_password_in_the_clear_is_broken_before_it_is_sent() -> None:
    found = await look(load_settings(smtp_host="mail.shop.example", smtp_username="shop", smtp_password=PASSWORD))
    assert wrong(found) == {"relay": "broken"}
    assert "CARE_SMTP_TLS" in by_name(found)["relay"].found


async def test_a_sender_that_is_no_address_is_broken(relay: Controller) -> None:
    assert wrong(await look(through(relay, mail_from="Shop <shop>"))) == {"addresses": "broken"}


async def test_bounces_that_nobody_reads_are_told(relay: Controller) -> None:
    settings = through(relay, mail_bounces_to="bounce@bounces.shop.example")
    assert wrong(await look(settings)) == {"bounces": "warning"}
    read = settings.model_copy(update={"bounce_mailbox": "maildir:///var/mail/bounces"})
    assert wrong(await look(read)) == {}


async def test_a_catcher_that_faces_the_world_is_told(relay: Controller) -> None:
    settings = through(relay, mail_catcher_port=relay.port, http_host="0.0.0.0")
    assert wrong(await look(settings)) == {"mail catcher": "warning"}


async def test_without_a_relay_nothing_is_asked() -> None:
    assert wrong(await look(load_settings(email_channel="outbox", smtp_port=free_port()))) == {}


class Zone(asyncio.DatagramProtocol):
    """A DNS server with these TXT records."""

    def __init__(self, records: dict[str, str]) -> None:
        self._records = records

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA | dns.flags.RA
        name = query.question[0].name
        text = self._records.get(name.to_text(omit_final_dot=True))
        if text is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            pieces = " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", pieces))
        self._transport.sendto(answer.to_wire(), addr)


@contextlib.asynccontextmanager
async def a_dns(records: dict[str, str]) -> AsyncIterator[mailing.Resolver]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Zone(records), local_addr=("127.0.0.1", 0))
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    try:
        yield resolver
    finally:
        transport.close()


@pytest.fixture
def keys(tmp_path: Path) -> list[DkimKey]:
    made = [new_rsa_key("example.com", "care"), new_ed25519_key("example.com", "care-ed25519")]
    for key in made:
        save(key, tmp_path / f"{key.selector}.pem")
    return made


def signing(relay: Controller, folder: Path) -> Settings:
    return through(
        relay,
        dkim_domain="example.com",
        dkim_selector="care",
        dkim_key=str(folder / "care.pem"),
        dkim_ed25519_selector="care-ed25519",
        dkim_ed25519_key=str(folder / "care-ed25519.pem"),
    )


async def test_keys_that_the_dns_knows_are_fine(relay: Controller, keys: list[DkimKey], tmp_path: Path) -> None:
    async with a_dns({record_name(key): record_text(key) for key in keys}) as resolver:
        found = await look(signing(relay, tmp_path), resolver)
    assert wrong(found) == {}
    assert {"DKIM care", "DKIM care-ed25519"} < set(by_name(found))


async def test_a_missing_and_a_foreign_key_are_broken(relay: Controller, keys: list[DkimKey], tmp_path: Path) -> None:
    other = record_text(new_rsa_key("example.com", "care"))
    async with a_dns({record_name(keys[0]): other}) as resolver:
        found = await look(signing(relay, tmp_path), resolver)
    assert wrong(found) == {"DKIM care": "broken", "DKIM care-ed25519": "broken"}
    assert "another key" in by_name(found)["DKIM care"].found
    assert record_name(keys[1]) in by_name(found)["DKIM care-ed25519"].do


async def test_a_dns_that_does_not_answer_is_told(
    relay: Controller, keys: list[DkimKey], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "_SECONDS", 0.5)
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], free_port()
    found = await look(signing(relay, tmp_path), resolver)
    assert wrong(found) == {"DKIM care": "warning", "DKIM care-ed25519": "warning"}
