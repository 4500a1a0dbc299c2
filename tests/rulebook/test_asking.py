"""Answers and journey values that are tested where nothing can have given them: J050."""

from collections.abc import Callable

import pytest

from care.rulebook.workspace import Workspace
from tests.rulebook.folders import told

Example = Callable[..., Workspace]

ASK = "  - survey: csat\n    ask: csat_washing_machine\n    by: email\n    up_to: 2 days\n"
TEST = "  - wait: 1 day\n    only_if: {csat.score: at least 4}\n"
MOOD = "  - wait: 1 day\n    only_if: {journey.mood: happy}\n"


def branch(*paths: str) -> str:
    rules = "".join(
        f"      - when: {{customer.type: {kind}}}\n        then: {path}\n"
        for kind, path in zip(KINDS, paths, strict=False)
    )
    return f"  - branch:\n{rules}      - otherwise: continue\n"


KINDS = ("vip", "new", "regular")


@pytest.mark.parametrize(
    "steps",
    [
        ASK + TEST,
        branch("ask") + TEST + "paths:\n  ask:\n" + ASK.replace("  ", "    ", 1).replace("\n    ", "\n      "),
        "  - set: {journey.mood: happy}\n" + MOOD,
        "  - webhook: crm\n    save: {journey.mood: mood}\n    up_to: 1 hour\n" + MOOD,
        "  - repeat: again\n    times: 2\n    until: {journey.mood: happy}\npaths:\n  again:\n"
        "    - wait: 1 day\n      only_if: {journey.mood: happy}\n    - set: {journey.mood: happy}\n",
        "  - wait: 1 day\n    only_if: {any: [{csat.score: missing}, {csat.score: at least 3}]}\n",
        "  - wait: 1 day\n    only_if: {csat.last: at least 4}\n",
    ],
)
def test_what_some_way_has_given_may_be_tested(steps: str, example: Example) -> None:
    assert told(example(steps)) == []


@pytest.mark.parametrize(
    ("steps", "problems"),
    [
        (TEST + ASK, ["J050:6:15"]),
        (ASK + "  - wait: 1 day\n    only_if: {nps.score: at least 4}\n", ["J050:10:15"]),
        (MOOD + "  - set: {journey.mood: happy}\n", ["J050:6:15"]),
        ("  - set: {customer.tags: add happy}\n" + MOOD, ["J050:7:15"]),
    ],
)
def test_what_is_given_later_or_never_is_told(steps: str, problems: list[str], example: Example) -> None:
    assert told(example(steps)) == problems


LATE = "paths:\n  late:\n    - wait: 1 day\n      only_if: {csat.score: at least 4}\n"


def test_one_way_into_a_path_that_asks_is_enough(example: Example) -> None:
    assert told(example(branch("late") + ASK + branch("late") + "    id: second\n" + LATE)) == []


def test_a_path_that_no_way_into_it_asks_for_is_named(example: Example) -> None:
    workspace = example(branch("late") + ASK + LATE)
    assert [(problem.code, problem.message) for problem in workspace.problems] == [
        ("J050", "csat.score is tested here, but path 'late' and the ways into it never ask csat")
    ]


def test_what_stands_behind_an_end_gives_nothing(example: Example) -> None:
    leave = "paths:\n  leave:\n    - exit: done\n  late:\n    - wait: 1 day\n      only_if: {csat.score: at least 4}\n"
    workspace = example(branch("leave", "late") + ASK + leave)
    assert told(workspace) == ["J050:20:17"]


@pytest.mark.parametrize(("steps", "problems"), [(ASK, []), ("  - wait: 1 day\n", ["J050:4:50"])])
def test_the_goal_may_test_what_any_step_asks(steps: str, problems: list[str], example: Example) -> None:
    assert told(example(steps, "goal: {event: order.placed, of: customer, when: {csat.score: 5}}\n")) == problems


def test_while_something_else_is_wrong_nothing_is_claimed(example: Example) -> None:
    assert told(example(ASK.replace("survey: csat", "survey: csta") + TEST)) == ["J011:5:13"]


def test_paths_that_double_at_every_level_are_walked_quickly(example: Example) -> None:
    paths = "".join(
        f"  p{number}:\n    - id: a{number}\n      branch:\n        - otherwise: p{number + 1}\n"
        f"    - id: b{number}\n      branch:\n        - otherwise: p{number + 1}\n"
        for number in range(40)
    )
    end = "  p40:\n    - wait: 1 minute\n      only_if: {csat.score: 5}\n"
    assert told(example(f"  - branch:\n      - otherwise: p0\npaths:\n{paths}{end}")) == ["J050:290:17"]
