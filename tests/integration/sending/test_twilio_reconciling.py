"""Asking the gateway what became of a message before anybody thinks of sending it again."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from activities.channels.base import Delivery, Message
from activities.channels.twilio import LISTED_AFTER, TwilioAccount, TwilioChannel
from care import clock
from care.peers.smswords import FAILS_INSIDE, GONE, HANGS_UP, SWITCHED_OFF
from tests.integration.sending.conftest import ACCOUNT, TOKEN, SmsPeer
from tests.integration.sending.leaving import at_once
from tests.integration.sending.raw_http import Answer, a_web_server

TO = "+84912345678"
FROM = "+84901234567"
SINCE = datetime(2026, 3, 2, 23, 59, 58, tzinfo=UTC)
LATER = SINCE + LISTED_AFTER


def a_message(to: str = TO, text: str = "Chào chị Lan & cả nhà") -> Message:
    return Message("e_1/send:hello/1:sms", to, SINCE, text)


def listed(seconds: float = 0, **changes: Any) -> dict[str, Any]:
    made = format_datetime(SINCE + timedelta(seconds=seconds))
    known = {"sid": "SM1", "body": a_message().text, "from": FROM, "status": "sent", "date_created": made}
    return {**known, "messaging_service_sid": None, "error_code": None, **changes}


async def ask(
    *pages: Any, at: datetime | None = LATER, sender: str = FROM, status: int = 200, asked: list[str] | None = None
) -> Delivery | None:
    """Reconcile a message with a provider that answers these pages; ``at`` is its clock."""
    date = {"Date": format_datetime(at, usegmt=True)} if at is not None else {}
    answers = [Answer(status, page if isinstance(page, str) else json.dumps(page), date) for page in pages]
    async with a_web_server(*answers) as server:
        channel = TwilioChannel(TwilioAccount(server.url, ACCOUNT, TOKEN, sender, timeout=2))
        found = await channel.reconcile(a_message(), SINCE)
        await channel.close()
    if asked is not None:
        asked += server.asked
    return found


def page(*messages: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    return {"messages": list(messages), "next_page_uri": following}


@pytest.mark.parametrize(
    ("to", "outcome", "code", "suppress"),
    [
        (HANGS_UP, "sent", "", ""),
        (FAILS_INSIDE, "sent", "", ""),
        (GONE, "failed", "bad_address", "bounced"),
        (SWITCHED_OFF, "failed", "undelivered", ""),
    ],
)
async def test_the_gateway_knows_what_it_took_whatever_it_answered(
    sms_peer: SmsPeer, to: str, outcome: str, code: str, suppress: str
) -> None:
    since = clock.now()
    await sms_peer.channel.deliver(a_message(to), at_once)
    found = await sms_peer.channel.reconcile(a_message(to), since)
    assert found is not None
    assert (found.outcome, found.code, found.suppress) == (outcome, code, suppress)
    assert found.provider_id == sms_peer.handset.list()[0].sid


async def test_a_message_that_never_left_may_be_sent_again_once_the_list_had_time_to_show_it(
    sms_peer: SmsPeer,
) -> None:
    now = clock.now()
    assert await sms_peer.channel.reconcile(a_message(), now - timedelta(seconds=20)) is None
    found = await sms_peer.channel.reconcile(a_message(), now - timedelta(seconds=40))
    assert found is not None
    assert (found.outcome, found.code) == ("retry", "not_sent")


@pytest.mark.parametrize(
    ("change", "ours"),
    [
        ({}, True),
        ({"seconds": -9}, True),
        ({"seconds": -60}, False),
        ({"seconds": 3600}, True),
        ({"body": "Chào chị Lan"}, False),
        ({"body": "Chào chị Lan & cả nhà\n"}, True),
        ({"from": "+84900000000"}, False),
        ({"date_created": None}, True),
        ({"date_created": "soon"}, True),
        ({"status": "queued", "date_sent": None}, True),
    ],
)
async def test_a_message_is_known_by_its_words_its_sender_and_its_time(change: dict[str, Any], ours: bool) -> None:
    found = await ask(page(listed(**change)))
    assert found is not None
    assert found.outcome == ("sent" if ours else "retry")


async def test_of_two_that_fit_the_first_is_ours() -> None:
    found = await ask(page(listed(9, sid="SM2"), listed(1, sid="SM1", status="failed", error_code=30005)))
    assert found is not None
    assert (found.outcome, found.provider_id, found.suppress) == ("failed", "SM1", "bounced")


async def test_a_messaging_service_is_known_by_its_sid() -> None:
    service = "MG" + "0a" * 16
    listed_so = listed() | {"messaging_service_sid": service, "from": None}
    found = await ask(page(listed_so), sender=service)
    assert found is not None
    assert found.outcome == "sent"


async def test_every_page_is_read() -> None:
    asked: list[str] = []
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=1&PageToken=PASM1"
    found = await ask(page(listed(body="x"), following=path), page(listed(sid="SM9")), asked=asked)
    assert found is not None
    assert found.provider_id == "SM9"
    first, second = (urlsplit(line.split()[1]) for line in asked)
    assert parse_qs(first.query) == {"To": [TO], "PageSize": ["1000"]}
    assert f"{second.path}?{second.query}" == path


@pytest.mark.parametrize(
    ("pages", "how"),
    [
        (["<html>"], {}),
        ([[]], {}),
        ([{"messages": None}], {}),
        ([page()], {"status": 500}),
        ([page()], {"status": 401}),
        ([page()], {"at": None}),
        ([page(following="https://elsewhere.example/")], {}),
        ([page(following="/2010-04-01/Accounts/AC0/Messages.json")], {}),
        ([""], {}),
    ],
)
async def test_a_list_that_is_none_says_nothing(pages: list[Any], how: dict[str, Any]) -> None:
    assert await ask(*pages, **how) is None


async def test_a_gateway_that_cannot_be_asked_says_nothing() -> None:
    gone = TwilioChannel(TwilioAccount("http://127.0.0.1:9", ACCOUNT, TOKEN, FROM))
    assert await gone.reconcile(a_message(), SINCE) is None
    await gone.close()


async def test_a_number_nobody_can_have_was_never_sent_to(sms_peer: SmsPeer) -> None:
    found = await sms_peer.channel.reconcile(a_message("12"), SINCE)
    assert found is not None
    assert found.outcome == "failed"
