import base64
import hashlib
import hmac
import json
import logging
from datetime import timedelta

import pytest

from care import clock
from care.domain.conditions import Fact
from care.domain.happenings import Settled
from care.signatures import endpoint_secret
from tests.integration.calling.conftest import Crm
from tests.integration.calling.raw_server import a_raw_server, answer
from tests.integration.calling.shop import SAVE, SECRET, CallingShop, run
from tests.integration.store.telling import LAN, NOON

KEY = "e_1/tell/1:webhook"
GOLD: dict[str, Fact] = {
    "journey.tier": "gold",
    "journey.share": 0.25,
    "journey.is_known": True,
    "journey.since": "2024-05-01T02:00:00+00:00",
}


async def test_what_the_rule_file_says_is_posted_once_under_a_name_that_stays(shop: CallingShop) -> None:
    values = {"score": "{{ csat.score }}", "hello": "Chào {{ order.id }}", "nps": "{{ nps.score }}"}
    async with a_raw_server(answer()) as server:
        shop.knows(f"http://127.0.0.1:{server.port}/hooks?shop=hanoi")
        caller = shop.caller("127.0.0.1")
        settled = await run(caller, shop.order(values=values))
        again = await run(caller, shop.order(values=values))
    assert settled == again == Settled(KEY, "done")
    first, second = server.requests
    assert first.line == "POST /hooks?shop=hanoi HTTP/1.1"
    assert json.loads(first.body) == {
        "id": KEY,
        "type": "aftercare.webhook",
        "time": "2026-03-02T05:00:00Z",
        "journey": "care",
        "step": "tell",
        "revision": 1,
        "customer": {"id": LAN},
        "order": {"id": "DH-1"},
        "data": {"score": "2", "hello": "Chào DH-1", "nps": None},
    }
    assert first.body == second.body
    for request in server.requests:
        assert request.headers["host"] == f"127.0.0.1:{server.port}"
        assert request.headers["content-type"] == "application/json"
        assert request.headers["webhook-id"] == request.headers["idempotency-key"] == KEY


async def test_the_receiver_can_check_who_posted_with_nothing_but_its_secret(shop: CallingShop) -> None:
    async with a_raw_server(answer()) as server:
        before = int(clock.now().timestamp())
        await shop.call(f"http://127.0.0.1:{server.port}/", allowed=("127.0.0.1",))
    [request] = server.requests
    timestamp = request.headers["webhook-timestamp"]
    assert before <= int(timestamp) <= clock.now().timestamp()
    # As the scheme's page says it, in the receiver's own words.
    secret = base64.b64decode(endpoint_secret(SECRET, "crm").split("_", 1)[1])
    signed = f"{request.headers['webhook-id']}.{timestamp}.".encode() + request.body
    mac = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{mac}"


async def test_the_crms_answer_fills_journey_values_and_what_does_not_fit_is_told(
    shop: CallingShop, crm_peer: Crm
) -> None:
    url = f"http://127.0.0.1:{crm_peer.port}/crm"
    settled = await shop.call(url, allowed=(f"127.0.0.1:{crm_peer.port}",), save=SAVE)
    reason = "journey.visits: what the answer has at 'customer.visits' is not a number it may be"
    assert settled == Settled(KEY, "done", reason, "data_quality", values=GOLD)
    [hook] = crm_peer.notebook.list()
    assert (hook.endpoint, hook.key) == ("crm", KEY)


async def test_an_answer_that_fits_in_every_place_is_done_without_a_word(shop: CallingShop, crm_peer: Crm) -> None:
    save = {name: place for name, place in SAVE.items() if name != "journey.visits"}
    settled = await shop.call(f"http://127.0.0.1:{crm_peer.port}/crm", allowed=("127.0.0.1",), save=save)
    assert settled == Settled(KEY, "done", values=GOLD)


