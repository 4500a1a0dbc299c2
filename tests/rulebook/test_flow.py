"""Where a journey can lead: J030 to J034."""

from collections.abc import Callable

import pytest

from care.rulebook.workspace import Workspace
from tests.rulebook.folders import told

Example = Callable[..., Workspace]


@pytest.mark.parametrize(
    "steps",
    [
        "  - exit: now\n    only_if: {customer.type: vip}\n  - wait: 1 day\n",
        "  - branch:\n      - when: {customer.type: vip}\n        then: exit\n"
        "      - otherwise: continue\n  - wait: 1 day\n",
        "  - wait_for: order.paid\n    up_to: 1 day\n    otherwise: exit\n  - wait: 1 day\n",
        "  - wait: until day 3\n    if_past: exit\n  - wait: 1 day\n",
    ],
)
def test_a_step_that_may_be_reached_is_not_told(steps: str, example: Example) -> None:
    assert told(example(steps)) == []


@pytest.mark.parametrize(
    ("steps", "problems"),
    [
        ("  - exit: now\n  - wait: 1 day\n  - wait: 2 days\n", ["J030:6:5"]),
        ("  - branch:\n      - otherwise: leave\n  - wait: 1 day\npaths:\n  leave:\n    - exit: now\n", ["J030:7:5"]),
    ],
)
def test_the_first_step_behind_a_sure_end_is_told(steps: str, problems: list[str], example: Example) -> None:
    assert told(example(steps)) == problems


def test_an_exit_whose_test_is_broken_makes_nothing_unreachable(example: Example) -> None:
    assert told(example("  - exit: now\n    only_if: {customer.typ: vip}\n  - wait: 1 day\n")) == ["J010:6:15"]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("  - wait: until day 7\n  - wait: until day 3\n", "day 3 has already passed here (day 7 is above)"),
        (
            "  - wait: until day 7 at 20:00\n  - wait: until day 7 at 09:00\n",
            "day 7 at 09:00 has already passed here (day 7 at 20:00 is above)",
        ),
        (
            "  - wait: 5 days\n  - wait: until day 3 at 09:00\n",
            "day 3 at 09:00 has already passed here (the waits above lead to day 5 or later)",
        ),
        (
            "  - wait: until day 7\n  - branch:\n      - otherwise: later\npaths:\n  later:\n    - wait: until day 2\n",
            "day 2 has already passed here (day 7 is above)",
        ),
        (
            "  - branch:\n      - otherwise: later\n  - wait: until day 2\npaths:\n  later:\n    - wait: until day 9\n",
            "day 2 has already passed here (day 9 is above)",
        ),
    ],
)
def test_a_day_that_is_past_on_every_way_is_told(steps: str, message: str, example: Example) -> None:
    workspace = example(steps)
    assert [(problem.code, problem.message) for problem in workspace.problems] == [("J034", message)]


@pytest.mark.parametrize(
    "steps",
    [
        "  - wait: 3 days\n  - wait: until day 3 at 20:00\n",
        "  - wait: 3 days\n  - wait: until day 3\n",
        "  - wait: until day 7 at 09:00\n  - wait: until day 7 at 20:00\n",
        "  - wait: until day 7\n    only_if: {customer.type: vip}\n  - wait: until day 3\n",
        "  - survey: csat\n    ask: csat_washing_machine\n    by: email\n    up_to: 9 days\n  - wait: until day 3\n",
        "  - branch:\n      - when: {customer.type: vip}\n        then: later\n      - otherwise: continue\n"
        "  - wait: until day 2\n"
        "paths:\n  later:\n    - wait: until day 9\n",
    ],
)
def test_a_day_that_may_still_come_is_not_told(steps: str, example: Example) -> None:
    assert told(example(steps)) == []


def test_a_path_that_leads_to_itself_is_a_loop(example: Example) -> None:
    again = "paths:\n  again:\n    - wait: until day 3\n      if_past: skip to again\n"
    steps = f"  - branch:\n      - otherwise: again\n{again}"
    workspace = example(steps)
    assert [problem.message for problem in workspace.problems] == ["endless loop: again → again"]


def test_a_loop_through_a_table_is_a_loop(example: Example) -> None:
    table = "tables:\n  way:\n    given: [ticket.open]\n    choose: [path]\n    rows:\n      - [any, again]\n"
    again = "paths:\n  again:\n    - id: second\n      branch:\n        - otherwise: way\n"
    steps = f"  - branch:\n      - otherwise: way\n{again}"
    assert told(example(steps, table)) == ["J032:14:3"]


def test_a_loop_nobody_reaches_is_told_as_unused_as_well(example: Example) -> None:
    steps = "  - wait: 1 day\npaths:\n  again:\n    - branch:\n        - otherwise: again\n"
    assert told(example(steps)) == ["J031:7:3", "J032:7:3"]


def test_thousands_of_paths_are_no_trouble(example: Example) -> None:
    paths = "".join(
        f"  p{number}:\n    - id: b{number}\n      branch:\n        - otherwise: p{number + 1}\n"
        for number in range(1_500)
    )
    workspace = example(f"  - branch:\n      - otherwise: p0\npaths:\n{paths}  p1500:\n    - exit: done\n")
    assert [problem.message for problem in workspace.problems] == ["paths lead into one another more than 50 deep"]


def test_paths_that_double_at_every_level_are_walked_quickly(example: Example) -> None:
    paths = "".join(
        f"  p{number}:\n    - id: a{number}\n      branch:\n        - otherwise: p{number + 1}\n"
        f"    - id: b{number}\n      branch:\n        - otherwise: p{number + 1}\n"
        for number in range(40)
    )
    workspace = example(f"  - branch:\n      - otherwise: p0\npaths:\n{paths}  p40:\n    - wait: 1 minute\n")
    assert workspace.problems == ()
