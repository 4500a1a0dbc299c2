import asyncio
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from care import clock
from care.peers.exchange import EXCHANGE_FILE, Exchange
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from care.peers.notebook import NOTEBOOK_FILE, Notebook
from care.peers.smswords import HANGS_UP
from care.signatures import endpoint_secret, signed_headers
from care.temporal.devserver import free_port
from tests.integration.sending.conftest import ACCOUNT, HOST, TOKEN, MailPeer, SmsPeer

LETTER = b"Message-ID: <1@x>\r\nSubject: =?utf-8?b?Q2jDoG8=?=\r\n\r\nhi\r\n"


def send_by_smtplib(port: int, recipient: str, content: bytes = LETTER) -> None:
    with smtplib.SMTP(HOST, port, timeout=5) as client:
        client.sendmail("shop@x.example", [recipient], content)


@contextmanager
def an_api(sms_peer: SmsPeer, token: str = TOKEN) -> Iterator[httpx.AsyncClient]:
    base = f"{sms_peer.url}/2010-04-01/Accounts/{ACCOUNT}"
    yield httpx.AsyncClient(base_url=base, auth=(ACCOUNT, token))


async def test_messages_are_listed_by_recipient_and_day_in_pages(sms_peer: SmsPeer) -> None:
    for number, day in enumerate((1, 2, 2, 3)):
        sms_peer.handset.add("+84901234567", "+84912345678", f"n{number}", datetime(2026, 3, day, 23, 0, tzinfo=UTC))
    sms_peer.handset.add("+84901234567", "+84900000000", "other", datetime(2026, 3, 2, tzinfo=UTC))

    async def bodies(**params: str) -> list[str]:
        page = await client.get("/Messages.json", params={"To": "+84912345678", **params})
        return [message["body"] for message in page.json()["messages"]]

    with an_api(sms_peer) as client:
        async with client:
            assert await bodies() == ["n3", "n2", "n1", "n0"]
            assert await bodies(DateSent="2026-03-02") == ["n2", "n1"]
            assert await bodies(**{"DateSent>": "2026-03-02"}) == ["n3", "n2", "n1"]
            assert await bodies(**{"DateSent<": "2026-03-01"}) == ["n0"]
            first = await client.get("/Messages.json", params={"To": "+84912345678", "PageSize": "3"})
            following = await client.get(f"{sms_peer.url}{first.json()['next_page_uri']}")
            assert [message["body"] for message in following.json()["messages"]] == ["n0"]
            assert following.json()["next_page_uri"] is None


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"From": "+84901234567", "Body": "x"}, 400, 21604),
        ({"To": "+84912345678", "Body": "x"}, 400, 21603),
        ({"To": "+84912345678", "From": "+84901234567"}, 400, 21602),
        ({"To": "+84912345678", "From": "+84901234567", "Body": "x" * 1601}, 400, 21617),
        ({"To": "+84912345678", "From": "+15005550001", "Body": "x"}, 400, 21212),
    ],
)
async def test_a_faulty_message_is_refused_with_the_providers_code(
    sms_peer: SmsPeer, form: dict[str, str], status: int, code: int
) -> None:
    with an_api(sms_peer) as client:
        async with client:
            answer = await client.post("/Messages.json", data=form)
    body = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (status, code, status)
    assert set(body) == {"code", "message", "more_info", "status"}
    assert sms_peer.handset.count() == 0


async def test_the_gateway_keeps_its_doors_shut(sms_peer: SmsPeer) -> None:
    with an_api(sms_peer, token="wrong") as client:
        async with client:
            assert (await client.get("/Messages.json")).json()["code"] == 20003
    with an_api(sms_peer) as client:
        async with client:
            assert (await client.get("/Messages/SM1.json")).json()["code"] == 20404
            assert (await client.get("/Messages.json", params={"PageSize": "x"})).json()["code"] == 20001
            assert (await client.get("/Messages.json", params={"DateSent": "x"})).json()["code"] == 20001
            with pytest.raises(httpx.TransportError):
                await client.post("/Messages.json", data={"To": HANGS_UP, "From": "+84901234567", "Body": "x"})


@pytest.mark.parametrize(
    ("mood", "code", "kept"), [("bounce", 550, 0), ("full", 552, 0), ("greylist", 451, 0), ("policy", 554, 0)]
)
async def test_a_mailbox_refuses_as_its_name_says(mail_peer: MailPeer, mood: str, code: int, kept: int) -> None:
    with pytest.raises((smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)) as refused:
        await asyncio.to_thread(send_by_smtplib, mail_peer.port, f"{mood}+lan@example.vn")
    assert str(code) in str(refused.value)
    assert mail_peer.mailbox.count() == kept


async def test_a_greylisted_mail_is_taken_the_second_time(mail_peer: MailPeer) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        await asyncio.to_thread(send_by_smtplib, mail_peer.port, "greylist@example.vn")
    await asyncio.to_thread(send_by_smtplib, mail_peer.port, "greylist@example.vn")
    assert mail_peer.mailbox.count() == 1


