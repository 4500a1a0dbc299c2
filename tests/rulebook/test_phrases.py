"""Tests: short English phrases about one field."""

import pytest

from care.domain.catalogue import Field
from care.domain.conditions import Test as Asked
from care.rulebook.findings import PhraseError
from care.rulebook.phrases import PHRASES, one_of, read_test

KIND = Field("customer.type", "choice", choices=("new", "regular", "vip", "at_risk"))
SCORE = Field("csat.score", "number", low=1, high=5, whole=True)
TOTAL = Field("order.total", "number", low=0)
SHARE = Field("customer.discounted_share", "percent")
DATE = Field("appointment.at", "date")
TAGS = Field("customer.tags", "list")
OPEN = Field("ticket.open", "yes/no")
CITY = Field("customer.city", "text")


@pytest.mark.parametrize(
    ("field", "text", "test"),
    [
        (KIND, "vip", Asked("is", ("vip",), "vip")),
        (KIND, "not vip", Asked("is", ("vip",), "not vip", negated=True)),
        (KIND, "one of new,  regular", Asked("one of", ("new", "regular"), "one of new, regular")),
        (KIND, "not one of new, vip", Asked("one of", ("new", "vip"), "not one of new, vip", negated=True)),
        (KIND, "[new, vip]", Asked("one of", ("new", "vip"), "one of new, vip")),
        (KIND, "missing", Asked("missing", (), "missing")),
        (KIND, "not known", Asked("known", (), "not known", negated=True)),
        (SCORE, "4", Asked("is", (4,), "4")),
        (SCORE, "at most 2", Asked("at most", (2,), "at most 2")),
        (SCORE, "AT  LEAST 4", Asked("at least", (4,), "at least 4")),
        (SCORE, "between 2 and 4", Asked("between", (2, 4), "between 2 and 4")),
        (TOTAL, "more than 10 million", Asked("more than", (10_000_000,), "more than 10,000,000")),
        (TOTAL, "less than 5,000,000", Asked("less than", (5_000_000,), "less than 5,000,000")),
        (TOTAL, "at least 0.5", Asked("at least", (0.5,), "at least 0.5")),
        (SHARE, "at least 70%", Asked("at least", (0.7,), "at least 70%")),
        (DATE, "in the last 30 days", Asked("in the last", (2_592_000,), "in the last 30 days")),
        (DATE, "more than 30 days ago", Asked("more ago", (2_592_000,), "more than 30 days ago")),
        (DATE, "in the next 1 week", Asked("in the next", (604_800,), "in the next 1 week")),
        (DATE, "before 2026-11-22", Asked("before", ("2026-11-22",), "before 2026-11-22")),
        (DATE, "after 2026-11-22", Asked("after", ("2026-11-22",), "after 2026-11-22")),
        (TAGS, "includes b2b", Asked("includes", ("b2b",), "includes b2b")),
        (TAGS, "includes any of a, b", Asked("includes", ("a", "b"), "includes any of a, b")),
        (TAGS, "not includes b2b", Asked("includes", ("b2b",), "not includes b2b", negated=True)),
        (OPEN, "no", Asked("is", (False,), "no")),
        (OPEN, "yes", Asked("is", (True,), "yes")),
        (CITY, "Hà Nội", Asked("is", ("Hà Nội",), "Hà Nội")),
    ],
)
def test_a_phrase_becomes_a_typed_test(field: Field, text: str, test: Asked) -> None:
    assert read_test(text, field) == test
    assert [type(value) for value in read_test(text, field).args] == [type(value) for value in test.args]


def test_the_words_of_a_test_read_as_the_same_test() -> None:
    for field, text in ((TOTAL, "at least 10 million"), (SHARE, "less than 7.5%"), (DATE, "more than 1 week ago")):
        test = read_test(text, field)
        assert read_test(test.text, field) == test


def test_a_list_of_one_value_is_that_value() -> None:
    assert one_of(["vip"], KIND) == Asked("is", ("vip",), "vip")


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase.words)
def test_every_phrase_has_an_example_that_can_be_read(phrase: object) -> None:
    fields = {"number": TOTAL, "percent": SHARE, "date": DATE, "list": TAGS, "yes/no": OPEN, "text": CITY}
    readable = []
    for kind in phrase.types:  # type: ignore[attr-defined]
        try:
            readable.append(read_test(phrase.example, fields.get(kind, KIND)).op)  # type: ignore[attr-defined]
        except PhraseError:
            continue
    assert readable
    assert set(readable) == {phrase.op}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("field", "text", "code", "hint"),
    [
        (KIND, "VIP", "J011", "did you mean 'vip'?"),
        (KIND, "gold", "J011", ""),
        (KIND, "one of new, regulr", "J011", "did you mean 'regular'?"),
        (KIND, "at least 2", "J012", "write for example: one of new, regular · missing · known"),
        (KIND, "!= vip", "J012", "write the comparison in words: 'not vip'"),
        (KIND, "not not vip", "J012", "say it without 'not'"),
        (SCORE, ">= 4", "J012", "write the comparison in words: 'at least 4'"),
        (SCORE, "≤ 4", "J012", "write the comparison in words: 'at most 4'"),
        (SCORE, "< 3", "J012", "write the comparison in words: 'less than 3'"),
        (SCORE, "= 3", "J012", "write the comparison in words: '3'"),
        (SCORE, "4+", "J012", "write 'at least 4'"),
        (SCORE, "3-5", "J012", "write 'between 3 and 5'"),
        (SCORE, "atleast 4", "J012", "did you mean 'at least 4'?"),
        (SCORE, "more then 4", "J012", "did you mean 'more than 4'?"),
        (SCORE, "between 4 and 2", "J012", "write between 2 and 4"),
        (SCORE, "at least 9", "J012", ""),
        (SCORE, "at least 0", "J012", ""),
        (SCORE, "2.5", "J012", ""),
        (SCORE, "20%", "J012", "leave the % out"),
        (SCORE, "any", "J012", "leave the line out; 'any' accepts every value only in a table's cell"),
        (TOTAL, "at least 5.000.000", "J012", "write 5000000, or 5,000,000"),
        (SHARE, "at least 70", "J012", "write 70%"),
        (DATE, "in the last month", "J013", "write 30 days"),
        (DATE, "in the last 3 business days", "J012", "write plain hours or days"),
        (DATE, "before 22/11/2026", "J012", "write the year first: 2026-11-22"),
        (DATE, "2026-11-22", "J012", "write for example: more than 30 days ago"),
        (TAGS, "b2b", "J012", "write for example: includes any of a, b"),
        (OPEN, "true", "J012", "ticket.open is yes or no"),
        (KIND, "", "J012", "write a value or a test; a '#' begins a comment"),
        (KIND, "not " * 5_000, "J012", "use a list: [a, b, c]"),
    ],
)
def test_a_phrase_that_does_not_fit_is_refused_with_what_to_write(
    field: Field, text: str, code: str, hint: str
) -> None:
    with pytest.raises(PhraseError) as caught:
        read_test(text, field)
    assert caught.value.code == code
    assert caught.value.hint.startswith(hint)


def test_a_list_of_values_suits_only_fields_with_one_value() -> None:
    with pytest.raises(PhraseError) as caught:
        one_of(["a", "b"], TAGS)
    assert caught.value.hint == "write 'includes any of a, b'"
    with pytest.raises(PhraseError):
        one_of(["2026-01-01"], DATE)
