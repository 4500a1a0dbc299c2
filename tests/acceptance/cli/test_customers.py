"""Reading the audit and giving commands, as a support lead does."""

import json
from typing import Any

import pytest

from tests.acceptance.cli.shop import Shop, eventually, purchase


def told(shop: Shop, event: dict[str, Any]) -> None:
    """Send an event and wait until it was decided."""
    answer = shop.care("events", "send", "-", given=json.dumps(event))
    assert answer.status == 0, answer.out + answer.err
    eventually(lambda: status_of(shop, event) == "decided")


def status_of(shop: Shop, event: dict[str, Any]) -> Any:
    return shop.care("events", "receipt", event["source"], event["id"], "--json").json["status"]


def follow_up(number: int, kind: str, **more: Any) -> dict[str, Any]:
    return purchase(number, id=f"{kind}-{number}", type=kind, time="2026-03-03T10:00:00+07:00", **more)


@pytest.fixture(scope="module")
def lan(shop: Shop) -> str:
    """A customer with a machine delivered, and thanked for it."""
    told(shop, purchase(60_000))
    return "KH-60000"


def test_the_audit_tells_what_happened_and_why(shop: Shop, lan: str) -> None:
    answer = shop.care("audit", lan, "--why")
    assert answer.status == 0, answer.err
    assert answer.out.startswith(
        "Nguyễn Thị Lan · KH-60000 · lan60000@example.vn · +84912360000 · vi · Asia/Ho_Chi_Minh"
    )
    entered = next(line for line in answer.out.splitlines() if "washing_machine_care → entered" in line)
    assert "day  0" in entered
    assert entered.endswith("@ v1")
    assert "washing_machine_care.yaml:" in entered
    assert "✓ " in answer.out
    assert "first_purchase → not entered" in answer.out
    assert "Journeys" in answer.out
    assert "Now" in answer.out


@pytest.mark.parametrize("text", ["KH-60000", "LAN60000@example.vn", "0912360000", "+84 912 360 000", "DH-60000"])
def test_a_customer_is_found_by_id_email_phone_or_order(shop: Shop, lan: str, text: str) -> None:
    found = shop.care("customers", "find", text, "--json").json
    assert [person["id"] for person in found] == [lan]
    assert shop.care("audit", text).status == 0


def test_the_audit_as_json_has_the_same_parts_as_the_api(shop: Shop, lan: str) -> None:
    record = shop.care("audit", lan, "--json").json
    assert record["customer"]["id"] == lan
    assert record["customer"]["timezone"] == "Asia/Ho_Chi_Minh"
    entered = next(entry for entry in record["timeline"] if entry["kind"] == "entered")
    assert entered["place"].startswith("washing_machine_care.yaml:")
    assert record["journeys"][0]["journey"] == "washing_machine_care"
    assert record["standing"][0]["journey"] == "washing_machine_care"
    assert record["paused"] is False


def test_nobody_by_that_name_is_said_so(shop: Shop, lan: str) -> None:
    answer = shop.care("audit", "KH-nobody")
    assert answer.status == 1
    assert "no customer has the id, e-mail, phone or order 'KH-nobody'" in answer.err
    assert shop.care("customers", "find", "KH-nobody").status == 1


def test_several_customers_of_one_phone_are_named(shop: Shop) -> None:
    for number in (61_000, 61_001):
        event = purchase(number, type="customer.updated")
        event["customer"]["phone"] = "0988777666"
        del event["order"]
        told(shop, event)
    answer = shop.care("audit", "0988777666")
    assert answer.status == 1
    assert "names 2 customers; name one by its id: KH-61000, KH-61001" in answer.err


def test_a_customer_is_paused_and_resumed_by_a_named_operator(shop: Shop) -> None:
    told(shop, purchase(62_000))
    paused = shop.care("customers", "pause", "KH-62000", "--operator", "Mai", "--note", "on holiday")
    assert (paused.status, paused.out) == (0, "customer KH-62000 paused by Mai\n")
    assert shop.care("audit", "KH-62000", "--json").json["paused"] is True
    twice = shop.care("customers", "pause", "KH-62000", "--operator", "Mai")
    assert (twice.status, "is paused already" in twice.err) == (1, True)

    resumed = shop.care("customers", "resume", "KH-62000", "--operator", "Mai")
    assert (resumed.status, resumed.out) == (0, "customer KH-62000 resumed by Mai\n")
    told_why = shop.care("audit", "KH-62000").out
    assert "customer → paused" in told_why
    assert "Mai" in told_why
    assert "on holiday" in told_why


def test_a_command_needs_a_name(shop: Shop, lan: str) -> None:
    answer = shop.care("customers", "pause", lan, "--operator", "  ")
    assert answer.status == 1
    assert "say who you are with --by NAME" in answer.err


def test_tickets_are_listed_and_closed(shop: Shop) -> None:
    event = follow_up(63_000, "ticket.opened", data={"ticket": "T-63", "queue": "care_team", "about": "Máy kêu to"})
    told(shop, event)
    listed = shop.care("tickets", "--open", "--json").json
    mine = next(ticket for ticket in listed if ticket["id"] == "T-63")
    assert (mine["customer_id"], mine["status"], mine["overdue"]) == ("KH-63000", "open", False)
    assert "Máy kêu to" in shop.care("tickets", "--open").out

    closed = shop.care("tickets", "close", "T-63", "--operator", "Mai", "--note", "Đã sửa")
    assert (closed.status, closed.out) == (0, "ticket T-63 of customer KH-63000 closed by Mai\n")
    assert "T-63" not in {ticket["id"] for ticket in shop.care("tickets", "--open", "--json").json}
    record = shop.care("audit", "KH-63000").out
    assert "by Mai" in record
    assert "Đã sửa" in record

    again = shop.care("tickets", "close", "T-63", "--operator", "Mai")
    assert (again.status, "was closed by Mai already" in again.err) == (1, True)
    unknown = shop.care("tickets", "close", "T-64", "--operator", "Mai")
    assert (unknown.status, "there is no ticket 'T-64'" in unknown.err) == (1, True)
