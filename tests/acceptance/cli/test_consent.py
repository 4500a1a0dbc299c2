"""`care consent`: what a customer may be sent, and lists and consents from elsewhere."""

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.cli.shop import Shop, purchase
from tests.acceptance.cli.test_customers import told

HEADER = "customer,channel,purpose,given,at,wording,place,method,frequency,evidence"


@pytest.fixture(scope="module")
def lan(shop: Shop) -> str:
    told(shop, purchase(61_000))
    return "KH-61000"


def test_consents_from_elsewhere_are_taken_over_with_their_proof_and_shown(
    shop: Shop, lan: str, tmp_path: Path
) -> None:
    file = tmp_path / "consents.csv"
    said = (
        f"{lan},email,marketing,yes,2025-06-01T09:00:00+07:00,Tôi đồng ý,Cửa hàng Cầu Giấy,paper,3 tin mỗi ngày,HS-77"
    )
    file.write_text(f"{HEADER}\n{said}\n{lan},sms,care,no,2025-06-02T09:00:00+07:00,,,spoken,,\n", encoding="utf-8")
    assert shop.care("consent", "import", str(file), "--json").json == {"new": 2, "known": 0}
    assert shop.care("consent", "import", str(file), "--json").json == {"new": 0, "known": 2}
    shown = shop.care("consent", "show", lan).out
    assert "paper; place: Cửa hàng Cầu Giấy; frequency: 3 tin mỗi ngày; evidence: HS-77" in shown
    found = {(each["channel"], each["purpose"]): each for each in _permissions(shop, lan)}
    mail, care = found["email", "marketing"], found["sms", "care"]
    assert (mail["allowed"], mail["holds"], mail["since"]) == (True, "given", "2025-06-01T02:00:00+00:00")
    assert (mail["proof"]["evidence"], mail["notes"]) == ("HS-77", [])
    assert (care["allowed"], care["holds"], care["needed"]) == (False, "withdrawn", "the customer agrees again")
    assert "paper · Cửa hàng Cầu Giấy · HS-77 · import" in shop.care("audit", lan).out


def test_a_consent_that_cannot_be_read_is_named_and_nothing_is_taken_over(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "consents.csv"
    rows = (
        "KH-9,email,marketing,yes,2025-06-01T09:00:00+07:00",
        "KH-9,fax,marketing,yes,gestern",
        "KH-9,sms,care,no,x",
    )
    file.write_text("\n".join((HEADER, *(f"{row},,,,," for row in rows))))
    refused = shop.care("consent", "import", str(file))
    assert refused.status == 1
    assert f"{file}:3: 'fax' is not a channel" in refused.err
    assert f"{file}:4: " in refused.err
    assert shop.care("customers", "find", "KH-9").status == 1
    file.write_text("customer,chanel\n")
    assert "there is no column 'channel'" in shop.care("consent", "import", str(file)).err


def test_a_do_not_call_list_closes_numbers_however_they_are_written(shop: Shop, tmp_path: Path) -> None:
    told(shop, purchase(61_001))
    lan = "KH-61001"
    file = tmp_path / "dnc.csv"
    file.write_text(
        "STT;Số điện thoại\n1;0912 361 001\n2;84912345678\n3;+1 202 555 0143\n4;0912361001\n", encoding="utf-8"
    )
    first = shop.care("consent", "import-do-not-call", str(file), "--json").json
    assert first == {"numbers": 3, "channels": {"sms": {"closed": 3, "known": 0, "lifted": 0}}}
    again = shop.care("consent", "import-do-not-call", str(file), "--channel", "sms").out
    assert again == "sms: 0 numbers closed for advertising, 3 known already\n"
    sms = next(each for each in _permissions(shop, lan) if (each["channel"], each["purpose"]) == ("sms", "marketing"))
    assert [closed["cause"] for closed in sms["closed"]] == ["do_not_call"]
    file.write_text("+84912345678\n# checked on Monday\n")
    replaced = shop.care("consent", "import-do-not-call", str(file), "--replace").out
    assert replaced == "sms: 0 numbers closed for advertising, 1 known already, 2 opened again\n"
    sms = next(each for each in _permissions(shop, lan) if (each["channel"], each["purpose"]) == ("sms", "marketing"))
    assert sms["closed"] == []


def test_a_number_that_cannot_be_read_is_named_and_nothing_is_closed(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "dnc.txt"
    file.write_text("0987654321\nkhông có\n12\n")
    refused = shop.care("consent", "import-do-not-call", str(file))
    assert refused.status == 1
    assert f"{file}:2: 'không có' is not a phone number" in refused.err
    assert f"{file}:3: '12' has too few or too many digits" in refused.err
    file.write_text("0987654321\n")
    assert shop.care("consent", "import-do-not-call", str(file)).out.startswith("sms: 1 number closed")
    assert shop.care("consent", "import-do-not-call", str(file), "--channel", "email").status == 2
    assert shop.care("consent", "import-do-not-call", str(file), "--country", "XX").status == 1
    assert "cannot be read" in shop.care("consent", "import-do-not-call", str(tmp_path / "nowhere")).err


def _permissions(shop: Shop, customer: str) -> list[dict[str, Any]]:
    shown = shop.care("consent", "show", customer, "--json")
    assert shown.status == 0, shown.err
    return list(shown.json["permissions"])
