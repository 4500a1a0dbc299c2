"""Numbering: what a phone number tells of where its owner lives."""

import pytest

from care.numbering import home_zone


@pytest.mark.parametrize(
    ("told", "number", "zone"),
    [
        ("Asia/Tokyo", "+13055550100", "Asia/Tokyo"),
        ("", "+13055550100", "America/New_York"),
        ("", "+84912345678", "Asia/Ho_Chi_Minh"),
        ("", "+18005550100", ""),
        ("", "", ""),
    ],
)
def test_the_zone_that_was_told_holds_else_that_of_the_phone_number(told: str, number: str, zone: str) -> None:
    assert home_zone(told, number).replace("Saigon", "Ho_Chi_Minh") == zone
