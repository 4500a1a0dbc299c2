"""Messages held until a window opens leave over a while: evenly, and what matters more first."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from care.domain.catalogue import Window
from care.domain.customers import Facts
from care.domain.enrolment import Wish
from care.domain.guardrails import Verdict, guard_of
from care.domain.rulebook import Rulebook
from care.rulebook.policies import shipped
from tests.builders import CATALOGUE, COMPANY, Story, a_plan, send, until_day

NIGHT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
OPENING = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
TEN_MINUTES = 600
TEMPLATE = {"marketing": "deal", "care": "hello", "transactional": "receipt"}


def held(customer: str, purpose: str, spread: int = TEN_MINUTES, **more: object) -> Verdict:
    """What becomes of a message at ten in the evening, with quiet hours until eight."""
    company = replace(COMPANY, spread=spread, **more)  # type: ignore[arg-type]
    rulebook = Rulebook(replace(CATALOGUE, company=company), (), {}, {}, policies=shipped())
    consents = {("email", "marketing"): True}
    facts = Facts(customer, zone="Asia/Ho_Chi_Minh", addresses={"email": "e"}, consents=consents)
    wish = Wish(TEMPLATE[purpose], ("email",), purpose, NIGHT, NIGHT + timedelta(days=2))
    return guard_of(facts, rulebook, NIGHT).judge(wish, None)


def test_ten_thousand_held_messages_leave_evenly_and_in_order_of_what_they_are_for() -> None:
    purposes = ("transactional", "care", "marketing")
    left = []
    for number in range(10_000):
        purpose = purposes[number % 3]
        until = held(f"c_{number}", purpose).until
        assert until is not None
        left.append((until - OPENING, purpose))
    assert all(timedelta() <= after < timedelta(minutes=10) for after, _ in left)
    by_time = [purpose for _, purpose in sorted(left)]
    assert by_time == sorted(by_time, key=purposes.index)
    half_minutes = Counter(after // timedelta(seconds=30) for after, _ in left)
    assert set(half_minutes) == set(range(20))
    # 500 on average in each half minute; five standard deviations are some 110.
    assert min(half_minutes.values()) > 390
    assert max(half_minutes.values()) < 610


def test_without_a_spread_everything_leaves_at_the_opening() -> None:
    assert held("c_1", "marketing", 0).until == OPENING


def test_a_customer_has_the_same_place_every_day_and_another_gets_another() -> None:
    assert held("c_1", "care").until == held("c_1", "care").until != held("c_2", "care").until


def test_what_would_come_too_late_by_waiting_longer_leaves_at_the_opening() -> None:
    company = replace(COMPANY, spread=TEN_MINUTES)
    rulebook = Rulebook(replace(CATALOGUE, company=company), (), {}, {})
    wish = Wish("hello", ("email",), "care", NIGHT, OPENING + timedelta(seconds=30))
    assert guard_of(Facts("c_1", addresses={"email": "e"}), rulebook, NIGHT).judge(wish, None).until == OPENING


def test_what_would_run_into_the_next_quiet_hours_leaves_at_the_opening() -> None:
    assert held("c_1", "marketing", quiet_hours=Window(8 * 60 + 2, 8 * 60)).until == OPENING


@pytest.mark.parametrize(("spread", "minutes"), [(0, 0), (TEN_MINUTES, 10)])
def test_a_whole_life_keeps_its_place(spread: int, minutes: int) -> None:
    catalogue = replace(CATALOGUE, company=replace(COMPANY, spread=spread))
    story = Story(a_plan(until_day(0, 22 * 60), send("hello")), catalogue=catalogue)
    [message] = story.played().messages
    late = message.at - OPENING
    assert (late > timedelta()) == (minutes > 0)
    assert late <= timedelta(minutes=minutes)
