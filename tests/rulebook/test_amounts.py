"""Numbers and shares."""

import pytest

from care.rulebook.amounts import number, number_words, share, share_words
from care.rulebook.findings import PhraseError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5000000", 5_000_000),
        ("5,000,000", 5_000_000),
        ("5 million", 5_000_000),
        ("1.5 million", 1_500_000),
        ("2 Thousand", 2_000),
        ("3 billion", 3_000_000_000),
        ("0123", 123),
        ("-5", -5),
        ("7.5", 7.5),
        ("7.0", 7),
    ],
)
def test_numbers_read_as_people_write_them(text: str, value: float) -> None:
    assert number(text) == value
    assert isinstance(number(text), int) == (value == int(value))


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("5.000.000", "is '5.000.000' 5000000 or a decimal?", "write 5000000, or 5,000,000"),
        ("5.000", "is '5.000' 5000 or a decimal?", "write 5000, or 5,000"),
        ("5,5", "is '5,5' a decimal or a list?", "write 5.5"),
        ("5tr", "'5tr' is not a number", "write 5 million"),
        ("50 triệu", "'50 triệu' is not a number", "write 50 million"),
        ("500k", "'500k' is not a number", "write 500 thousand"),
        ("5 million dong", "'5 million dong' is not a number", "write the number without a unit or a currency"),
        ("many", "'many' is not a number", "write for example 5000000, 5,000,000 or 5 million"),
        ("1" * 200, f"'{'1' * 59}…' is not a number", "write for example 5000000, 5,000,000 or 5 million"),
    ],
)
def test_a_number_that_could_be_read_in_two_ways_is_refused(text: str, message: str, hint: str) -> None:
    with pytest.raises(PhraseError) as caught:
        number(text)
    assert (caught.value.code, caught.value.message, caught.value.hint) == ("J012", message, hint)


def test_a_percentage_is_a_share() -> None:
    assert (share("20%"), share("7.5 %"), share("100%"), share("0%")) == (0.2, 0.075, 1, 0)


@pytest.mark.parametrize(("text", "hint"), [("20", "write 20%"), ("0.7", "write 70%"), ("1", "write 1%")])
def test_a_share_without_its_sign_is_refused(text: str, hint: str) -> None:
    with pytest.raises(PhraseError) as caught:
        share(text)
    assert (caught.value.code, caught.value.hint) == ("J012", hint)


def test_numbers_and_shares_are_said_in_one_way() -> None:
    assert (number_words(10_000_000), number_words(7.5)) == ("10,000,000", "7.5")
    assert [share_words(value) for value in (0.7, 0.1, 0.075, 1, 0)] == ["70%", "10%", "7.5%", "100%", "0%"]