async def test_a_post_that_is_tried_again_is_one_and_the_same_to_the_receiver(shop: CallingShop, crm_peer: Crm) -> None:
    shop.knows(hangs_up=f"http://127.0.0.1:{crm_peer.port}/hangs_up")
    caller = shop.caller("127.0.0.1")
    for attempt in range(3):
        settled = await run(caller, shop.order("hangs_up", at=NOON + timedelta(minutes=attempt)))
        assert (settled.outcome, settled.code, settled.values) == ("retry", "unanswered", {})
    assert crm_peer.notebook.count_by_key() == {KEY: 3}


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [
        ("200 OK", "done", ""),
        ("202 Accepted", "done", ""),
        ("204 No Content", "done", ""),
        ("301 Moved Permanently", "failed", "redirect"),
        ("308 Permanent Redirect", "failed", "redirect"),
        ("400 Bad Request", "failed", "http_400"),
        ("401 Unauthorized", "failed", "http_401"),
        ("404 Not Found", "failed", "http_404"),
        ("408 Request Timeout", "retry", "http_408"),
        ("410 Gone", "failed", "http_410"),
        ("425 Too Early", "retry", "http_425"),
        ("429 Too Many Requests", "retry", "http_429"),
        ("500 Internal Server Error", "retry", "http_500"),
        ("503 Service Unavailable", "retry", "http_503"),
    ],
)
async def test_the_status_decides_what_came_of_it(shop: CallingShop, status: str, outcome: str, code: str) -> None:
    async with a_raw_server(answer(status, b"", "Location: http://127.0.0.1:1/other")) as server:
        settled = await shop.call(f"http://127.0.0.1:{server.port}/", allowed=("127.0.0.1",))
    assert (settled.id, settled.outcome, settled.code) == (KEY, outcome, code)
    assert bool(settled.reason) == (outcome != "done")
    assert len(server.requests) == 1


async def test_a_redirect_is_never_followed(shop: CallingShop, crm_peer: Crm) -> None:
    shop.knows(moved=f"http://127.0.0.1:{crm_peer.port}/moved")
    settled = await run(shop.caller("127.0.0.1"), shop.order("moved"))
    assert (settled.outcome, settled.code) == ("failed", "redirect")
    assert settled.reason.endswith("(HTTP 307); write the new one into the catalogue")
    assert [hook.endpoint for hook in crm_peer.notebook.list()] == ["moved"]


@pytest.mark.parametrize("endpoint", ["prose", "huge"])
async def test_an_answer_that_cannot_be_read_fails_only_when_it_is_wanted(
    shop: CallingShop, crm_peer: Crm, endpoint: str
) -> None:
    shop.knows(**{endpoint: f"http://127.0.0.1:{crm_peer.port}/{endpoint}"})
    caller = shop.caller("127.0.0.1")
    wanted = await run(caller, shop.order(endpoint, save=SAVE))
    assert (wanted.outcome, wanted.code, wanted.values) == ("failed", "unreadable", {})
    assert (await run(caller, shop.order(endpoint))).outcome == "done"


async def test_an_answer_that_is_packed_against_our_wish_is_not_unpacked(shop: CallingShop) -> None:
    packed = answer("200 OK", b"\x1f\x8b\x08\x00" + b"\x00" * 60, "Content-Encoding: gzip")
    async with a_raw_server(packed) as server:
        settled = await shop.call(f"http://127.0.0.1:{server.port}/", allowed=("127.0.0.1",), save=SAVE)
    assert (settled.outcome, settled.code) == ("failed", "unreadable")
    assert server.requests[0].headers["accept-encoding"] == "identity"


async def test_an_answer_that_never_ends_is_given_up_in_time_and_tried_again(shop: CallingShop, crm_peer: Crm) -> None:
    shop.knows(slow=f"http://127.0.0.1:{crm_peer.port}/slow")
    caller = shop.caller("127.0.0.1", patience=0.5)
    began = clock.now()
    settled = await run(caller, shop.order("slow", save=SAVE))
    assert (settled.outcome, settled.code) == ("retry", "unanswered")
    assert clock.now() - began < timedelta(seconds=4)
    # Its good status came at once, and that is all that was asked for.
    assert (await run(caller, shop.order("slow"))).outcome == "done"


