"""What a whole run writes to its logs and its screen: no secret, no key, no signed link, nobody's address."""

import base64
import json
import secrets

import httpx

from care.links import Links
from care.peers.mailbox import MAILBOX_FILE, Mailbox
from tests.acceptance.cli.shop import Shop, eventually, noon_zone, purchase

MARK = "XYZZY"


def test_a_run_with_every_kind_of_trouble_logs_no_secret(closed_shop: Shop) -> None:
    shop = closed_shop
    secret, key, password = (f"{MARK}-{name}-{secrets.token_hex(12)}" for name in ("secret", "key", "password"))
    shop.settings |= {
        "CARE_SECRET": secret,
        "CARE_API_KEY": key,
        "CARE_CONSOLE_PASSWORD": password,
        "CARE_WEBHOOK_SECRET": f"{MARK}-webhook-{secrets.token_hex(12)}",
        "CARE_HOOKS_KEY": f"{MARK}-hooks-{secrets.token_hex(12)}",
        "CARE_SMS_TOKEN": f"{MARK}-sms",
        "CARE_BOUNCE_MAILBOX": f"imap://care:{MARK}@127.0.0.1:1/INBOX",
    }
    with shop.open():
        made = shop.care("api-keys", "create", "webshop", "-s", "events:write").out.strip()
        event = purchase(1, noon_zone())
        posted = httpx.post(f"{shop.url}/v1/events", json=event, headers={"authorization": f"Bearer {made}"})
        assert posted.status_code == 202
        eventually(lambda: Mailbox(shop.folder / "data" / MAILBOX_FILE).count() > 0)
        link = Links(secret, shop.url).unsubscribe_url("m", "c", "email", "care")
        basic = base64.b64encode(f"mai:{password}".encode()).decode()
        for path, headers in (
            (link.removeprefix(shop.url), {}),
            ("/v1/summary", {"authorization": f"Bearer {made}"}),
            ("/v1/summary", {"authorization": f"Bearer {key}x"}),
            ("/", {"authorization": f"Basic {basic}"}),
            (f"/v1/hooks/esms/{shop.settings['CARE_HOOKS_KEY']}", {}),
            (f"/v1/customers/{event['customer']['email']}", {"authorization": f"Bearer {key}"}),
        ):
            assert httpx.get(shop.url + path, headers=headers).status_code < 500
        assert httpx.post(f"{shop.url}/v1/events", content=json.dumps(event) + "x").status_code == 401
    logs = {path.name: path.read_text() for path in (shop.folder / "data" / "logs").iterdir()}
    logs["the screen"] = (shop.folder / "up.log").read_text()
    assert {"api.log", "worker.log", "temporal.log", "the screen"} <= set(logs)
    personal = [event["customer"][name] for name in ("email", "phone", "name")]
    hidden = [MARK, made, made.split("_", 2)[2], link.rpartition("/")[2], basic, *personal]
    for name, said in logs.items():
        assert [word for word in hidden if word in said] == [], name
