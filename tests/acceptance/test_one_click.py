"""A signed e-mail as the shop's relay gets it: its signature holds, and one click in it ends such messages."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import dkim as oracle
import pytest

from activities.channels.dkim_keys import new_ed25519_key, new_rsa_key, record_name, record_text, save
from care.peers.mailbox import MAILBOX_FILE, Mail, Mailbox
from tests.acceptance.cli.shop import Shop, a_shop, eventually, noon_zone
from tests.acceptance.installation import Installation, an_installation

KEYS = (new_rsa_key("dienmay.example", "care"), new_ed25519_key("dienmay.example", "care-ed"))
PUBLISHED = {f"{record_name(key)}.".encode(): record_text(key).encode() for key in KEYS}


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    shop = a_shop(tmp_path)
    for key, name in zip(KEYS, ("rsa.pem", "ed25519.pem"), strict=True):
        save(key, tmp_path / name)
    shop.settings |= {
        "CARE_MAIL_FROM": "Chăm sóc khách hàng <cskh@dienmay.example>",
        "CARE_DKIM_SELECTOR": KEYS[0].selector,
        "CARE_DKIM_KEY": str(tmp_path / "rsa.pem"),
        "CARE_DKIM_ED25519_SELECTOR": KEYS[1].selector,
        "CARE_DKIM_ED25519_KEY": str(tmp_path / "ed25519.pem"),
    }
    with an_installation(shop) as running:
        yield running


def test_a_mail_programs_one_click_ends_messages_and_looking_at_the_link_does_not(installed: Installation) -> None:
    installed.buy(range(1, 2), zone=noon_zone())
    mail = eventually(lambda: _mails(installed))[0]
    for place in range(len(KEYS)):
        assert oracle.DKIM(mail.content).verify(idx=place, dnsfunc=_in_dns)
    url = _one_click(mail)

    for method in ("GET", "HEAD"):
        assert _status(url, method) == 200
    assert _withdrawn(installed.shop) == []

    assert _status(url, "POST", b"List-Unsubscribe=One-Click") == 200
    said = eventually(lambda: _withdrawn(installed.shop))
    assert {(each["channel"], each["proof"]["method"]) for each in said} == {("email", "one-click")}


def _in_dns(name: bytes, timeout: float = 5) -> bytes | None:
    return PUBLISHED.get(name)


def _mails(installed: Installation) -> tuple[Mail, ...]:
    mailbox = Mailbox(installed.data / MAILBOX_FILE)
    try:
        return mailbox.list()
    finally:
        mailbox.close()


def _one_click(mail: Mail) -> str:
    headers = message_from_bytes(mail.content)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.match(r"<(http[^>]+)>", headers["List-Unsubscribe"])
    assert found is not None
    return found[1]


def _status(url: str, method: str, body: bytes | None = None) -> int:
    with urlopen(Request(url, data=body, method=method), timeout=60) as answer:
        return int(answer.status)


def _withdrawn(shop: Shop) -> list[dict[str, Any]]:
    shown = shop.care("consent", "show", "KH-1", "--json").json
    return [each for each in shown["permissions"] if each["holds"] == "withdrawn"]
