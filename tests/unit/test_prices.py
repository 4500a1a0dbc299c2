"""Prices of messages, read from the words of the catalogue."""

from decimal import Decimal

import pytest

from care.domain.prices import Price, PriceError, money_words, price_of, total


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("20 dong", Price(Decimal(20), "dong")),
        ("350 dong per segment", Price(Decimal(350), "dong", True)),
        ("1,500 dong per message", Price(Decimal(1500), "dong")),
        ("0.0079 USD  per  Segment", Price(Decimal("0.0079"), "USD", True)),
        ("800₫", Price(Decimal(800), "₫")),
        ("20 đồng", Price(Decimal(20), "đồng")),
    ],
)
def test_a_price_says_amount_currency_and_what_is_billed(text: str, price: Price) -> None:
    assert price_of(text) == price


@pytest.mark.parametrize("text", ["", "20", "dong", "1.500 dong per", "20 dong per letter", "-5 dong", "1,5 dong"])
def test_words_that_are_no_price_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(PriceError, match="350 dong per segment"):
        price_of(text)


def test_every_segment_is_billed_where_the_price_says_so() -> None:
    assert price_of("350 dong per segment").of(3) == 1050
    assert price_of("20 dong").of(3) == 20


def test_currencies_are_summed_apart() -> None:
    sums = total([(Decimal(20), "dong"), (Decimal("0.5"), "USD"), (Decimal(700), "dong")])
    assert [money_words(amount, currency) for currency, amount in sums.items()] == ["720 dong", "0.5 USD"]


def test_an_amount_is_written_without_idle_zeros() -> None:
    assert money_words(Decimal("1420.00"), "dong") == "1,420 dong"
    assert money_words(Decimal("0.0790"), "USD") == "0.079 USD"
    assert money_words(Decimal("1E+3"), "dong") == "1,000 dong"
