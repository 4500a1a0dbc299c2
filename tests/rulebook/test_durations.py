"""Lengths of time."""

import pytest

from care.domain.catalogue import Window
from care.domain.moments import Duration
from care.rulebook.durations import fixed, length
from care.rulebook.findings import PhraseError

HOURS = (*(Window(480, 1050),) * 5, Window(480, 720), None)
CLOSED = (None,) * 7


@pytest.mark.parametrize(
    ("text", "seconds", "said"),
    [
        ("30 minutes", 1_800, "30 minutes"),
        ("1 hour", 3_600, "1 hour"),
        ("24 hours", 86_400, "24 hours"),
        ("3 days", 259_200, "3 days"),
        ("1 Week", 604_800, "1 week"),
        ("2weeks", 1_209_600, "2 weeks"),
    ],
)
def test_a_fixed_length_is_so_many_seconds(text: str, seconds: int, said: str) -> None:
    assert fixed(text) == length(text, CLOSED) == Duration(seconds, False, said)


def test_business_time_counts_only_business_hours_and_a_day_is_the_longest_one() -> None:
    assert length("4 business hours", HOURS) == Duration(14_400, True, "4 business hours")
    assert length("1 business day", HOURS) == Duration(570 * 60, True, "1 business day")
    assert length("90 business minutes", HOURS) == Duration(5_400, True, "90 business minutes")


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("1 month", "J013", "write 30 days"),
        ("2 years", "J013", "write 730 days"),
        ("month", "J013", "write 30 days"),
        ("1 quarter", "J013", "write 90 days"),
        ("3 tháng", "J013", "write 90 days"),
        ("1 moth", "J013", "write 30 days"),
        ("3 ngày", "J012", "did you mean '3 days'?"),
        ("2 hrs", "J012", "did you mean '2 hours'?"),
        ("3 dais", "J012", "did you mean '3 days'?"),
        ("day", "J012", "write 1 day"),
        ("2 working days", "J012", "write 2 business days"),
        ("2 workdays", "J012", "write 2 business days"),
        ("30 seconds", "J012", "the shortest time is 1 minute"),
        ("0 days", "J012", "write at least 1 minute, or leave it out"),
        ("99999 days", "J012", "write a shorter time"),
        ("2 business weeks", "J012", "write business days"),
        ("soon enough", "J012", "write a number and a unit: 30 minutes, 2 hours, 3 days, 1 week, 4 business hours"),
        ("", "J012", "write a number and a unit: 30 minutes, 2 hours, 3 days, 1 week, 4 business hours"),
    ],
)
def test_what_has_no_fixed_length_is_refused_with_what_to_write(text: str, code: str, hint: str) -> None:
    with pytest.raises(PhraseError) as caught:
        length(text, HOURS)
    assert (caught.value.code, caught.value.hint) == (code, hint)


def test_business_time_needs_business_hours_and_a_place_that_counts_it() -> None:
    with pytest.raises(PhraseError, match="no business hours") as caught:
        length("4 business hours", CLOSED)
    assert caught.value.code == "J010"
    with pytest.raises(PhraseError, match="business time cannot be counted here"):
        fixed("4 business hours")
