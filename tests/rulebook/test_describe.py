"""The language describes itself, from the words the compiler reads by."""

import re
from pathlib import Path

import pytest

from care.rulebook.catalogue_words import CATALOGUE
from care.rulebook.codes import CODES
from care.rulebook.describe import UnknownWordError, explain, reference, words
from care.rulebook.phrases import PHRASES
from care.rulebook.promises import PROMISE
from care.rulebook.vocabulary import JOURNEY, STEPS

SOURCE = Path(__file__).parents[2] / "care" / "rulebook"


def test_a_step_is_explained_with_its_companions_and_an_example() -> None:
    text = explain("survey")
    assert text.startswith("survey: Ask for a score and wait for the answer")
    assert "up_to" in text
    assert "- survey: csat" in text


def test_a_setting_is_explained_once_with_every_place_it_has() -> None:
    assert explain("up_to").count("how long to wait at most") == 1
    assert "In survey, ticket, wait_for" in explain("up_to")


@pytest.mark.parametrize(
    "word", ["J010", "j034", "at most", "AT  MOST", "until", "any", "not", "with:", "trigger", "promise"]
)
def test_codes_tests_groups_and_waits_are_words_too(word: str) -> None:
    assert explain(word)


def test_every_word_has_a_text() -> None:
    for word in words():
        assert explain(word).strip()


def test_an_unknown_word_gets_the_nearest_one() -> None:
    with pytest.raises(UnknownWordError, match="did you mean 'survey'"):
        explain("survay")


def test_the_reference_names_every_setting_test_and_code() -> None:
    text = reference()
    for form in (*STEPS.values(), JOURNEY, CATALOGUE, PROMISE):
        for setting in form.settings:
            assert f"| `{setting.name}` |" in text
    for phrase in PHRASES:
        assert f"`{phrase.words}`" in text
    for code in CODES:
        assert f"| `{code}` |" in text


def test_every_code_the_checker_gives_is_explained() -> None:
    given = {
        code for file in SOURCE.glob("*.py") for code in re.findall(r'"(J\d{3})"', file.read_text(encoding="utf-8"))
    }
    assert given == set(CODES)
