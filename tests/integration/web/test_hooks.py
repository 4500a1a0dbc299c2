"""Where providers call: forged calls change nothing, true ones count once, a STOP holds before anything is decided."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import Engine, select
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from care.signatures import peer_secret
from care.store import answers, claims, receipts, schema, tickets
from care.store.addresses import address_key
from care.store.engine import reading, writing
from care.web.bodies import MOST_BYTES
from tests.integration.web.life import Life
from tests.integration.web.shop import KEY, SECRET, Shop, a_delivery, settings_in

PUBLIC = "https://care.shop.example"
HOOK = "/v1/hooks/twilio"
PHONE = "+84912345601"
SID = "SM" + "0a" * 16
TOKEN = "the token of our account"
SIGNING_KEY = "the secret of a shared key"


@pytest.fixture
def shop(store: Engine, store_url: str, tmp_path: Path) -> Shop:
    """A shop whose SMS leave over Twilio itself."""
    twilio = {"sms_url": "https://api.twilio.com", "sms_account": "AC1", "sms_token": TOKEN}
    settings = settings_in(tmp_path, store_url, public_url=PUBLIC, sms_signing_key=SIGNING_KEY, **twilio)
    shop = Shop(store, settings)
    shop.publish()
    return shop


@pytest.fixture
async def life(shop: Shop) -> Life:
    """Lan was asked how happy she is; her SMS left as ``SID``."""
    async with shop.served(authorization=f"Bearer {KEY}") as api:
        delivery = a_delivery()
        delivery["customer"] = delivery["customer"] | {"email": None}
        await api.post("/v1/events", json=delivery)
    life = Life(shop)
    await life.pass_(days=7, hours=1)
    with writing(shop.engine) as conn:
        table = schema.claims
        conn.execute(table.update().where(table.c.survey == "csat").values(provider_id=SID))
    return life


async def call(
    client: AsyncClient, form: Mapping[str, str], path: str = HOOK, *, secret: str = TOKEN, new: bool = False
) -> Response:
    """Call as Twilio does."""
    algorithm = "HMAC_SHA256" if new else "HMAC_SHA1"
    signed = RequestValidator(secret).compute_signature(PUBLIC + path, form, algorithm)
    headers = {"X-Twilio-Signature": signed}
    if new:
        headers["X-Twilio-Webhooks-Signature-Settings"] = f"key=webhooks_sharedkey_1,algorithm={algorithm}"
    return await client.post(path, data=dict(form), headers=headers)


def status(word: str, sid: str = SID, **more: str) -> dict[str, str]:
    return {"MessageSid": sid, "MessageStatus": word, "To": PHONE, "From": "+84901234567", "AccountSid": "AC1", **more}


def text(body: str, sid: str = "SM1", **more: str) -> dict[str, str]:
    return {"MessageSid": sid, "SmsStatus": "received", "From": PHONE, "To": "+84901234567", "Body": body, **more}


def asked(shop: Shop) -> claims.Claim:
    with reading(shop.engine) as conn:
        return next(claim for claim in claims.listing(conn, shop.key()) if claim.survey == "csat")


def closed(shop: Shop) -> set[tuple[str, str]]:
    table = schema.suppressions
    with reading(shop.engine) as conn:
        rows = conn.execute(select(table).where(table.c.address_key == address_key("sms", PHONE)))
        return {(row.channel, row.purpose) for row in rows}


@pytest.mark.parametrize(("secret", "new"), [(TOKEN, False), (SIGNING_KEY, True)])
async def test_an_arrival_is_written_down_once_and_nobody_is_woken(
    browser: AsyncClient, shop: Shop, life: Life, secret: str, new: bool
) -> None:
    events = shop.count()
    for _ in range(2):
        answer = await call(browser, status("delivered"), secret=secret, new=new)
        assert (answer.status_code, answer.text) == (200, "<Response/>")
        assert answer.headers["content-type"].startswith("text/xml")
    assert asked(shop).delivered_at == shop.clock()
    assert (shop.count(), shop.count("receipts")) == (events, 1)


async def test_a_message_nobody_was_sure_of_is_settled_by_the_reference_in_its_callback(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    with writing(shop.engine) as conn:
        table = schema.claims
        unsure = {"phase": "unknown", "outcome": "unknown", "provider_id": ""}
        conn.execute(table.update().where(table.c.survey == "csat").values(unsure))
    path = f"{HOOK}?reference={asked(shop).reference}"
    assert (await call(browser, status("delivered", "SM" + "0b" * 16), path)).status_code == 200
    settled = asked(shop)
    assert (settled.phase, settled.provider_id, settled.provider) == ("sent", "SM" + "0b" * 16, "twilio")


async def test_a_dead_number_is_closed_and_the_journey_hears_of_it(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    for _ in range(2):
        await call(browser, status("undelivered", ErrorCode="30005"))
    assert {purpose for _, purpose in closed(shop)} == {"marketing", "care", "transactional"}
    events = [row for row in shop.inbox() if row.type == "message.bounced"]
    assert [row.body["data"]["channel"] for row in events] == ["sms"]
    await life.hear()
    assert closed(shop) == {("sms", purpose) for purpose in ("marketing", "care", "transactional")}


async def test_a_phone_that_is_off_closes_nothing(browser: AsyncClient, shop: Shop, life: Life) -> None:
    await call(browser, status("undelivered", ErrorCode="30003"))
    with reading(shop.engine) as conn:
        [receipt] = receipts.of(conn, asked(shop).key)
    assert (receipt.kind, receipt.code) == ("failed", "undelivered")
    assert closed(shop) == set()


async def test_a_message_on_its_way_leaves_no_trace(browser: AsyncClient, shop: Shop, life: Life) -> None:
    for word in ("queued", "sent"):
        assert (await call(browser, status(word))).status_code == 200
    assert shop.count("receipts") == 0


async def test_a_stop_holds_at_once_and_is_heard_once(browser: AsyncClient, shop: Shop, life: Life) -> None:
    for _ in range(3):
        shop.clock.pass_(seconds=5)
        assert (await call(browser, text("STOP"))).status_code == 200
    assert closed(shop) == {("sms", "marketing"), ("sms", "care")}
    assert [row.type for row in shop.inbox()].count("consent.withdrawn") == 1


async def test_nothing_but_what_an_order_needs_leaves_after_a_stop(
    browser: AsyncClient, shop: Shop, life: Life
) -> None:
    with reading(shop.engine) as conn:
        left = [claim.key for claim in claims.listing(conn, shop.key()) if claim.phase == "sent"]
    await call(browser, text("TU CHOI"))
    await life.pass_(days=120)
    with reading(shop.engine) as conn:
        later = [claim for claim in claims.listing(conn, shop.key()) if claim.key not in left]
    assert left
    assert [claim.phase for claim in later if claim.phase != "released"] == []


async def test_a_stop_is_heard_before_anything_was_ever_published(
    store: Engine, store_url: str, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, store_url, public_url=PUBLIC, sms_url="https://api.twilio.com", sms_token=TOKEN)
    shop = Shop(store, settings)
    async with shop.served() as client:
        assert (await call(client, text("STOP"))).status_code == 200
    assert closed(shop) == {("sms", "marketing"), ("sms", "care")}


async def test_an_answer_by_sms_goes_on_with_the_journey(browser: AsyncClient, shop: Shop, life: Life) -> None:
    await call(browser, text("2 giao chậm, máy kêu to", "SM7"))
    await life.hear()
    with reading(shop.engine) as conn:
        [answer] = answers.listing(conn, shop.key())
        waiting = tickets.listing(conn, customer=shop.key())
    assert (answer.survey, answer.score, answer.comment) == ("csat", 2, "giao chậm, máy kêu to")
    assert [ticket.step for ticket in waiting] == ["ticket:care_team"]


async def test_free_words_reach_the_first_queue(browser: AsyncClient, shop: Shop, life: Life) -> None:
    await call(browser, text("Gọi lại cho tôi nhé"))
    await life.hear()
    with reading(shop.engine) as conn:
        [ticket] = tickets.listing(conn, customer=shop.key())
    assert (ticket.queue, ticket.about) == ("care_team", "Wrote, by SMS: Gọi lại cho tôi nhé")


async def test_a_forged_call_changes_nothing(browser: AsyncClient, shop: Shop, life: Life) -> None:
    events = shop.count()
    for answer in (
        await browser.post(HOOK, data=text("STOP")),
        await call(browser, text("STOP"), secret="another token"),
        await call(browser, text("STOP"), secret=TOKEN, new=True),
        await call(browser, text("STOP"), f"{HOOK}?x=1", secret="x"),
        await browser.get(HOOK, params=text("STOP")),
        await browser.post(HOOK, content=b"\xff\xfe"),
    ):
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:aftercare:problem:forbidden"
    assert (shop.count(), shop.count("receipts"), closed(shop)) == (events, 0, set())


@pytest.mark.parametrize("provider", ["vonage", "nobody", "outbox", "TWILIO"])
async def test_a_provider_the_shop_does_not_use_is_not_there(browser: AsyncClient, provider: str) -> None:
    answer = await browser.post(f"/v1/hooks/{provider}", data=text("STOP"))
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


async def test_a_gateway_that_signs_nothing_calls_the_address_only_it_was_given(
    store: Engine, store_url: str, tmp_path: Path
) -> None:
    shop = Shop(store, settings_in(tmp_path, store_url, public_url=PUBLIC, sms_channel="esms"))
    news = {"SMSID": "1", "SendStatus": "5", "SendFailed": "0", "RequestId": "0" * 32}
    async with shop.served() as client:
        assert (await client.get("/v1/hooks/esms", params=news)).status_code == 403
        assert (await client.get("/v1/hooks/esms/guessed", params=news)).status_code == 403
        assert (await client.get(shop.settings.hook_url("esms").removeprefix(PUBLIC), params=news)).status_code == 200
    assert shop.count("receipts") == 1


async def test_a_call_that_is_too_long_is_refused(browser: AsyncClient) -> None:
    answer = await browser.post(HOOK, content=b"x" * (MOST_BYTES + 1))
    assert answer.status_code == 413


async def test_the_embedded_gateways_token_lets_nobody_in(store: Engine, store_url: str, tmp_path: Path) -> None:
    shop = Shop(store, settings_in(tmp_path, store_url, public_url=PUBLIC))
    async with shop.served() as client:
        assert (await call(client, text("STOP"), secret="aftercare")).status_code == 403
        assert (await call(client, text("STOP"), secret="aftercare", new=True)).status_code == 403
        assert (await call(client, text("STOP"), secret=peer_secret(SECRET, "twilio"), new=True)).status_code == 200
    assert shop.count("suppressions") == 2
