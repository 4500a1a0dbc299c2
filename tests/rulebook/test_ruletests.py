"""Rule tests as they are read; running them is another matter."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from care.rulebook.findings import PhraseError
from care.rulebook.ruletests import Expectation, Happening, Moment, RuleTest, RuleTestFile, local_time, moment_of
from care.rulebook.testing import run_tests
from care.rulebook.workspace import load
from tests.rulebook.folders import EXAMPLES, a_folder, a_journey, told

OFFER = "  - offer: stand_and_cover\n    by: email\n"
JOURNEY = a_journey(f"  - send: thank_you\n    by: email\n  - ticket: care_team\n    up_to: 2 days\n{OFFER}")


def read(tmp_path: Path, tests: str) -> RuleTestFile:
    text = f"journey: example\ntests:\n{tests}"
    workspace = load(a_folder(tmp_path, **{"example": JOURNEY, "example.test": text}))
    assert workspace.problems == ()
    return workspace.tests[0]


def test_the_example_is_read_whole(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    shutil.copy(EXAMPLES / "sound" / "washing_machine_care.yaml", folder / "journeys")
    shutil.copy(EXAMPLES / "journeys" / "washing_machine_care.test.yaml", folder / "journeys")
    (file,) = load(folder).tests
    first, second, _, last = file.tests
    assert first == RuleTest(
        name="A VIP who scores 2 gets a person, never an offer",
        line=3,
        starts=datetime.fromisoformat("2026-03-02T10:00"),
        given={
            "customer.type": "vip",
            "order.total": 12_000_000,
            "order.category": "washing_machine",
            "ticket.open": False,
        },
        happens=(
            Happening(Moment(7, 1_200), "csat.answered", 8, {"score": 2}),
            Happening(Moment(8, 900), "ticket.closed", 11),
        ),
        expect=(
            Expectation("at", 13, Moment(0, 600), "send", "thank_you"),
            Expectation("at", 15, Moment(3, 540), "send", "how_is_it_going"),
            Expectation("at", 17, Moment(7, 540), "survey", "csat"),
            Expectation("at", 19, Moment(7, 1_200), "ticket", "care_team"),
            Expectation("at", 21, Moment(9, 900), "send", "we_hear_you"),
            Expectation("at", 23, Moment(90, 540), "send", "maintenance_reminder"),
            Expectation("never", 25, verb="offer"),
        ),
    )
    assert second.consents == {("email", "marketing"): True}
    assert second.expect[-1] == Expectation("at_most", 40, count=3, seconds=604_800)
    assert last.expect[0] == Expectation("ends", 55, when=Moment(4, 660))


def test_a_customer_may_live_elsewhere_and_be_hard_to_reach(tmp_path: Path) -> None:
    (test,) = read(
        tmp_path,
        "  - test: Far away\n    starts: 2026-03-02 10:00\n    timezone: America/New_York\n"
        "    given: {customer.locale: en, reach: sms, customer.tags: [b2b, test], customer.discounted_share: 20%,\n"
        "            customer.last_order_at: 2026-03-01, consent.sms.care: no}\n    expect: [never: thank_you]\n",
    ).tests
    assert test.timezone == "America/New_York"
    assert test.reach == ("sms",)
    assert test.consents == {("sms", "care"): False}
    assert test.given == {
        "customer.locale": "en",
        "customer.tags": ("b2b", "test"),
        "customer.discounted_share": 0.2,
        "customer.last_order_at": datetime(2026, 3, 1, 5, 0, tzinfo=UTC),
    }
    assert test.expect == (Expectation("never", 8, name="thank_you"),)


def test_an_event_carries_its_payload_by_bare_name_and_facts_by_full_name(tmp_path: Path) -> None:
    (test,) = read(
        tmp_path,
        "  - test: Data\n    starts: 2026-03-02 10:00\n    expect: [ends: day 9 at 10:00]\n    happens:\n"
        "      - {at: day 1 10:00, event: order.placed, order: other, category: accessory, order.total: 5 million}\n"
        "      - {at: day 1 10:00, event: appointment.booked, appointment.at: day 3 14:00}\n"
        "      - {at: day 1 10:00, event: consent.given, channel: email, purpose: marketing}\n"
        "      - {at: day 1 10:00, event: message.bounced, channel: sms, permanent: yes, reason: gone}\n"
        "      - {at: day 1 10:00, event: customer.updated, customer.tags: b2b, ticket.open: yes}\n"
        "      - {at: day 1 10:00, event: ces.answered, score: 7, comment: Tốt}\n",
    ).tests
    assert [(each.data, each.facts) for each in test.happens] == [
        ({"category": "accessory", "total": 5_000_000}, {}),
        ({"at": datetime(2026, 3, 5, 7, 0, tzinfo=UTC)}, {}),
        ({"channel": "email", "purpose": "marketing"}, {}),
        ({"channel": "sms", "permanent": True, "reason": "gone"}, {}),
        ({"tags": ("b2b",)}, {"ticket.open": True}),
        ({"score": 7, "comment": "Tốt"}, {}),
    ]
    assert [each.order for each in test.happens][:2] == ["other", "own"]


def test_moments_and_local_times_are_read() -> None:
    assert moment_of("day 7 20:00") == moment_of("Day 7 at 20:00") == Moment(7, 1_200)
    assert local_time("2026-03-02 10:00") == datetime.fromisoformat("2026-03-02T10:00")
    for parse, text in ((moment_of, "7 days"), (moment_of, "day 7"), (local_time, "2026-03-02"), (local_time, "soon")):
        with pytest.raises(PhraseError):
            parse(text)


def test_a_date_beyond_the_calendar_is_refused(tmp_path: Path) -> None:
    given = "    given: {appointment.at: day 9999 10:00}\n"
    tests = f"  - test: Far\n    starts: 9999-12-31 10:00\n{given}    expect: [never: send]\n"
    text = f"journey: example\ntests:\n{tests}"
    workspace = load(a_folder(tmp_path, **{"example": JOURNEY, "example.test": text}))
    assert told(workspace) == ["J012:5:29"]


def test_the_tests_of_a_broken_journey_are_still_checked(tmp_path: Path) -> None:
    text = "journey: example\ntests:\n  - test: One\n    starts: 2026-03-02 25:00\n    expect: [never: anything]\n"
    workspace = load(a_folder(tmp_path, **{"example": "a: >= 3", "example.test": text}))
    assert told(workspace) == ["J012:4:13", "J001:1:4"]


def test_a_step_that_was_passed_over_says_why_next_to_what_was_expected(tmp_path: Path) -> None:
    text = "journey: example\ntests:\n  - test: a gift\n    starts: 2026-03-02 10:00\n"
    text += "    happens: [{at: day 1 09:00, event: ticket.closed}]\n"
    text += "    expect: [{at: day 1 09:00, offer: stand_and_cover}]\n"
    workspace = load(a_folder(tmp_path, **{"example": JOURNEY, "example.test": text}))
    (result,) = run_tests(workspace)
    (failure,) = result.failures
    assert failure.message.endswith("at day 1 09:00, but it never happened")
    assert "offer:stand_and_cover → skipped (no consent to marketing was given)" in failure.near[0]
