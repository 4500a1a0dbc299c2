"""Counting, comparing and telling: the same in whatever order the parts come."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from care.backtest.comparing import Differences, Kind, changes_of
from care.backtest.costs import Written, cost_of
from care.backtest.tally import Message, Tally, by
from care.backtest.wording import sentence, span
from care.domain.catalogue import Catalogue
from care.domain.timing import zone_of
from tests.backtest.pasts import APast
from tests.builders import CATALOGUE, a_plan, a_rulebook, send, uncapped, wait

ZONE = zone_of("Asia/Ho_Chi_Minh", "UTC")
OLD = a_rulebook(replace(a_plan(send("hello"), wait(2), send("hint", "sms")), hash="old"))
NEW = a_rulebook(replace(a_plan(wait(3), send("hint", "email"), send("bye")), hash="new"))


def people(count: int) -> list[APast]:
    return [APast(f"KH-{number}") for number in range(count)]


def tally_of(*pasts: APast) -> Tally:
    found = Tally()
    for past in pasts:
        found.count(past.lived(OLD), ZONE, "vi")
    return found


def differences_of(*pasts: APast) -> Differences:
    found = Differences()
    for past in pasts:
        found.note(past.past.customer, past.name, changes_of(*past.both(NEW, OLD)))
    return found


def test_tallies_add_up_in_any_order() -> None:
    first, second, third = people(3)
    whole = tally_of(first, second, third)
    parts = [tally_of(third), tally_of(first), tally_of(second)]
    added = Tally()
    for part in parts:
        added.add(part)
    assert added == whole
    assert (whole.customers, whole.reached, sum(whole.sent.values())) == (3, 3, 6)


def test_messages_are_summed_up_by_what_they_are_counted_by() -> None:
    sent = tally_of(*people(2)).sent
    assert by(sent, "template") == Counter({("hello",): 2, ("hint",): 2})
    assert by(sent, "day", "channel") == Counter({("2026-03-02", "email"): 2, ("2026-03-04", "sms"): 2})


def test_differences_add_up_in_any_order() -> None:
    pasts = people(4)
    whole, added = differences_of(*pasts), Differences()
    for part in (differences_of(pasts[3], pasts[1]), differences_of(pasts[0]), differences_of(pasts[2])):
        added.add(part)
    assert added.groups == whole.groups
    assert sorted(added.people) == sorted(whole.people)
    assert [person.changes for person in whole.people] == [5, 5, 5, 5]


def test_every_kind_of_difference_is_told_in_words() -> None:
    groups = differences_of(APast()).groups
    told = {sentence(kind, group) for kind, group in groups.items()}
    assert told == {
        "no longer gets hello by email (journey)",
        "hint by sms → hint by email (journey)",
        "gets hint 1 day later (journey)",
        "gets bye by email (journey)",
        "leaves with completed 1 day later (journey)",
    }


@pytest.mark.parametrize(
    ("how", "what", "words"),
    [
        ("gets", "ticket", "a ticket for team (j)"),
        ("no longer gets", "ticket", "no ticket for team any more (j)"),
        ("gets", "journey", "enters team"),
        ("no longer gets", "journey", "no longer enters team"),
        ("gets", "end", "leaves j: team"),
        ("gets at another time", "ticket", "ticket for team at another time (j)"),
    ],
)
def test_other_differences_have_words_too(how: str, what: str, words: str) -> None:
    assert sentence(Kind(how, what, "j", "step", "team")) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (59, "59 seconds"), (86_400, "1 day"), (93_600, "1 day 2 hours"), (7_260, "2 hours 1 minute")],
)
def test_lengths_of_time_are_told_in_two_units(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_messages_cost_what_the_catalogue_says_by_the_segments_that_were_written() -> None:
    prices: Catalogue = replace(CATALOGUE, prices={"email": "20 dong", "sms": "350 dong per segment"})
    day = date(2026, 3, 2)
    sent = {
        Message("hint", "sms", "care", "j", "", "vi", day): 10,
        Message("bye", "sms", "care", "j", "", "vi", day): 2,
        Message("hello", "email", "care", "j", "", "vi", day): 5,
        Message("hello", "zalo", "care", "j", "", "vi", day): 5,
    }
    written = Written()
    for parts in (2, 3):
        written.note(("hint", "sms", "vi"), parts)
    # 2.5 segments of hint, and as many of bye, of which none was written.
    assert cost_of(sent, prices, written) == {"email": {"dong": Decimal(100)}, "sms": {"dong": Decimal(10_500)}}
    assert cost_of(sent, prices, Written())["sms"] == {"dong": Decimal(4_200)}


def test_only_differences_inside_the_period_are_seen() -> None:
    later = a_rulebook(
        replace(a_plan(send("hello"), wait(150), send("hint", "sms")), hash="late"), catalogue=uncapped()
    )
    was, now = APast().both(later, OLD)
    kinds = {(change.kind.how, change.kind.name) for change in changes_of(was, now)}
    assert kinds == {("no longer gets", "hint"), ("no longer gets", "completed")}
