"""What shows once a whole journey is read: J040, J053 and J055."""

from collections.abc import Callable
from pathlib import Path

import pytest

from care.rulebook.workspace import Workspace
from tests.rulebook.folders import EXAMPLES, a_journey, loaded, told

Example = Callable[..., Workspace]

CATALOG = (EXAMPLES / "catalog.yaml").read_text(encoding="utf-8")
AGAIN = "  - repeat: again\n    times: 2\n    every: 5 days\npaths:\n  again:\n"
HELLO = "  - send: thank_you\n    by: email\n"


def survey(settings: str) -> str:
    return f"  - survey: csat\n    ask: csat_washing_machine\n    by: email\n{settings}"


def four(wait: str = "") -> str:
    names = ("thank_you", "how_is_it_going", "we_hear_you", "maintenance_reminder")
    return wait.join(f"  - send: {name}\n    by: email\n" for name in names)


def test_the_bound_is_told_with_its_messages_where_the_last_one_is_sent(example: Example) -> None:
    (problem,) = example(four()).problems
    assert (problem.code, problem.line, problem.column, problem.severity) == ("J040", 11, 5, "warning")
    assert problem.message == "up to 4 messages in 7 days (thank_you → … → maintenance_reminder); the cap is 3"
    assert problem.hint.startswith("they are thank_you, how_is_it_going, we_hear_you, maintenance_reminder; ")


def test_a_journey_under_the_cap_is_not_told(example: Example) -> None:
    parts = four("  - wait: {} days\n").split("{}")
    assert told(example("".join(f"{part}{4 + number}" for number, part in enumerate(parts[:-1])) + parts[-1])) == []


def test_the_journeys_own_cap_is_told_before_the_company_s(example: Example) -> None:
    workspace = example(four(), "sending: {frequency_cap: 1 message in 2 days}\n")
    assert [problem.message for problem in workspace.problems] == [
        "up to 4 messages in 2 days (thank_you → … → maintenance_reminder); this journey's own cap is 1"
    ]


def test_without_a_cap_nothing_is_too_many(tmp_path: Path) -> None:
    catalog = CATALOG.replace("  frequency_cap: 3 messages in 7 days\n", "")
    assert told(loaded(tmp_path, None, catalog=catalog, example=a_journey(four()))) == []


def test_too_many_ways_are_said_not_passed_over(example: Example) -> None:
    paths = "".join(
        f"  p{number}:\n    - id: a{number}\n      branch:\n        - when: {{customer.type: vip}}\n"
        f"          then: p{number + 1}\n        - otherwise: continue\n"
        f"    - id: w{number}\n      wait: {number + 1} hours\n"
        f"    - id: b{number}\n      branch:\n        - otherwise: p{number + 1}\n"
        for number in range(30)
    )
    workspace = example(
        f"  - branch:\n      - otherwise: p0\npaths:\n{paths}  p30:\n    - send: thank_you\n      by: email\n"
    )
    assert [(problem.severity, problem.message) for problem in workspace.problems] == [
        ("warning", "how many messages can come together could not be worked out: there are too many ways through")
    ]


@pytest.mark.parametrize(
    "steps",
    [
        survey("    up_to: 2 days\n    remind: after 1 day\n"),
        survey("    up_to: 2 business days\n    remind: after 3 days\n"),
        survey("    up_to: 10 days\n    remind: after 2 business days\n"),
        "  - ticket: care_team\n    up_to: 3 days\n    sla: 3 days\n    about: a\n",
        "  - ticket: care_team\n    up_to: 3 days\n    sla: 4 business hours\n    about: a\n",
        f"{AGAIN}    - wait: 5 days\n",
        f"{AGAIN}    - wait: 6 days\n      only_if: {{ticket.open: no}}\n",
        f"{AGAIN}    - wait: until day 9\n",
        f"{AGAIN}    - branch:\n        - when: {{ticket.open: no}}\n          then: late\n"
        "        - otherwise: continue\n"
        "  late:\n    - wait: 6 days\n",
    ],
)
def test_times_that_fit_are_not_told(steps: str, example: Example) -> None:
    assert told(example(steps)) == []


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            survey("    up_to: 2 days\n    remind: after 6 business days\n"),
            "nobody is ever reminded: the question is over after 2 days already",
        ),
        (
            survey("    up_to: 1 business hour\n    remind: after 15 days\n"),
            "nobody is ever reminded: the question is over after 1 business hour already",
        ),
        (
            "  - ticket: care_team\n    up_to: 3 hours\n    sla: 4 hours\n    about: a\n",
            "the journey goes on after 3 hours, before these 4 hours are over",
        ),
        (
            "  - repeat: again\n    times: 3\n    every: 3 days\npaths:\n  again:\n    - branch:\n"
            "        - when: {ticket.open: no}\n          then: late\n        - otherwise: later\n"
            "  late:\n    - wait: 4 days\n  later:\n    - wait: 5 days\n",
            "a pass takes 4 days at least, so that the next one never begins after 3 days",
        ),
        (
            "  - repeat: again\n    times: 2\n    every: 2 days\npaths:\n  again:\n"
            "    - repeat: inner\n      times: 3\n"
            "      every: 2 days\n  inner:\n    - wait: 1 day\n",
            "a pass takes 5 days at least, so that the next one never begins after 2 days",
        ),
    ],
)
def test_times_that_never_fit_are_told(steps: str, message: str, example: Example) -> None:
    workspace = example(steps)
    assert [(problem.code, problem.severity, problem.message) for problem in workspace.problems] == [
        ("J053", "warning", message)
    ]


