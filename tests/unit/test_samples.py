"""The sample orders are what the demo promises: many, varied, nobody real, and the same on every run."""

import json
from collections import Counter
from typing import Any

import phonenumbers
import pytest

from care.samples import make_orders

Line = dict[str, Any]


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return [json.loads(line) for line in make_orders.FILE.read_text(encoding="utf-8").splitlines()]


def test_the_committed_file_is_what_the_script_writes() -> None:
    assert make_orders.FILE.read_text(encoding="utf-8") == make_orders.text()


def test_there_are_enough_purchases_of_every_category(lines: list[Line]) -> None:
    placed = {e["order"]["id"]: e["order"] for e in (line["event"] for line in lines) if e["type"] == "order.placed"}
    delivered = {line["event"]["order"]["id"] for line in lines if line["event"]["type"] == "order.delivered"}
    assert len(delivered) >= 220
    counts = Counter(order["category"] for order in placed.values())
    assert set(counts) == {"washing_machine", "dryer", "fridge", "tv", "accessory"}
    assert min(counts.values()) >= 20


def test_something_happens_to_the_orders_later(lines: list[Line]) -> None:
    later = Counter(line["event"]["type"] for line in lines if line["after_days"] > 1)
    assert {"order.returned", "order.refunded", "order.placed", "service_visit.completed"} <= set(later)
    assert [line["after_days"] for line in lines] == sorted(line["after_days"] for line in lines)


def test_customers_speak_two_languages_in_three_time_zones(lines: list[Line]) -> None:
    profiles = profiles_of(lines)
    assert {profile["locale"] for profile in profiles} == {"vi", "en"}
    assert {p["timezone"] for p in profiles} == {"Asia/Ho_Chi_Minh", "Asia/Tokyo", "America/New_York"}


def test_some_customers_have_no_phone_some_no_email_and_everybody_one_of_them(lines: list[Line]) -> None:
    profiles = profiles_of(lines)
    assert sum("phone" not in profile for profile in profiles) >= 8
    assert sum("email" not in profile for profile in profiles) >= 8
    assert all("phone" in profile or "email" in profile for profile in profiles)


def test_nobody_can_be_reached_by_accident(lines: list[Line]) -> None:
    for profile in profiles_of(lines):
        if "email" in profile:
            assert profile["email"].endswith(("@example.com", ".example"))
        if "phone" in profile:
            assert "00000" in profile["phone"] or "55501" in profile["phone"] or "0000" in profile["phone"]
            assert phonenumbers.is_valid_number(phonenumbers.parse(profile["phone"]))


def test_addresses_are_not_shared(lines: list[Line]) -> None:
    profiles = profiles_of(lines)
    for kind in ("email", "phone"):
        known = [profile[kind] for profile in profiles if kind in profile]
        assert len(set(known)) == len(known)


def test_some_events_are_late_out_of_order_or_posted_twice(lines: list[Line]) -> None:
    ids = Counter(line["event"]["id"] for line in lines)
    assert max(ids.values()) == 2
    seen: set[str] = set()
    early = 0
    for line in lines:
        order = line["event"].get("order")
        if order is not None:
            early += line["event"]["type"] == "order.delivered" and order["id"] not in seen
            seen.add(order["id"])
    assert early >= 3
    assert sum(line["event"]["time"] < "2026-02-15" for line in lines) >= 50


def profiles_of(lines: list[Line]) -> list[Line]:
    known = {
        line["event"]["customer"]["id"]: line["event"]["customer"]
        for line in lines
        if "name" in line["event"]["customer"]
    }
    return list(known.values())
