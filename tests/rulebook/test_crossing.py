"""What journeys do to each other: J051 and J052."""

from pathlib import Path
from time import perf_counter

import pytest

from care.rulebook.problems import Problem
from tests.rulebook.folders import a_journey, loaded

THREE = (
    "  - send: thank_you\n    by: email\n  - send: how_is_it_going\n    by: sms\n"
    "  - wait: 1 day\n  - send: we_hear_you\n    by: email\n"
)
ONE = "  - send: maintenance_reminder\n    by: email\n"
TICKET = "  - ticket: care_team\n    about: Gọi cho khách\n    up_to: 3 days\n"
ASK = "  - survey: csat\n    ask: csat_washing_machine\n    by: email\n    up_to: 3 days\n"


def journey(name: str, event: str, steps: str, top: str = "re_entry: always\n", when: str = "") -> str:
    text = a_journey(steps, top, name).replace("order.delivered", event)
    return text.replace(f"event: {event}\n", f"event: {event}\n  when: {{{when}}}\n") if when else text


def crossing(tmp_path: Path, **journeys: str) -> list[tuple[str, str, str]]:
    problems = loaded(tmp_path, None, **journeys).problems
    return [(problem.code, problem.severity, problem.message) for problem in problems]


def test_journeys_that_start_each_other_are_told_once(tmp_path: Path) -> None:
    one, two = journey("one", "ticket.closed", ASK), journey("two", "csat.answered", TICKET)
    workspace = loaded(tmp_path, None, one=one, two=two)
    (problem,) = workspace.problems
    assert problem.message == (
        "these journeys start each other: one → csat.answered → two → ticket.closed → one within 0 minutes"
    )
    assert (problem.file, problem.line, problem.column) == ("journeys/one.yaml", 3, 10)
    assert workspace.rulebook is None


@pytest.mark.parametrize(
    "two",
    [
        journey("two", "csat.answered", f"  - wait: 1 minute\n{TICKET}"),
        journey("two", "csat.answered", f"  - wait: until day 1 at 09:00\n{TICKET}"),
        journey("two", "csat.answered", TICKET, "re_entry: after 30 days\n"),
        journey("two", "csat.answered", TICKET, "re_entry: once per order\n"),
        journey("two", "nps.answered", TICKET),
        journey("two", "csat.answered", ONE),
        journey("two", "csat.answered", f"  - exit: done\n    only_if: {{ticket.open: no}}\n  - wait: 1 day\n{TICKET}"),
    ],
)
def test_a_wait_or_a_limit_anywhere_breaks_the_circle(two: str, tmp_path: Path) -> None:
    assert crossing(tmp_path, one=journey("one", "ticket.closed", ASK), two=two) == []


@pytest.mark.parametrize(
    "steps",
    [
        f"  - wait: 1 day\n    only_if: {{customer.type: vip}}\n{TICKET}",
        f"  - wait: until business hours\n{TICKET}",
        "  - branch:\n      - when: {customer.type: vip}\n        then: help\n      - otherwise: continue\n"
        f"  - wait: 1 day\npaths:\n  help:\n{TICKET}",
        "  - wait_for: order.paid\n    up_to: 1 day\n" + TICKET,
    ],
)
def test_a_wait_that_may_take_no_time_breaks_nothing(steps: str, tmp_path: Path) -> None:
    found = crossing(tmp_path, one=journey("one", "ticket.closed", steps))
    message = "this journey starts itself: one → ticket.closed → one within 0 minutes"
    assert found == [("J051", "error", message)]


def test_a_condition_at_entry_makes_it_a_warning(tmp_path: Path) -> None:
    one = journey("one", "ticket.closed", TICKET, when="customer.tags: not includes asked")
    assert [found[:2] for found in crossing(tmp_path, one=one)] == [("J051", "warning")]


def test_an_offer_starts_what_its_event_starts(tmp_path: Path) -> None:
    offer = "  - offer: stand_and_cover\n    by: email\n"
    found = crossing(tmp_path, one=journey("one", "offer.redeemed", offer))
    assert found[0][2] == "this journey starts itself: one → offer.redeemed → one within 0 minutes"


def pair(tmp_path: Path, one_when: str = "", two_when: str = "", two: str = ONE) -> list[Problem]:
    journeys = {
        "one": journey("one", "order.delivered", THREE, "", one_when),
        "two": journey("two", "order.delivered", two, "", two_when),
    }
    return list(loaded(tmp_path, None, **journeys).problems)


def test_the_pair_that_one_event_starts_is_told_in_a_note(tmp_path: Path) -> None:
    (problem,) = pair(tmp_path)
    assert (problem.code, problem.severity) == ("J052", "note")
    assert (problem.file, problem.line, problem.column) == ("journeys/one.yaml", 3, 10)
    assert problem.message == (
        "one order.delivered can start both one and two: together up to 4 messages in 7 days; the cap is 3"
    )


@pytest.mark.parametrize(
    ("one_when", "two_when"),
    [
        ("order.category: washing_machine", "order.category: [fridge, tv]"),
        ("order.category: washing_machine", "order.category: not washing_machine"),
        ("order.total: at least 5 million", "order.total: less than 5 million"),
        ("any: [{ticket.open: yes}, {customer.type: vip}]", "ticket.open: no, customer.type: not vip"),
    ],
)
def test_journeys_no_customer_enters_together_are_no_pair(one_when: str, two_when: str, tmp_path: Path) -> None:
    assert pair(tmp_path, one_when, two_when) == []


def test_journeys_that_may_share_a_customer_are_a_pair(tmp_path: Path) -> None:
    assert [each.code for each in pair(tmp_path, "order.category: [fridge, tv]", "order.category: [tv, dryer]")] == [
        "J052"
    ]


def test_messages_that_come_later_than_the_other_journey_s_do_not_count(tmp_path: Path) -> None:
    assert pair(tmp_path, two=f"  - wait: 9 days\n{ONE}") == []


def test_of_many_pairs_the_worst_is_told(tmp_path: Path) -> None:
    two = "  - wait: 8 days\n  - send: thank_you\n    by: email\n"
    journeys = {
        "one": journey("one", "order.delivered", THREE, ""),
        "two": journey("two", "order.delivered", two, ""),
        "three": journey("three", "order.delivered", THREE, ""),
    }
    (found,) = crossing(tmp_path, **journeys)
    assert found[2].startswith("one order.delivered can start both one and three: together up to 6 messages")


def test_a_hundred_journeys_are_held_against_each_other_in_good_time(tmp_path: Path) -> None:
    kinds = ("washing_machine", "dryer", "fridge", "tv", "accessory")
    journeys = {
        f"j{number}": journey(
            f"j{number}",
            "order.delivered",
            THREE,
            "",
            f"order.category: {kinds[number % 5]}, order.total: between {number} and {number}",
        )
        for number in range(100)
    }
    begun = perf_counter()
    assert crossing(tmp_path, **journeys) == []
    assert perf_counter() - begun < 3