OFFER = "  - offer: stand_and_cover\n    by: email\n    valid_for: 14 days\n"
GOAL = "goal: {event: order.placed, of: customer, within: 20 days}\n"


@pytest.mark.parametrize(
    ("steps", "problems"),
    [
        (f"  - wait: 6 days\n{OFFER}", []),
        (f"  - wait: 7 days\n{OFFER}", ["J053:9:16"]),
        (f"  - wait: until day 6 at 09:00\n{OFFER}", []),
        (f"  - wait: until day 7 at 09:00\n{OFFER}", ["J053:9:16"]),
        (f"  - wait: 7 days\n    only_if: {{customer.type: vip}}\n{OFFER}", []),
    ],
)
def test_an_offer_may_not_outlive_its_goal(steps: str, problems: list[str], example: Example) -> None:
    assert told(example(steps, GOAL)) == problems


@pytest.mark.parametrize(
    ("top", "message"),
    [
        (
            "audience: {order.total: less than 5 million}\n",
            "nobody can enter: order.total at least 5,000,000 and order.total less than 5,000,000 exclude each other",
        ),
        (
            "goal: {event: order.delivered}\n",
            "the goal cannot happen: order.delivered of the same order is over when a customer enters",
        ),
        (
            "goal: {event: order.paid}\nexit_when:\n  - {event: order.paid, of: customer}\n",
            "the goal cannot happen: order.paid ends the journey as an exit first (line 7)",
        ),
        (
            "goal: {event: order.paid, when: {order.total: 1 million}}\n",
            "the goal cannot happen: order.total at least 5,000,000 and order.total 1,000,000 exclude each other",
        ),
    ],
)
def test_what_cannot_happen_is_told(top: str, message: str, example: Example) -> None:
    when = "  when: {order.total: at least 5 million}\n"
    workspace = example(HELLO, when + top)
    assert [(problem.code, problem.message) for problem in workspace.problems] == [("J055", message)]


@pytest.mark.parametrize(
    "top",
    [
        "audience: {order.total: at most 5 million}\n",
        "goal: {event: order.paid}\n",
        "goal: {event: order.placed, of: customer}\n",
        "goal: {event: order.paid, of: customer}\nexit_when:\n  - {event: order.paid}\n",
        "goal: {event: order.paid}\nexit_when:\n  - {event: order.paid, when: {order.total: at least 9 million}}\n",
        "audience: {customer.orders: 1}\ngoal: {event: order.paid, of: customer, when: {customer.orders: 2}}\n",
        "goal: {event: order.paid, of: customer, when: {event.category: tv}}\naudience: {order.category: fridge}\n",
    ],
)
def test_what_may_happen_is_not_told(top: str, example: Example) -> None:
    assert told(example(HELLO, "  when: {order.total: at least 5 million}\n" + top)) == []


@pytest.mark.parametrize(
    ("sending", "severity", "where"),
    [
        ("{quiet_hours: 19:00 to 09:00, timezone: America/New_York}", "error", "Asia/Ho_Chi_Minh"),
        ("{quiet_hours: 20:00 to 09:00, timezone: Asia/Tokyo}", "warning", "America/New_York"),
        ("{quiet_hours: 20:30 to 09:00, timezone: Pacific/Kiritimati}", "warning", "Europe/Paris"),
    ],
)
def test_a_window_that_never_opens_is_told_with_a_zone(
    sending: str, severity: str, where: str, example: Example
) -> None:
    (problem,) = example(HELLO, f"sending: {sending}\n").problems
    assert (problem.code, problem.severity) == ("J055", severity)
    assert problem.message.endswith(f"leave no time of day for customers in {where}")


@pytest.mark.parametrize("sending", ["{timezone: Asia/Tokyo}", "{quiet_hours: 20:00 to 09:00}"])
def test_a_window_that_opens_everywhere_is_not_told(sending: str, example: Example) -> None:
    assert told(example(HELLO, f"sending: {sending}\n")) == []


def test_quiet_hours_that_leave_nothing_of_the_law_s_window_are_told(tmp_path: Path) -> None:
    catalog = CATALOG.replace("  quiet_hours: 21:00 to 08:00\n", "").replace(
        "stand_and_cover:      {channels: [email]", "stand_and_cover:      {channels: [email, sms]"
    )
    top = "sending: {quiet_hours: 06:30 to 22:15}\n"
    by_sms = a_journey("  - offer: stand_and_cover\n    by: sms\n", top)
    (problem,) = loaded(tmp_path / "sms", None, catalog=catalog, example=by_sms).problems
    assert (problem.code, problem.line, problem.column) == ("J055", 4, 24)
    assert problem.message == (
        "quiet hours 06:30 to 22:15 leave none of the time in which advertising by sms is allowed in Vietnam"
    )
    by_email = a_journey("  - offer: stand_and_cover\n    by: email\n", top)
    assert told(loaded(tmp_path / "email", None, catalog=catalog, example=by_email)) == []