async def test_what_is_no_web_server_is_tried_again(shop: CallingShop) -> None:
    async with a_raw_server(b"220 mail.example ESMTP\r\n") as server:
        settled = await shop.call(f"http://127.0.0.1:{server.port}/", allowed=("127.0.0.1",))
    assert (settled.outcome, settled.code) == ("retry", "unanswered")


@pytest.mark.parametrize("left", [timedelta(), timedelta(hours=-1)])
async def test_a_post_whose_time_is_up_does_not_leave(shop: CallingShop, crm_peer: Crm, left: timedelta) -> None:
    shop.knows(f"http://127.0.0.1:{crm_peer.port}/crm")
    settled = await run(shop.caller("127.0.0.1"), shop.order(expires_at=NOON + left))
    assert (settled.outcome, settled.code) == ("failed", "expired")
    assert crm_peer.notebook.list() == ()


async def test_a_post_never_takes_longer_than_its_step_may(shop: CallingShop, crm_peer: Crm) -> None:
    shop.knows(slow=f"http://127.0.0.1:{crm_peer.port}/slow")
    order = shop.order("slow", save=SAVE, expires_at=NOON + timedelta(seconds=0.4))
    began = clock.now()
    assert (await run(shop.caller("127.0.0.1", patience=60), order)).code == "unanswered"
    assert clock.now() - began < timedelta(seconds=4)


async def test_a_customer_who_left_and_an_endpoint_that_is_gone_are_not_posted_to(
    shop: CallingShop, crm_peer: Crm
) -> None:
    shop.knows(f"http://127.0.0.1:{crm_peer.port}/crm")
    caller = shop.caller("127.0.0.1")
    gone = await run(caller, shop.order("chatbot"))
    assert (gone.outcome, gone.code, gone.reason) == ("failed", "no_endpoint", "the catalogue has no endpoint chatbot")
    shop.shop.stands(left=True)
    left = await run(caller, shop.order())
    assert (left.outcome, left.code) == ("skipped", "left")
    assert crm_peer.notebook.list() == ()


async def test_words_that_cannot_be_rendered_fail_without_telling_them(shop: CallingShop, crm_peer: Crm) -> None:
    shop.knows(f"http://127.0.0.1:{crm_peer.port}/crm")
    settled = await run(shop.caller("127.0.0.1"), shop.order(values={"score": "{{ csat.score | nonsense }}"}))
    assert (settled.outcome, settled.code) == ("failed", "template")
    assert settled.reason == "the words that tell posts cannot be rendered"
    assert crm_peer.notebook.list() == ()


async def test_on_a_machine_of_ones_own_every_webhook_goes_to_the_crm_of_care_up(
    shop: CallingShop, crm_peer: Crm
) -> None:
    shop.knows("https://crm.example/hooks")
    caller = shop.caller(instead=f"http://127.0.0.1:{crm_peer.port}")
    assert (await run(caller, shop.order())).outcome == "done"
    assert [hook.endpoint for hook in crm_peer.notebook.list()] == ["crm"]


async def test_neither_words_nor_answers_nor_secrets_are_ever_logged(
    shop: CallingShop, crm_peer: Crm, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shop.knows(f"http://127.0.0.1:{crm_peer.port}/crm")
    order = shop.order(values={"said": "rất không hài lòng"}, save=SAVE)
    settled = await run(shop.caller("127.0.0.1"), order)
    assert settled.outcome == "done"
    [hook] = crm_peer.notebook.list()
    assert "rất không hài lòng".encode() in hook.body
    told = caplog.text + settled.reason
    for word in ("không hài lòng", LAN, "gold", "birthday", endpoint_secret(SECRET, "crm"), "v1,"):
        assert word not in told


async def test_the_crm_refuses_a_post_that_another_signed_or_that_is_old(shop: CallingShop, crm_peer: Crm) -> None:
    shop.knows(f"http://127.0.0.1:{crm_peer.port}/other")
    settled = await run(shop.caller("127.0.0.1"), shop.order())
    assert (settled.outcome, settled.code) == ("failed", "http_401")
    assert crm_peer.notebook.list() == ()
