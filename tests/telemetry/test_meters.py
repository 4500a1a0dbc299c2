"""Labels that somebody else could make up do not grow without end."""

import pytest

from care.telemetry.meters import OTHER, Words


def test_a_word_stays_and_a_sentence_or_an_address_is_other() -> None:
    words = Words()
    assert [words(each) for each in ("no_consent", "http_503", "E21211")] == ["no_consent", "http_503", "E21211"]
    given = ("lan@example.vn", "the mailbox is full", "", "+84912345678", "x" * 61)
    assert {words(each) for each in given} == {OTHER}


@pytest.mark.parametrize("most", [1, 3])
def test_of_too_many_words_the_first_are_kept(most: int) -> None:
    words = Words(most)
    said = [words(f"code{number}") for number in range(5)]
    assert said == [f"code{number}" if number < most else OTHER for number in range(5)]
    assert words("code0") == "code0"