@pytest.mark.parametrize(("mood", "kept"), [("drop-before-data", 0), ("drop-after-dot", 1)])
async def test_a_dropped_conversation_ends_without_an_answer(mail_peer: MailPeer, mood: str, kept: int) -> None:
    with pytest.raises(smtplib.SMTPServerDisconnected):
        await asyncio.to_thread(send_by_smtplib, mail_peer.port, f"{mood}@example.vn")
    assert mail_peer.mailbox.count() == kept


async def test_a_full_disk_is_answered_with_later_and_nothing_is_half_kept(mail_peer: MailPeer) -> None:
    await asyncio.to_thread(send_by_smtplib, mail_peer.port, "lan@example.vn")
    mail_peer.mailbox._kept.read("pragma max_page_count = 8")
    with pytest.raises(smtplib.SMTPDataError) as refused:
        await asyncio.to_thread(send_by_smtplib, mail_peer.port, "lan@example.vn", LETTER + b"x\r\n" * 50_000)
    assert refused.value.smtp_code == 452
    mail_peer.mailbox._kept.read("pragma max_page_count = 10000")
    await asyncio.to_thread(send_by_smtplib, mail_peer.port, "lan@example.vn")
    assert mail_peer.mailbox.count() == 2


def test_the_mailbox_tells_what_it_has(mailbox: Mailbox) -> None:
    at = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    mailbox.add(LETTER, "shop@x.example", ["lan@example.vn", "hung@example.vn"], at)
    mailbox.add(LETTER, "shop@x.example", ["lan@example.vn"], at)
    mailbox.add(b"no headers at all", "", ["lan@example.vn"], at)
    assert [mail.number for mail in mailbox.list(recipient="LAN@example.vn")] == [1, 3, 4]
    assert [mail.number for mail in mailbox.list(after=2, limit=1)] == [3]
    first = mailbox.get(1)
    assert first is not None
    assert (first.subject, first.message_id, first.received_at, first.content) == ("Chào", "1@x", at, LETTER)
    assert mailbox.get(9) is None
    assert mailbox.count_by_message_id() == {"1@x": 3, "": 1}


@pytest.mark.parametrize("header", [b"=?utf-8?b?\xff?=", b"<", b"=?x?q?a?=", b"\xff\x00", b'"@(:;,[]\\'])
def test_a_mail_with_malformed_headers_is_kept_all_the_same(mailbox: Mailbox, header: bytes) -> None:
    content = b"Message-ID: " + header + b"\r\nSubject: " + header + b"\r\n\r\nx"
    mailbox.add(content, "", ["lan@example.vn"], datetime(2026, 3, 2, tzinfo=UTC))
    assert mailbox.list()[0].content == content


def wait_until_open(*ports: int) -> None:
    deadline = time.monotonic() + 20
    for port in ports:
        while True:
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, f"nothing listens on port {port}"


def test_all_peers_run_as_one_process_that_keeps_everything_when_killed_and_stops_when_told(tmp_path: Path) -> None:
    smtp_port, sms_port, webhook_port, gateways_port = free_port(), free_port(), free_port(), free_port()
    command = [sys.executable, "-m", "care.peers", "--data-dir", str(tmp_path)]
    command += ["--smtp-port", str(smtp_port), "--sms-port", str(sms_port), "--webhook-port", str(webhook_port)]
    command += ["--gateways-port", str(gateways_port)]
    killed = subprocess.Popen(command)
    try:
        wait_until_open(smtp_port, sms_port, webhook_port, gateways_port)
        send_by_smtplib(smtp_port, "lan@example.vn")
        httpx.post(
            f"http://{HOST}:{sms_port}/2010-04-01/Accounts/aftercare/Messages.json",
            auth=("aftercare", "aftercare"),
            data={"To": "+84912345678", "From": "+84901234567", "Body": "x"},
        ).raise_for_status()
        httpx.post(
            f"http://{HOST}:{gateways_port}/sms/json",
            data={
                "api_key": "aftercare",
                "api_secret": "aftercare",
                "from": "AFTERCARE",
                "to": "84912345678",
                "text": "x",
            },
        ).raise_for_status()
        body = b'{"customer": {"id": "KH-1"}, "journey": "care"}'
        secret = endpoint_secret((tmp_path / "secret.key").read_text().strip(), "crm")
        headers = signed_headers(secret, "e_1/tell/1:webhook", clock.now(), body)
        httpx.post(f"http://{HOST}:{webhook_port}/crm", content=body, headers=headers).raise_for_status()
    finally:
        killed.kill()
        killed.wait()
    told = subprocess.Popen(command)
    try:
        wait_until_open(smtp_port, sms_port, webhook_port, gateways_port)
        told.send_signal(signal.SIGTERM)
        assert told.wait(timeout=5) == 0
    finally:
        told.kill()
        told.wait()
    for box in (
        Mailbox(tmp_path / MAILBOX_FILE),
        Handset(tmp_path / HANDSET_FILE),
        Notebook(tmp_path / NOTEBOOK_FILE),
        Exchange(tmp_path / EXCHANGE_FILE),
    ):
        assert len(box.list()) == 1
        box.close()
    with sqlite3.connect(tmp_path / MAILBOX_FILE) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    database.close()
