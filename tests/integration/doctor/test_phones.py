"""What the doctor finds about SMS, Zalo and webhooks; each test breaks the very thing."""

from pathlib import Path
from typing import Any

import pytest

from care.cli.doctor import phones
from care.cli.doctor.findings import Finding
from care.settings import load_settings
from tests.integration.doctor.findings import by_name, wrong

REAL: dict[str, dict[str, str]] = {
    "twilio": {
        "sms_channel": "twilio",
        "sms_url": "https://api.twilio.example",
        "sms_account": "AC1",
        "sms_token": "hunter2",
        "sms_from": "+84287654321",
    },
    "esms": {
        "sms_channel": "esms",
        "esms_url": "https://rest.esms.vn",
        "esms_key": "k",
        "esms_secret": "hunter2",
        "esms_brand": "ANNHA",
    },
    "speedsms": {"sms_channel": "speedsms", "speedsms_url": "https://api.speedsms.vn", "speedsms_token": "hunter2"},
    "vonage": {
        "sms_channel": "vonage",
        "vonage_url": "https://rest.nexmo.com",
        "vonage_key": "k",
        "vonage_secret": "hunter2",
        "vonage_from": "ANNHA",
        "vonage_signature": "hunter2",
    },
}
ZALO = {
    "sms_channel": "outbox",
    "zalo_channel": "zalo_zns",
    "zalo_url": "https://business.openapi.zalo.me",
    "zalo_app": "1042",
    "zalo_secret": "hunter2",
}


def look(**given: Any) -> list[Finding]:
    found = list(phones.look(load_settings(**given)))
    assert "hunter2" not in str(found)
    return found


def test_the_peers_of_this_machine_are_fine_until_the_world_is_let_in() -> None:
    assert wrong(look(zalo_channel="zalo_zns")) == {}
    assert wrong(look(http_host="0.0.0.0")) == {"twilio": "warning", "where": "warning"}
    assert wrong(look(http_host="0.0.0.0", sms_channel="outbox", webhook_channel="endpoint")) == {}


def test_a_provider_that_no_plug_in_offers_is_broken() -> None:
    found = look(sms_channel="twillio")
    assert wrong(found) == {"names": "broken"}
    assert "twillio" in by_name(found)["names"].found


@pytest.mark.parametrize("provider", REAL)
def test_an_account_of_ones_own_is_fine(provider: str) -> None:
    assert wrong(look(**REAL[provider])) == {}


@pytest.mark.parametrize("provider", REAL)
def test_an_account_as_shipped_or_without_tls_is_broken(provider: str) -> None:
    url = f"{'sms' if provider == 'twilio' else provider}_url"
    shipped = {name: value for name, value in REAL[provider].items() if name in (url, "sms_channel")}
    assert wrong(look(**shipped))[provider] == "broken" or provider == "vonage"
    findings = look(**shipped)
    assert any("still as shipped" in each.found for each in findings)
    clear = look(**REAL[provider] | {url: REAL[provider][url].replace("https", "http")})
    assert wrong(clear) == {provider: "broken"}


def test_a_sender_that_the_kind_needs_and_a_signature_that_is_missing_are_told() -> None:
    assert wrong(look(**REAL["speedsms"] | {"speedsms_sender": ""})) == {"speedsms": "broken"}
    assert wrong(look(**REAL["speedsms"] | {"speedsms_sender": "", "speedsms_type": "2"})) == {}
    assert wrong(look(**REAL["vonage"] | {"vonage_signature": ""})) == {"vonage": "warning"}


def test_a_zalo_token_that_lives_for_a_day_or_is_not_there_is_told(tmp_path: Path) -> None:
    assert wrong(look(**ZALO, zalo_token="hunter2")) == {"zalo_zns": "warning"}
    token = tmp_path / "token"
    assert wrong(look(**ZALO, zalo_token_file=str(token))) == {"zalo_zns": "broken"}
    token.write_text("\n")
    assert wrong(look(**ZALO, zalo_token_file=str(token))) == {"zalo_zns": "broken"}
    token.write_text("hunter2\n")
    assert wrong(look(**ZALO, zalo_token_file=str(token))) == {}
    found = look(**ZALO | {"zalo_secret": ""}, zalo_token_file=str(token))
    assert wrong(found) == {"zalo_zns": "warning"}
    assert "believed" in by_name(found)["zalo_zns"].found
