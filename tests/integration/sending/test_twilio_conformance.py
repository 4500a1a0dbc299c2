"""Our requests and the embedded gateway's answers against Twilio's public OpenAPI description."""

from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from activities.channels.base import Message
from activities.channels.twilio import TwilioAccount, TwilioChannel
from care import clock
from care.peers.smswords import GONE
from tests.integration.sending.conftest import ACCOUNT, TOKEN, SmsPeer
from tests.integration.sending.leaving import at_once
from tests.integration.sending.raw_http import Answer, a_web_server
from tests.integration.sending.twilio_spec import SPEC, faults, form_faults

CALLBACK = "https://shop.example/v1/hooks/twilio"


@pytest.mark.parametrize("sender", ["+84901234567", "DIENMAY", "MG" + "0a" * 16])
async def test_what_we_ask_is_as_specified(sender: str) -> None:
    message = Message("e_1/hello/1:sms", "0912 345 678", clock.now(), "Chào chị & cả nhà")
    async with a_web_server(Answer(201, '{"sid": "SM1"}'), Answer(200, '{"messages": []}')) as server:
        channel = TwilioChannel(TwilioAccount(server.url, ACCOUNT, TOKEN, sender, callback=CALLBACK))
        assert (await channel.deliver(message, at_once)).outcome == "sent"
        await channel.reconcile(message, clock.now())
        await channel.close()
    form = dict(parse_qsl(server.bodies[0].decode()))
    assert form_faults(form, SPEC["form"], tuple(SPEC["form_required"])) == []
    path, _, query = server.asked[1].split()[1].partition("?")
    assert path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert form_faults(dict(parse_qsl(query)), SPEC["query"]) == []


async def test_the_gateway_answers_as_specified(sms_peer: SmsPeer) -> None:
    base = f"{sms_peer.url}/2010-04-01/Accounts/{ACCOUNT}"
    async with httpx.AsyncClient(base_url=base, auth=(ACCOUNT, TOKEN)) as client:
        form = {"To": GONE, "From": "+84901234567", "Body": "ạ" * 71}
        made = await client.post("/Messages.json", data=form)
        read = await client.get(f"/Messages/{made.json()['sid']}.json")
        await client.post("/Messages.json", data=form | {"To": "+84912345678"})
        pages = [await client.get("/Messages.json", params={"PageSize": 1, "Page": page}) for page in (0, 1)]
    assert made.status_code == int(SPEC["created"])
    assert (made.json()["status"], made.json()["num_segments"]) == ("queued", "2")
    assert (read.json()["status"], read.json()["error_code"]) == ("undelivered", 30005)
    resources: list[dict[str, Any]] = [made.json(), read.json()]
    for page in pages:
        assert faults(page.json(), SPEC["list"]) == []
        resources += page.json()["messages"]
    for resource in resources:
        assert faults(resource, SPEC["message"]) == []


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"To": "0912"}, "To is '0912'"),
        ({"To": "+84912345678", "Bodi": "x"}, "Bodi is not in the specification"),
        ({"To": "+84912345678", "MessagingServiceSid": "MG1"}, "MessagingServiceSid is 'MG1'"),
        ({"To": "+84912345678", "SmartEncoded": "no"}, "SmartEncoded is 'no'"),
        ({"Body": "x"}, "To is missing"),
    ],
)
def test_a_form_that_is_not_as_specified_is_found_out(form: dict[str, str], fault: str) -> None:
    assert fault in form_faults(form, SPEC["form"], ("To",))
