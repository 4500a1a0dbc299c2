"""Conditions, times and lists in words."""

import pytest

from care.domain.conditions import Condition, Group, Named
from care.domain.journey import EndRule, ReEntry
from care.drawing.measure import width, wrapped
from care.drawing.wording import end_rule, listed, re_entry, said, share, span
from tests.builders import DAY, HAPPY, UNHAPPY, field

SORRY = Named("unhappy", UNHAPPY)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (UNHAPPY, "csat.score is at most 2"),
        (field("ticket.open", "is", "no"), "ticket.open is no"),
        (field("customer.type", "is", "at_risk", negated=True), "customer.type is not at_risk"),
        (field("nps.score", "missing"), "nps.score is missing"),
        (field("customer.tags", "includes", "vip"), "customer.tags includes vip"),
        (field("customer.tags", "includes", "vip", negated=True), "customer.tags does not include vip"),
        (SORRY, "unhappy"),
        (Named("unhappy", UNHAPPY, wanted=False), "not unhappy"),
        (Group("all", (SORRY, HAPPY)), "unhappy and csat.score is at least 4"),
        (Group("any", (SORRY, HAPPY)), "unhappy or csat.score is at least 4"),
        (
            Group("all", (SORRY, Group("any", (HAPPY, UNHAPPY)))),
            "unhappy and (csat.score is at least 4 or csat.score is at most 2)",
        ),
        (Group("none", (SORRY, HAPPY)), "none of (unhappy, csat.score is at least 4)"),
        (Group("none", (SORRY,)), "not (unhappy)"),
        (Group("all", (Group("any", (SORRY,)),)), "unhappy"),
    ],
)
def test_a_condition_is_said_as_one_would_say_it(condition: Condition, words: str) -> None:
    assert said(condition) == words


def test_times_shares_and_lists_are_said_in_words() -> None:
    assert [span(seconds) for seconds in (60, 7_200, DAY, 90 * DAY, 90, 1)] == [
        "1 minute",
        "2 hours",
        "1 day",
        "90 days",
        "90 seconds",
        "1 second",
    ]
    assert [share(part) for part in (0.5, 0.125, 1 / 3)] == ["50%", "12.5%", "33.3333%"]
    assert [listed(words, "or") for words in ((), ("a",), ("a", "b", "c"))] == ["", "a", "a, b or c"]


def test_what_ends_a_journey_is_said_with_whose_order_it_is_and_until_when() -> None:
    goal = EndRule("order.placed", field("event.category", "is", "accessory"), "customer", 60 * DAY)
    assert end_rule(goal) == "order.placed, of any order, when event.category is accessory, within 60 days"
    assert end_rule(EndRule("order.returned")) == "order.returned"
    assert re_entry(ReEntry("after", 30 * DAY)) == "again after 30 days at the earliest"


def test_text_is_broken_between_words_and_cut_with_an_ellipsis() -> None:
    text = "Chăm sóc khách hàng mua máy giặt cửa trước trong chín mươi ngày đầu tiên"
    lines = wrapped(text, 150, 14)
    assert " ".join(lines) == text
    assert all(width(line, 14) <= 150 for line in lines)
    short = wrapped(text, 150, 14, most=2)
    assert len(short) == 2
    assert short[-1].endswith("…")
    assert wrapped("", 150, 14) == ()


def test_a_word_that_is_too_long_is_broken_where_its_own_signs_allow() -> None:
    assert wrapped("csat_washing_machine_second_visit", 150, 14) == ("csat_washing_", "machine_second_", "visit")
    assert "".join(wrapped("x" * 50, 150, 14)) == "x" * 50


def test_a_letter_with_marks_is_as_wide_as_the_letter() -> None:
    assert width("ề", 14) == width("e", 14)
    assert width("洗", 14) > width("m", 14)
